/**
 * A thousand objects, and an operator that is killed in the middle of its first round. The simulated cloud
 * and the API server's audit log count the calls. The duration is not asserted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Call, Counts } from '../../../simulator/world/cloud-world.ts';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import { mostWithin, ONE_BY_ONE } from '../support/cloud-side.ts';
import { GET_JOB, install, LIST_JOBS, PATCH_STATUS, permissionOf, Requests } from '../support/installed.ts';
import { createCloudJobs, storeReferences } from '../support/many/references.ts';
import { useWorld } from '../support/use-world.ts';
import { is, type Shown } from '../support/world.ts';

const OBJECTS = 1_000;
const INTERVAL_MS = 60_000;

/** Pages of 16, 64, 256 and 500 objects, and one of the rest. */
const PAGES = 5;

/**
 * The default of --calls-per-minute, and what it allows: a steady pace, and twice a burst of 1% for calls
 * that come late.
 */
const CALLS_PER_MINUTE = 3_000;
const BURST = CALLS_PER_MINUTE / 100;
const CALLS_PER_SECOND = (CALLS_PER_MINUTE - 2 * BURST) / 60;

/** The first round takes 20 s at this pace, and the operator is killed in the middle of it. */
const CALLS_BEFORE_KILL = 400;

const READ_LATE_MS = 1_000;

describe('a thousand objects at 60 s', () => {
  const scene = useWorld({
    prepare: async (world) => {
      await createCloudJobs(world, OBJECTS);
      await storeReferences(world, OBJECTS, `${INTERVAL_MS / 1_000}s`);
    },
    operator: 'none',
  });
  let objects: Shown[];
  let counts: Counts;
  let killedAt: number;
  let beforeKill: readonly Call[];
  let afterKill: readonly Call[];
  let requests: AuditEvent[];

  before(async function () {
    this.timeout(240_000);
    const { world } = scene;
    const kubeconfig = await install(world.controlPlane);
    const { admin } = world.cloud;
    const first = await world.operator({ kubeconfig, args: [ONE_BY_ONE], untilReady: false });
    await admin.awaitCalls({ count: CALLS_BEFORE_KILL, milliseconds: 60_000 });
    first.process.kill('SIGKILL');
    await first.process.exited;
    killedAt = Date.now();
    beforeKill = (await admin.calls()).calls;
    const since = beforeKill.at(-1)?.sequence ?? 0;
    const second = await world.operator({ kubeconfig, args: [ONE_BY_ONE] });
    const polledAll = async () => {
      // Each look is at a few hundred kilobytes.
      await delay(1_000);
      return jobsOf((await admin.calls({ since })).calls).size === OBJECTS;
    };
    await second.process.ready(polledAll, 2 * INTERVAL_MS);
    afterKill = (await admin.calls({ since })).calls;
    counts = await admin.counts();
    objects = await world.list();
    requests = await new Requests(world.controlPlane).all();
  });
  it('were not all observed when the operator was killed', () => {
    expect(beforeKill.length).to.be.within(CALLS_BEFORE_KILL, OBJECTS / 2);
  });

  it('all become Ready', () => {
    const ready = objects.filter((each) => is(each, 'Ready', 'True') && each.status.state === 'Running');
    expect(ready).to.have.lengthOf(OBJECTS);
  });

  it('are polled within the budget, without a throttled or failed call', () => {
    const [account, ...others] = Object.values(counts.byAccount);
    expect(others).to.deep.equal([]);
    expect(account?.mostPerMinute).to.be.at.most(CALLS_PER_MINUTE);
    expect(account?.byCode).to.deep.equal({ OK: counts.calls });
  });

  for (const seconds of [1, 5, 20, 60])
    it(`are polled at an even rate in any ${seconds} s, both starts included`, () => {
      const most = mostWithin(seconds * 1_000, [...beforeKill, ...afterKill]);
      expect(most).to.be.at.most(CALLS_PER_SECOND * seconds + 2 * BURST);
    });

  it('keep their poll phases through the restart, instead of being polled again at once', () => {
    // What was called and not written is polled again: a busy API server may leave hundreds.
    const written = new Set(
      patches()
        .filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) < killedAt)
        .filter(isDone)
        .map(({ objectRef }) => objectRef?.name),
    );
    const known = objects.filter(({ metadata }) => written.has(metadata.name));
    const observed = new Set<string | undefined>(known.map(({ spec }) => spec.jobID));
    const restartedAt = afterKill[0]?.time ?? 0;
    const soon = afterKill.filter(({ time }) => time < restartedAt + INTERVAL_MS / 3);
    const again = [...jobsOf(soon)].filter((jobID) => observed.has(jobID));
    expect(again.length).to.be.within(observed.size / 6, observed.size / 2);
  });

  it('are written once each, apart from writes that the kill interrupted', () => {
    const written = patches()
      .filter(isDone)
      .map(({ objectRef }) => objectRef?.name);
    expect(written.length).to.be.at.most(OBJECTS);
    expect(new Set(written).size).to.equal(written.length);
    // What it had sent before may be read later, by an API server that has much to do.
    for (const { requestReceivedTimestamp } of patches().filter((event) => !isDone(event)))
      expect(Date.parse(requestReceivedTimestamp)).to.be.below(killedAt + READ_LATE_MS);
  });

  it('are listed page by page at each start, and never read one by one', () => {
    const permissions = requests.map(permissionOf);
    expect(permissions.filter((each) => each === LIST_JOBS)).to.have.lengthOf(2 * PAGES);
    expect(permissions).not.to.include(GET_JOB);
  });

  /** The writes of statuses, the oldest first. */
  function patches(): readonly AuditEvent[] {
    return requests.filter((event) => permissionOf(event) === PATCH_STATUS);
  }
});

function jobsOf(calls: readonly Call[]): Set<string | undefined> {
  return new Set(calls.map(({ jobID }) => jobID));
}

function isDone({ responseStatus }: AuditEvent): boolean {
  return responseStatus?.code === 200;
}
