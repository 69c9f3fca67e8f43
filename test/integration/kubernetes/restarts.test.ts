/**
 * The API server and the operator are killed and started again: no change is lost, and nothing is done twice.
 */
import { expect } from 'chai';
import type { Call } from '../../../simulator/world/cloud-world.ts';
import type { Operator } from '../../world/operator.ts';
import { breakCalls, createJob, furtherCalls, type JobIDs, now, ONE_BY_ONE } from '../support/cloud-side.ts';
import { type Scene, together, useWorld } from '../support/use-world.ts';
import { changeSpec, eventOf, eventReasons, observedAt, remove, statusWrites } from '../support/user-side.ts';
import { is, job, type Shown, type World } from '../support/world.ts';

const INTERVAL_MS = 5_000;
/** The watch comes back within 10 s of the API server's return, and the writes that waited with it. */
const BACK = { withinMs: 30_000 };

describe('after a restart', function () {
  this.timeout(120_000);
  const scene = useWorld({ operator: () => ({ args: [ONE_BY_ONE] }) });
  afterTheApiServers(scene);
  afterTheOperators(scene);
});

function afterTheApiServers(scene: Scene): void {
  describe('of a killed API server', () => {
    const jobs = new Map<string, JobIDs>();
    let operator: Operator;

    scene.setUp(async () => {
      const { world } = scene;
      operator = lastOf(world);
      const names = [
        'stopped',
        'deleted',
        'replaced',
        'suspended',
        'changed',
        'steady',
        'starting-anew',
        'created',
      ];
      for (const name of names) jobs.set(name, await createJob(world));
      const first = [...jobs].filter(([name]) => name !== 'created');
      await world.apply(...first.map(([name, ids]) => job(name, ids)));
      for (const [name] of first) await ready(name);
      await eventOf(world, 'steady', 'JobFound');

      await world.controlPlane.stopApiServer();
      // What is decided while nothing can be written.
      await world.cloud.admin.stopJob(of('stopped'));
      const stopped = Date.now() / 1_000;
      await operator.process.ready(async () => (await observedAt(operator, 'stopped')) > stopped);
      expect((await fetch(`${operator.url}/livez`)).status, 'livez in the outage').to.equal(200);
      await world.controlPlane.startApiServer();
      // What changes before the operator is back.
      await world.kubectl('delete', 'edgetranscodejobs', 'replaced', 'deleted');
      await breakCalls(world, of('replaced'), { kind: 'html' });
      await world.apply(job('replaced', of('replaced')), job('created', of('created')));
      await changeSpec(world, 'suspended', { suspend: true });
      await changeSpec(world, 'changed', { expectedState: 'NotStarted' });
    });

    together({
      'what was decided meanwhile is written': async () => {
        await scene.world.until('stopped', ({ status }) => status.state === 'NotStarted', BACK);
        await eventOf(scene.world, 'stopped', 'JobStopped');
      },

      'changes made in the meantime are observed': async () => {
        const { world } = scene;
        await world.until('suspended', (each) => is(each, 'Ready', 'True', 'Suspended'), BACK);
        await world.until('changed', (each) => is(each, 'AsExpected', 'False'), BACK);
        await ready('created');
        const forgotten = async () =>
          (await operator.metrics()).includes('name="deleted"') ? undefined : true;
        await world.eventually('no series of deleted', forgotten);
      },

      'an object that was recreated meanwhile inherits nothing': async () => {
        const { world } = scene;
        const made = await world.until(
          'replaced',
          (each) => is(each, 'Ready', 'False', 'UnexpectedResponse'),
          BACK,
        );
        expect(made.status).to.include({ state: 'Unknown', observedGeneration: 1 });
        expect(made.status).to.not.have.any.keys('job', 'lastObservedTime');
      },

      'what did not change is not written again': async () => {
        const { world } = scene;
        await world.until('suspended', (each) => is(each, 'Ready', 'True', 'Suspended'), BACK);
        await furtherCalls(world, of('steady'), 1);
        expect(await statusWrites(world, 'steady')).to.have.lengthOf(1);
        expect(await eventReasons(world, 'steady')).to.deep.equal(['JobFound']);
      },

      'a change in the cloud still reaches the status': async () => {
        await scene.world.cloud.admin.stopJob(of('starting-anew'));
        await scene.world.until('starting-anew', ({ status }) => status.state === 'NotStarted', BACK);
        await scene.world.cloud.admin.startJob(of('starting-anew'));
        await scene.world.until('starting-anew', ({ status }) => status.state === 'Running', BACK);
      },
    });

    it('the operator continues in the same process', () => {
      expect(operator.process.exit).to.equal(undefined);
      expect(operator.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
    });

    function of(name: string): JobIDs {
      return jobs.get(name) as JobIDs;
    }

    function ready(name: string): Promise<Shown> {
      return scene.world.until(name, (each) => is(each, 'Ready', 'True'), BACK);
    }
  });
}

/** The operator that runs. */
function lastOf({ operators }: World): Operator {
  return operators.at(-1) as Operator;
}

function afterTheOperators(scene: Scene): void {
  describe('of a killed operator', () => {
    const names = Array.from({ length: 24 }, (_, index) => `steady-${index}`);
    const jobs = new Map<string, JobIDs>();
    let shownBefore: Shown[];
    let callsBefore: readonly Call[];
    let startedAt: number;
    let callsAfter: readonly Call[];

    scene.setUp(async () => {
      const { world } = scene;
      for (const name of [...names, 'removed', 'paused', 'halted', 'made'])
        jobs.set(name, await createJob(world));
      const first = [...jobs].filter(([name]) => name !== 'made');
      await world.apply(...first.map(([name, ids]) => job(name, ids)));
      for (const [name] of first) await ready(name);
      // The first calls came at once, later ones come by their phases.
      const since = await now(world);
      for (const name of names) await furtherCalls(world, of(name), 1, { since });
      for (const name of names) await eventOf(world, name, 'JobFound');
      callsBefore = (await world.cloud.admin.calls({ since })).calls;
      shownBefore = await Promise.all(names.map((name) => world.get(name)));

      const killed = lastOf(world).process;
      killed.kill('SIGKILL');
      await killed.exited;
      await remove(world, 'removed');
      await changeSpec(world, 'paused', { suspend: true });
      await world.cloud.admin.stopJob(of('halted'));
      await world.apply(job('made', of('made')));
      const restart = await now(world);
      startedAt = Date.now();
      await world.operator({ args: [ONE_BY_ONE] });
      for (const name of names) await furtherCalls(world, of(name), 2, { since: restart });
      callsAfter = (await world.cloud.admin.calls({ since: restart })).calls;
    });

    it('no object is polled before its time: the poll phases continue', () => {
      for (const name of names) {
        const { jobID } = of(name);
        const at = (calls: readonly Call[]) =>
          calls.findLast((call) => call.jobID === jobID)?.time ?? Number.NaN;
        const first = callsAfter.find((call) => call.jobID === jobID)?.time ?? Number.NaN;
        expect(distance(first, at(callsBefore)), name).to.be.below(1_000);
        expect(first - startedAt, name).to.be.below(2 * INTERVAL_MS);
      }
    });

    it('an unchanged object gets no status write and no event', async () => {
      const { world } = scene;
      expect(await Promise.all(names.map((name) => world.get(name)))).to.deep.equal(shownBefore);
      for (const name of names) {
        expect(await statusWrites(world, name), name).to.have.lengthOf(1);
        expect(await eventReasons(world, name), name).to.deep.equal(['JobFound']);
      }
    });

    it('changes made in the meantime are observed', async () => {
      const { world } = scene;
      await world.until('paused', (each) => is(each, 'Ready', 'True', 'Suspended'));
      await world.until('halted', ({ status }) => status.state === 'NotStarted');
      await ready('made');
      expect(callsAfter.filter(({ jobID }) => jobID === of('removed').jobID)).to.deep.equal([]);
      expect(callsAfter.filter(({ jobID }) => jobID === of('paused').jobID)).to.deep.equal([]);
      await eventOf(world, 'halted', 'JobStopped');
      expect(await eventReasons(world, 'halted')).to.deep.equal(['JobFound', 'JobStopped']);
    });

    it('only the new operator polls: each object once per interval', () => {
      for (const name of names) {
        const times = callsAfter.filter(({ jobID }) => jobID === of(name).jobID).map(({ time }) => time);
        for (const [index, time] of times.slice(1).entries())
          expect(time - (times[index] as number), name).to.be.at.least(INTERVAL_MS / 2);
      }
    });

    function of(name: string): JobIDs {
      return jobs.get(name) as JobIDs;
    }

    function ready(name: string): Promise<Shown> {
      return scene.world.until(name, (each) => is(each, 'Ready', 'True'), BACK);
    }
  });
}

/** How far apart two instants are in the interval's circle, in milliseconds. */
function distance(one: number, other: number): number {
  const apart = Math.abs(one - other) % INTERVAL_MS;
  return Math.min(apart, INTERVAL_MS - apart);
}
