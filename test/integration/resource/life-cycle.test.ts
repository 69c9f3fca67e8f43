/**
 * The life of an object, as a user sees it with kubectl: created, changed, suspended, resumed, refreshed,
 * deleted, recreated.
 */
import { expect } from 'chai';
import { breakCalls, callsAbout, createJob, furtherCalls, now, ONE_BY_ONE } from '../support/cloud-side.ts';
import { shownScenarios } from '../support/scenarios/shown-scenarios.ts';
import { together, useWorld } from '../support/use-world.ts';
import { changeSpec, eventOf, eventReasons, remove, requestRefresh } from '../support/user-side.ts';
import { condition, is, job } from '../support/world.ts';

describe('an EdgeTranscodeJob', () => {
  const scene = useWorld({ operator: () => ({ args: [ONE_BY_ONE] }) });

  together({
    'becomes Ready with all fields of its job': async () => {
      const { world } = scene;
      const ids = await createJob(world, { name: 'stream', type: 'nbhd-2', templateName: 'hd' });
      await world.apply(job('created', ids));
      const { status } = await world.until('created', (each) => is(each, 'Ready', 'True'));
      const [described] = (await world.cloud.admin.jobs()).filter(({ jobID }) => jobID === ids.jobID);
      const { accountID: _account, clusterID: _cluster, modifyTime: _modified, ...fields } = described ?? {};
      expect(status.job).to.deep.equal(fields);
      expect(status).to.include({ state: 'Running', observedGeneration: 1 });
      expect(status).to.not.have.any.keys('effectiveInterval', 'lastHandledRequestedAt');
      expect(status.lastObservedTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(
        status.conditions?.map(({ type, status: value, reason }) => [type, value, reason]),
      ).to.deep.equal([
        ['Ready', 'True', 'ObservationSucceeded'],
        ['Fresh', 'True', 'ObservationSucceeded'],
        ['Running', 'True', 'JobRunning'],
      ]);
      await eventOf(world, 'created', 'JobFound');
    },

    'shows when its job stops and starts, with an event each': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('followed', { ...ids, expectedState: 'Running' }));
      const running = await world.until('followed', (each) => is(each, 'AsExpected', 'True'));
      await world.cloud.admin.stopJob(ids);
      const stopped = await world.until('followed', (each) => is(each, 'AsExpected', 'False'));
      expect(stopped.status.state).to.equal('NotStarted');
      expect(stopped.status.job).to.have.property('lastStopAt');
      expect(condition(stopped, 'AsExpected')?.reason).to.equal('DiffersFromExpectedState');
      expect(condition(stopped, 'Running')).to.include({ status: 'False', reason: 'JobNotStarted' });
      expect(condition(stopped, 'Ready')).to.deep.equal(condition(running, 'Ready'));
      await world.cloud.admin.startJob(ids);
      await world.until('followed', (each) => is(each, 'AsExpected', 'True', 'MatchesExpectedState'));
      await eventOf(world, 'followed', 'JobStarted');
      expect(await eventReasons(world, 'followed')).to.have.members([
        'JobFound',
        'JobStopped',
        'StateDiffers',
        'JobStarted',
      ]);
    },

    'is observed at once, and then at the new interval, when its interval changes': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('hastened', { ...ids, interval: '24h' }));
      await world.until('hastened', (each) => is(each, 'Ready', 'True'));
      await changeSpec(world, 'hastened', { interval: '5s' });
      await furtherCalls(world, ids, 3);
      const { metadata, status } = await world.get('hastened');
      expect(status.observedGeneration).to.equal(metadata.generation).and.to.equal(2);
    },

    'has AsExpected only while expectedState is set': async () => {
      const { world } = scene;
      await world.apply(job('expected', { ...(await createJob(world)), interval: '24h' }));
      await world.until('expected', (each) => is(each, 'Ready', 'True'));
      await changeSpec(world, 'expected', { expectedState: 'NotStarted' });
      await world.until('expected', (each) => is(each, 'AsExpected', 'False', 'DiffersFromExpectedState'));
      await changeSpec(world, 'expected', { expectedState: null });
      await world.until('expected', ({ status }) => status.observedGeneration === 3);
      expect(condition(await world.get('expected'), 'AsExpected')).to.equal(undefined);
    },

    'drops its old data when its region changes': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('moved', ids));
      const before = await world.until('moved', (each) => is(each, 'Ready', 'True'));
      const repair = await breakCalls(world, ids, { kind: 'error', status: 503, code: 'ServiceUnavailable' });
      await changeSpec(world, 'moved', { regionID: 'cn-beijing' });
      const { status } = await world.until('moved', (each) => is(each, 'Fresh', 'Unknown', 'Progressing'));
      expect(status).to.include({ state: 'Unknown', observedGeneration: 2 });
      expect(status).to.not.have.any.keys('job', 'lastObservedTime');
      expect(status.observedTarget).to.not.equal(before.status.observedTarget);
      await repair();
      await world.until('moved', (each) => is(each, 'Ready', 'True') && each.status.state === 'Running');
    },

    'keeps its data while it is suspended, and is observed at once when it is resumed': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('paused', { ...ids, interval: '24h', expectedState: 'Running' }));
      const before = await world.until('paused', (each) => is(each, 'Ready', 'True'));
      await changeSpec(world, 'paused', { suspend: true });
      const paused = await world.until('paused', (each) => is(each, 'Ready', 'True', 'Suspended'));
      expect(paused.status.job).to.deep.equal(before.status.job);
      expect(paused.status).to.include({ state: 'Unknown', observedGeneration: 2 });
      for (const type of ['Fresh', 'Running', 'AsExpected'] as const)
        expect(condition(paused, type)).to.include({ status: 'Unknown', reason: 'Suspended' });
      await world.cloud.admin.stopJob(ids);
      await changeSpec(world, 'paused', { suspend: false });
      const resumed = await world.until('paused', ({ status }) => status.state === 'NotStarted');
      expect(resumed.status.observedGeneration).to.equal(3);
      expect(condition(resumed, 'Fresh')?.status).to.equal('True');
    },

    'does not claim that its old data is fresh when it is resumed during an outage': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('resumed-late', { ...ids, expectedState: 'Running' }));
      const before = await world.until('resumed-late', (each) => is(each, 'Ready', 'True'));
      await changeSpec(world, 'resumed-late', { suspend: true });
      await world.until('resumed-late', (each) => is(each, 'Ready', 'True', 'Suspended'));
      await breakCalls(world, ids, { kind: 'error', status: 503, code: 'ServiceUnavailable' });
      await changeSpec(world, 'resumed-late', { suspend: false });
      const resumed = await world.until('resumed-late', ({ status }) => status.observedGeneration === 3);
      expect(condition(resumed, 'Ready')).to.include({ status: 'False', reason: 'ServerError' });
      for (const type of ['Fresh', 'Running', 'AsExpected'] as const)
        expect(condition(resumed, type)?.status, type).to.equal('Unknown');
      expect(resumed.status.state).to.equal('Unknown');
      expect(resumed.status.job).to.deep.equal(before.status.job);
    },

    'is no longer polled once it is suspended or deleted': async () => {
      const { world } = scene;
      const [paused, deleted, going] = [
        await createJob(world),
        await createJob(world),
        await createJob(world),
      ];
      await world.apply(
        job('quiet-paused', paused),
        job('quiet-deleted', deleted),
        job('quiet-going', going),
      );
      for (const name of ['quiet-paused', 'quiet-deleted', 'quiet-going'])
        await world.until(name, (each) => is(each, 'Ready', 'True'));
      await changeSpec(world, 'quiet-paused', { suspend: true });
      await remove(world, 'quiet-deleted');
      await world.until('quiet-paused', (each) => is(each, 'Ready', 'True', 'Suspended'));
      const since = await now(world);
      await furtherCalls(world, going, 2);
      expect(await callsAbout(world, paused, since)).to.deep.equal([]);
      expect(await callsAbout(world, deleted, since)).to.deep.equal([]);
    },

    'is refreshed by the annotation, and shows which request was answered': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('refreshed', { ...ids, interval: '24h' }));
      await world.until('refreshed', (each) => is(each, 'Ready', 'True'));
      await world.cloud.admin.stopJob(ids);
      for (const token of ['first', 'second']) {
        await requestRefresh(world, 'refreshed', token);
        await world.until('refreshed', ({ status }) => status.lastHandledRequestedAt === token);
      }
      expect((await world.get('refreshed')).status.state).to.equal('NotStarted');
      expect(await callsAbout(world, ids)).to.have.lengthOf(3);
      await eventOf(world, 'refreshed', 'RefreshHandled');
    },

    'answers a refresh only by a call that was made after it': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      const repair = await breakCalls(world, ids, { kind: 'latency', milliseconds: 3_000 });
      await world.apply(job('overtaken', { ...ids, interval: '24h' }));
      await furtherCalls(world, ids, 1, { since: 0 });
      // The answer in flight shows the job as it was when the call arrived.
      await world.cloud.admin.stopJob(ids);
      await repair();
      await requestRefresh(world, 'overtaken', 'now');
      const { status } = await world.until(
        'overtaken',
        (each) => each.status.lastHandledRequestedAt === 'now',
      );
      expect(status.state).to.equal('NotStarted');
      expect(await callsAbout(world, ids)).to.have.lengthOf(2);
    },

    'does not count a failed call as the answer to a refresh': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('refused', { ...ids, interval: '24h' }));
      await world.until('refused', (each) => is(each, 'Ready', 'True'));
      const repair = await breakCalls(world, ids, { kind: 'error', status: 500, code: 'InternalError' });
      await requestRefresh(world, 'refused', 'now');
      const trying = await world.until('refused', (each) => is(each, 'Reconciling', 'True'));
      expect(condition(trying, 'Reconciling')?.reason).to.equal('ProgressingWithRetry');
      expect(condition(trying, 'Ready')?.status).to.equal('True');
      expect(trying.status).to.not.have.property('lastHandledRequestedAt');
      await repair();
      const done = await world.until('refused', ({ status }) => status.lastHandledRequestedAt === 'now');
      expect(condition(done, 'Reconciling')).to.equal(undefined);
    },

    'answers a refresh at once and without a call while it is suspended': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('refreshed-paused', { ...ids, suspend: true }));
      await world.until('refreshed-paused', (each) => is(each, 'Ready', 'True', 'Suspended'));
      await requestRefresh(world, 'refreshed-paused', 'now');
      await world.until('refreshed-paused', ({ status }) => status.lastHandledRequestedAt === 'now');
      expect(await callsAbout(world, ids)).to.deep.equal([]);
    },

    'inherits nothing when it is recreated under the same name': async () => {
      const { world } = scene;
      const [first, second] = [
        await createJob(world, { name: 'first' }),
        await createJob(world, { name: 'second' }),
      ];
      await world.apply(job('reborn', first));
      const before = await world.until('reborn', (each) => is(each, 'Ready', 'True'));
      const repair = await breakCalls(world, second, { kind: 'html' });
      await remove(world, 'reborn');
      await world.apply(job('reborn', second));
      const reborn = await world.until('reborn', (each) => is(each, 'Ready', 'False', 'UnexpectedResponse'));
      expect(reborn.metadata.uid).to.not.equal(before.metadata.uid);
      expect(reborn.status).to.not.have.any.keys('job', 'lastObservedTime');
      await repair();
      const { status } = await world.until('reborn', (each) => is(each, 'Ready', 'True'));
      expect(status.job?.name).to.equal('second');
      const since = await now(world);
      await furtherCalls(world, second, 2);
      expect(await callsAbout(world, first, since)).to.deep.equal([]);
    },

    ...shownScenarios(scene),

    'shares its job with another object, and outlives it': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await world.apply(job('twin-a', ids), job('twin-b', { ...ids, expectedState: 'NotStarted' }));
      await world.until('twin-a', (each) => is(each, 'Ready', 'True'));
      await world.until('twin-b', (each) => is(each, 'AsExpected', 'False'));
      await remove(world, 'twin-a');
      await world.cloud.admin.stopJob(ids);
      await world.until('twin-b', (each) => is(each, 'AsExpected', 'True'));
    },
  });
});
