/**
 * Several operators on one API server, of which one acts at a time. The API server's audit log shows the
 * leaders and the writers, the simulated cloud the calls.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Call } from '../../../simulator/world/cloud-world.ts';
import type { Operator } from '../../world/operator.ts';
import { breakCalls, createJob, furtherCalls, type JobIDs, ONE_BY_ONE } from '../support/cloud-side.ts';
import { createCloudJobs, jobIDOf, storeReferences } from '../support/many/references.ts';
import { identityOf, leaseWrites, statusWritesOf, termsOf, writesOutOfTurn } from '../support/terms.ts';
import { useWorld } from '../support/use-world.ts';
import { CLUSTER_ID, job } from '../support/world.ts';

/** Shorter than the defaults, to save time; of the same proportions. */
const LEASE_MS = 3_000;
const ELECT = ['--leader-elect', '--lease-duration=3s', '--renew-deadline=2s', '--retry-period=500ms'];

const HANDED_OVER_WITHIN_MS = 3_000;
const TAKEN_OVER_WITHIN_MS = LEASE_MS + 2_000;

/** Their intervals need 480 calls a minute, so that the leader uses all of its budget. */
const OBJECTS = 40;
const CALLS_PER_MINUTE = 300;
const BURST = CALLS_PER_MINUTE / 100;

const STOPPED = { code: 0, signal: null };

describe('operators that share a Lease', function () {
  this.timeout(60_000);
  const scene = useWorld({
    prepare: async (world) => {
      await createCloudJobs(world, OBJECTS);
      await storeReferences(world, OBJECTS, '5s');
    },
    operator: 'none',
  });
  const running = new Set<Operator>();
  const flipping = new AbortController();
  let flipped: Promise<void> | undefined;
  let started = 0;

  before(async () => {
    for (let count = 0; count < 3; count += 1) await start();
    flipped = flip();
    // Of a test that is run alone, nothing awaits it before the world ends.
    flipped.catch(() => undefined);
  });

  afterEach(() => scene.world.controlPlane.resumeApiServer());

  it('have one leader, and are all ready', async () => {
    const leading = await Promise.all([...running].map(isLeading));
    expect(leading.filter(Boolean)).to.have.lengthOf(1);
    for (const each of running) expect(await each.isReady()).to.equal(true);
  });

  it('show the leader in the Lease, the logs and the metrics, where each object counts once', async () => {
    const leader = await theLeader();
    const holder = '-o=jsonpath={.spec.holderIdentity}';
    const lease = await scene.world.kubectl('get', 'lease', 'edge-transcode-job-operator', holder);
    expect(lease).to.equal(identityOf(leader));
    for (const each of others(leader)) {
      const awaited = () => each.log().findLast(({ msg }) => msg === 'waiting for the lead')?.holder;
      await scene.world.eventually(`${lease} in the log of ${each.process.name}`, async () =>
        awaited() === lease ? true : undefined,
      );
      expect(await each.metrics()).not.to.include('edgetranscode_job_state{');
      expect(await each.metric('edgetranscode_jobs{state="Running"}')).to.equal(0);
    }
    expect(new Set([...running].map(identityOf)).size).to.equal(running.size);
  });

  it('hand over within 3 s of SIGTERM, and release the Lease after the last write', async () => {
    await writing();
    const leader = await theLeader();
    const identity = identityOf(leader);
    const began = performance.now();
    leader.process.kill('SIGTERM');
    await nextLeader(leader, HANDED_OVER_WITHIN_MS - (performance.now() - began));
    expect(await leader.process.exited).to.deep.equal(STOPPED);
    expect(performance.now() - began).to.be.below(5_000);
    running.delete(leader);
    const events = await scene.world.controlPlane.auditEvents();
    const last = Math.max(
      ...statusWritesOf(events).flatMap(({ writer, at }) => (writer === identity ? at : [])),
    );
    const released = leaseWrites(events).find(({ holder, from }) => holder === '' && from >= last);
    expect(released, 'a release after the last write').not.to.equal(undefined);
    await start();
  });

  it('take over within the lease duration plus 2 s after SIGKILL', async () => {
    await writing();
    const leader = await theLeader();
    leader.process.kill('SIGKILL');
    running.delete(leader);
    await nextLeader(leader, TAKEN_OVER_WITHIN_MS);
    await start();
  });

  it('take over from a leader that is frozen, which becomes a standby when it is resumed', async () => {
    await writing();
    const leader = await theLeader();
    leader.process.kill('SIGSTOP');
    // It answers no request meanwhile.
    running.delete(leader);
    const next = await nextLeader(leader, TAKEN_OVER_WITHIN_MS);
    await writing();
    leader.process.kill('SIGCONT');
    running.add(leader);
    await leader.process.printed(new RegExp(`lost the lead[^]*"holder":"${identityOf(next)}"`));
    expect(await isLeading(leader)).to.equal(false);
    await writing();
    expect(await isLeading(next)).to.equal(true);
  });

  it('stop leading when the API server stalls for longer than the Lease, and elect one again', async () => {
    const { world } = scene;
    await writing();
    const leader = await theLeader();
    const since = (await world.cloud.admin.calls({ limit: 0 })).last;
    world.controlPlane.pauseApiServer();
    await leader.process.ready(async () => !(await isLeading(leader)), LEASE_MS);
    const stopped = (await world.cloud.admin.calls({ since })).last;
    await delay(LEASE_MS);
    const { last } = await world.cloud.admin.calls({ limit: 0 });
    for (const each of running)
      expect((await fetch(`${each.url}/livez`)).status, 'livez in the stall').to.equal(200);
    world.controlPlane.resumeApiServer();
    expect(last - stopped, 'calls without a leader, except one under way').to.be.at.most(1);
    await scene.world.eventually('a leader', async () => (await leaders())[0], {
      withinMs: TAKEN_OVER_WITHIN_MS,
    });
    await writing();
    for (const each of running) expect(each.process.exit).to.equal(undefined);
  });

  it('stop within 5 s while the API server and a call hang', async () => {
    const { world } = scene;
    const ids = await createJob(world);
    const repair = await breakCalls(world, ids, { kind: 'hang' });
    await world.apply(job('hanging', ids));
    await furtherCalls(world, ids, 1, { since: 0 });
    const leader = await theLeader();
    world.controlPlane.pauseApiServer();
    expect(await leader.process.stop(5_000)).to.deep.equal(STOPPED);
    running.delete(leader);
    world.controlPlane.resumeApiServer();
    await nextLeader(leader, TAKEN_OVER_WITHIN_MS);
    await repair();
    await world.kubectl('delete', 'edgetranscodejob', 'hanging');
  });

  describe('throughout all these handovers', () => {
    before(async () => {
      flipping.abort();
      await flipped;
    });

    it('wrote no status after their term of leadership', async () => {
      const events = await scene.world.controlPlane.auditEvents();
      const terms = termsOf(events);
      const writes = statusWritesOf(events);
      expect(terms.length).to.be.at.least(5);
      expect(new Set(writes.map(({ writer }) => writer)).size).to.be.at.least(3);
      expect(writesOutOfTurn(writes, terms)).to.deep.equal([]);
    });

    it('kept the budget together', async () => {
      const { calls } = await scene.world.cloud.admin.calls();
      const perSecond = (CALLS_PER_MINUTE - 2 * BURST) / 60;
      for (const seconds of [5, 10, 60]) {
        const most = Math.min(perSecond * seconds + 2 * BURST, CALLS_PER_MINUTE);
        expect(mostWithin(seconds * 1_000, calls), `calls in ${seconds} s`).to.be.at.most(most);
      }
    });

    it('logged no error', () => {
      for (const each of running)
        expect(each.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
    });
  });

  async function start(): Promise<Operator> {
    started += 1;
    const args = [...ELECT, ONE_BY_ONE, `--calls-per-minute=${CALLS_PER_MINUTE}`];
    const operator = await scene.world.operator({ args, name: `operator-${started}` });
    running.add(operator);
    return operator;
  }

  function others(operator: Operator): Operator[] {
    return [...running].filter((each) => each !== operator);
  }

  async function leaders(): Promise<Operator[]> {
    const leading = await Promise.all(
      [...running].map(async (each) => [each, await isLeading(each)] as const),
    );
    return leading.flatMap(([each, leads]) => (leads ? each : []));
  }

  async function theLeader(): Promise<Operator> {
    return scene.world.eventually('one leader', async () => (await leaders())[0]);
  }

  /** @throws when there is none in time */
  async function nextLeader(before: Operator, withinMs: number): Promise<Operator> {
    const candidates = others(before);
    const find = async () => {
      for (const each of candidates) if (await isLeading(each)) return each;
      return undefined;
    };
    return scene.world.eventually('the next leader', find, { withinMs });
  }

  /** Resolves when the leader writes statuses. */
  async function writing(): Promise<void> {
    const leader = await theLeader();
    const series = 'edgetranscode_status_writes_total{result="written"}';
    const before = await leader.metric(series);
    await leader.process.ready(async () => (await leader.metric(series)) >= before + 5);
  }

  /** Every poll brings something to write. */
  async function flip(): Promise<void> {
    const { admin } = scene.world.cloud;
    for (let round = 0; !flipping.signal.aborted; round += 1) {
      for (let index = 0; index < OBJECTS && !flipping.signal.aborted; index += 1) {
        const ids: JobIDs = { clusterID: CLUSTER_ID, jobID: jobIDOf(index) };
        await (round % 2 === 0 ? admin.stopJob(ids) : admin.startJob(ids));
      }
      await delay(1_000, undefined, { signal: flipping.signal }).catch(() => undefined);
    }
  }
});

async function isLeading(operator: Operator): Promise<boolean> {
  return (await operator.metric('edgetranscode_leading')) === 1;
}

/** The most calls in any window of this length. */
function mostWithin(milliseconds: number, calls: readonly Call[]): number {
  const times = calls.map(({ time }) => time).sort((a, b) => a - b);
  let first = 0;
  return times.reduce((most, time, last) => {
    while ((times[first] as number) <= time - milliseconds) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
}
