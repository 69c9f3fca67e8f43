/**
 * A namespace that is being deleted refuses new events. That is no missing permission, and does not hide one.
 * The control plane of the tests has no namespace controller: the namespace and its objects stay.
 */
import { expect } from 'chai';
import { createJob, type JobIDs } from '../support/cloud-side.ts';
import { CREATE_EVENT, install } from '../support/installed.ts';
import { applySample, restore, withdraw } from '../support/roles.ts';
import { useWorld } from '../support/use-world.ts';
import { is, job } from '../support/world.ts';

const INTERVAL = '5s';
const REFUSED = 'writing an event failed';

describe('a namespace that is being deleted', function () {
  this.timeout(90_000);
  const jobs = new Map<string, JobIDs>();
  let kubeconfig: string;
  const scene = useWorld({
    prepare: async (world) => {
      kubeconfig = await install(world.controlPlane);
      // `withdraw` replaces the Role of the sample, too.
      await applySample(world);
      await world.kubectl('create', 'namespace', 'doomed');
      for (const namespace of ['doomed', 'default']) {
        const ids = await createJob(world);
        jobs.set(namespace, ids);
        await world.apply(job('one', { ...ids, interval: INTERVAL }, namespace));
      }
    },
    operator: () => ({ args: ['--log-level=debug'], kubeconfig }),
  });

  async function stopJobOf(namespace: string): Promise<void> {
    const { world } = scene;
    await world.until('one', (shown) => is(shown, 'Ready', 'True'), { namespace });
    await world.cloud.admin.stopJob(jobs.get(namespace) as JobIDs);
    await world.until('one', ({ status }) => status.state === 'NotStarted', { namespace });
  }

  function refusals() {
    return scene.operator.log().filter(({ msg }) => msg === REFUSED);
  }

  it('is not logged as a missing Role, and its statuses are written', async () => {
    await scene.world.kubectl('delete', 'namespace', 'doomed', '--wait=false');
    await stopJobOf('doomed');
    await scene.operator.process.printed(/namespace deletion/);
    const lines = refusals().filter(({ namespace }) => namespace === 'doomed');
    expect(lines.map(({ level }) => level)).to.deep.equal(lines.map(() => 'debug'));
    expect(lines[0]).to.include({ namespace: 'doomed', refusedBy: 'namespace deletion' });
    expect(JSON.stringify(lines)).not.to.match(/service account|deploy/);
  });

  it('does not hide that the right to create events is missing', async () => {
    await withdraw(scene.world, CREATE_EVENT);
    await stopJobOf('default');
    await scene.operator.process.printed(/may not create events/);
    const warnings = refusals().filter(({ level }) => level === 'warn');
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include({ namespace: 'default', refusedBy: 'authorization' });
    await restore(scene.world, CREATE_EVENT);
  });
});
