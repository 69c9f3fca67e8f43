/**
 * The views of an object for users and monitoring: columns, events, selectors, stream URLs, metrics.
 */
import { expect } from 'chai';
import { createJob } from '../cloud-side.ts';
import type { Scene } from '../use-world.ts';
import { changeSpec, eventOf, eventReasons, observedAt, remove, requestRefresh } from '../user-side.ts';
import { condition, is, job } from '../world.ts';

const INPUT = 'rtmp://user:word@push.example.com/app/stream?auth_key=1-0-0-secret&vhost=live#part';
const OUTPUT = 'rtmp://play.example.com/app/stream';

export function shownScenarios(scene: Scene): Record<string, () => Promise<void>> {
  return {
    'has the columns of kubectl get': async () => {
      const { world } = scene;
      const ids = await createJob(world, { name: 'stream-hd', type: 'ultra-hd' });
      await world.apply(job('columns', { ...ids, expectedState: 'NotStarted' }));
      await world.until('columns', (each) => is(each, 'Ready', 'True'));
      const [heads, cells] = await table(['get', 'etj', 'columns']);
      expect(heads).to.deep.equal(['NAME', 'READY', 'STATE', 'EXPECTED', 'FRESH', 'JOB', 'TYPE', 'AGE']);
      expect(cells?.slice(0, -1)).to.deep.equal([
        'columns',
        'True',
        'Running',
        'False',
        'True',
        'stream-hd',
        'ultra-hd',
      ]);
    },

    'has the columns of kubectl get -o wide, with the reason and what to do': async () => {
      const { world } = scene;
      const ids = await createJob(world, { name: 'stream-wide', templateName: 'hd', streamOutput: OUTPUT });
      await world.apply(job('wide', { ...ids, expectedState: 'Running' }));
      await world.until('wide', (each) => is(each, 'Ready', 'True'));
      await world.cloud.admin.removeJob(ids);
      await requestRefresh(world, 'wide', 'now');
      await world.until('wide', (each) => is(each, 'Ready', 'False', 'JobNotFound'));
      const row = await columns('wide');
      expect(row).to.include({ READY: 'False', STATE: 'NotFound', FRESH: 'True', REASON: 'JobNotFound' });
      expect(row.MESSAGE).to.match(/has no job .* check clusterID, jobID, regionID and credentialsRef$/);
      expect(row).to.include({ CLUSTER: ids.clusterID, 'JOB ID': ids.jobID, TEMPLATE: 'hd', OUTPUT });
      expect(row.STARTED).to.match(/^\d+[dy]/);
      expect(row['LAST OBSERVED']).to.match(/^\d+s$/);
    },

    'shows its transitions as events in kubectl describe and kubectl get events': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('eventful', { ...ids, expectedState: 'Running' }));
      await world.until('eventful', (each) => is(each, 'Ready', 'True'));
      await world.cloud.admin.stopJob(ids);
      await eventOf(world, 'eventful', 'StateDiffers');
      await world.cloud.admin.removeJob(ids);
      await eventOf(world, 'eventful', 'JobNotFound');
      await world.cloud.admin.createJob({ ...ids, status: '1' });
      await requestRefresh(world, 'eventful', 'now');
      await eventOf(world, 'eventful', 'ObservationRecovered');
      expect(await eventReasons(world, 'eventful')).to.have.members([
        ...['JobFound', 'JobStopped', 'StateDiffers', 'JobNotFound'],
        ...['JobFound', 'ObservationRecovered', 'RefreshHandled'],
      ]);
      const described = await world.kubectl('describe', 'edgetranscodejob', 'eventful');
      expect(described).to.match(/Normal +JobFound .* the job was found, Running/);
      expect(described).to.match(/Normal +JobStopped .* the job was stopped/);
      expect(described).to.match(/Warning +JobNotFound .* has no job /);
      expect(described).to.match(/Warning +StateDiffers .* expected Running, found NotStarted/);
      const listed = await world.kubectl('get', 'events', '--field-selector=involvedObject.name=eventful');
      expect(listed).to.match(/JobStopped +edgetranscodejob\/eventful/);
    },

    'can be waited for and selected by state': async () => {
      const { world } = scene;
      const [running, stopped] = [await createJob(world), await createJob(world, { status: '0' })];
      await world.apply(job('is-running', running), job('is-stopped', stopped));
      const both = ['etj/is-running', 'etj/is-stopped'];
      await world.kubectl('wait', '--for=condition=Ready', '--timeout=20s', ...both);
      const names = await world.kubectl(
        'get',
        'etj',
        '--field-selector=status.state=NotStarted',
        '--output=name',
      );
      expect(names.split('\n')).to.include('edgetranscodejob.edgetranscode.live/is-stopped');
      expect(names).to.not.contain('is-running');
    },

    'shows stream URLs without passwords and without the values of their queries': async () => {
      const { world } = scene;
      const ids = await createJob(world, { streamInput: INPUT, streamOutput: OUTPUT });
      await world.apply(job('redacted', ids));
      const { status } = await world.until('redacted', (each) => is(each, 'Ready', 'True'));
      const shown = 'rtmp://REDACTED@push.example.com/app/stream?auth_key=REDACTED&vhost=REDACTED';
      expect(status.job).to.include({ streamInput: shown, streamOutput: OUTPUT });
    },

    'has no times of a run when the job never ran': async () => {
      const { world } = scene;
      const ids = await createJob(world, { status: '0', unsetTimes: 'empty' });
      await world.apply(job('never-ran', ids));
      const { status } = await world.until('never-ran', (each) => is(each, 'Ready', 'True'));
      expect(status.state).to.equal('NotStarted');
      expect(status.job).to.not.have.any.keys('lastStartAt', 'lastStopAt');
    },

    'shows an unknown status code unchanged, without a guess': async () => {
      const { world } = scene;
      const ids = await createJob(world, { status: '7' });
      await world.apply(job('unknown-code', { ...ids, expectedState: 'Running' }));
      const shown = await world.until('unknown-code', (each) => is(each, 'Ready', 'True'));
      expect(shown.status.state).to.equal('Unknown');
      expect(shown.status.job?.status).to.equal('7');
      expect(condition(shown, 'Running')).to.include({ status: 'Unknown', reason: 'UnknownJobState' });
      expect(condition(shown, 'Running')?.message).to.contain('"7"');
      expect(condition(shown, 'AsExpected')?.status).to.equal('Unknown');
    },

    'has metrics of its own, which end with the object': async () => {
      const { world, operator } = scene;
      await world.apply(job('measured', await createJob(world)));
      await world.until('measured', (each) => is(each, 'Ready', 'True'));
      const series = await seriesOf('measured');
      expect(series).to.include.members([
        'edgetranscode_job_condition{namespace="default",name="measured",type="Ready",status="True"} 1',
        'edgetranscode_job_condition{namespace="default",name="measured",type="Fresh",status="True"} 1',
        'edgetranscode_job_condition{namespace="default",name="measured",type="Running",status="True"} 1',
        'edgetranscode_job_state{namespace="default",name="measured",state="Running",identity="default"} 1',
      ]);
      expect(await observedAt(operator, 'measured')).to.be.closeTo(Date.now() / 1_000, 30);
      await changeSpec(world, 'measured', { suspend: true });
      await world.until('measured', (each) => is(each, 'Ready', 'True', 'Suspended'));
      expect(await seriesOf('measured')).to.include(
        'edgetranscode_job_condition{namespace="default",name="measured",type="Fresh",status="Unknown"} 1',
      );
      await remove(world, 'measured');
      const gone = async () => ((await seriesOf('measured')).length === 0 ? true : undefined);
      await world.eventually('no series of measured', gone);
    },

    'is counted in the metrics of the fleet': async () => {
      const { world, operator } = scene;
      await world.apply(job('counted', await createJob(world)));
      await world.until('counted', (each) => is(each, 'Ready', 'True'));
      expect(await operator.metric('edgetranscode_jobs{state="Running"}')).to.be.at.least(1);
      expect(
        await operator.metric('edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="OK"}'),
      ).to.be.at.least(1);
      expect(await operator.metric('edgetranscode_status_writes_total{result="written"}')).to.be.at.least(1);
      // 98% of 3,000 a minute, from the next plan on: there is one every 10 s.
      const budget = 'edgetranscode_api_budget_calls_per_second{identity="default"}';
      await world.eventually('a budget of 49 calls a second', async () =>
        (await operator.metric(budget)) === 49 ? true : undefined,
      );
    },
  };

  /** kubectl's table: cells are two spaces apart at least. */
  async function table(args: readonly string[]): Promise<string[][]> {
    const lines = (await scene.world.kubectl(...args)).trimEnd().split('\n');
    return lines.map((line) => line.trimEnd().split(/ {2,}/));
  }

  /** The wide row of one object by its heads; none of its cells may be empty. */
  async function columns(name: string): Promise<Record<string, string>> {
    const [heads = [], cells = []] = await table(['get', 'edgetranscodejob', name, '--output=wide']);
    expect(cells).to.have.lengthOf(heads.length);
    return Object.fromEntries(heads.map((head, index) => [head, cells[index] ?? '']));
  }

  async function seriesOf(name: string): Promise<string[]> {
    const lines = (await scene.operator.metrics()).split('\n');
    return lines.filter((line) => line.includes(`name="${name}"`));
  }
}
