/**
 * An account whose objects need several times its budget: the intervals are lengthened to fit. Then the cloud
 * throttles for a while, so that many polls wait: urgent requests go first, and withdrawn ones spend no call.
 */
import { expect } from 'chai';
import type { Operator } from '../../world/operator.ts';
import { mostWithin, now, ONE_BY_ONE } from '../support/cloud-side.ts';
import { createCloudJobs, jobIDOf, nameOf, storeReferences } from '../support/many/references.ts';
import { useWorld } from '../support/use-world.ts';
import { changeSpec, requestRefresh } from '../support/user-side.ts';
import { is, job, type Shown } from '../support/world.ts';

/** Ask for 30 calls a second. */
const OBJECTS = 150;
const INTERVAL = '5s';
/** A pace of 4.9 calls a second. */
const CALLS_PER_MINUTE = 300;

const DELETED = Array.from({ length: 20 }, (_, index) => 50 + index);
const SUSPENDED = [80, 81, 82];

describe('a saturated budget', function () {
  this.timeout(60_000);
  const scene = useWorld({
    prepare: async (world) => {
      await createCloudJobs(world, OBJECTS + 1);
      await storeReferences(world, OBJECTS, INTERVAL);
    },
    operator: 'none',
  });
  let operator: Operator;
  /** The last call before it. */
  let restartedAt: number;

  scene.setUp(async () => {
    const { world } = scene;
    const quick = await world.operator({ args: [ONE_BY_ONE, '--calls-per-minute=6000'] });
    const areReady = async () => {
      const ready = (await world.list()).filter((each) => is(each, 'Ready', 'True'));
      return ready.length === OBJECTS || undefined;
    };
    await world.eventually('all objects Ready', areReady, { everyMs: 250 });
    await quick.process.stop();
    restartedAt = (await world.cloud.admin.calls()).calls.at(-1)?.sequence ?? 0;
    operator = await world.operator({ args: [ONE_BY_ONE, `--calls-per-minute=${CALLS_PER_MINUTE}`] });
    await world.cloud.admin.addFault({ kind: 'throttle', calls: 1, retryAfter: 15_000 });
    const many = async () => (await waiting('scheduled')) >= 30 || undefined;
    await world.eventually('30 due objects that wait', many, { withinMs: 60_000 });
  });

  async function waiting(priority: string): Promise<number> {
    return await operator.metric(`edgetranscode_api_backlog{identity="default",priority="${priority}"}`);
  }

  /**
   * How many other calls the cloud sees between the moment when `act` has ended and its first call about the
   * job.
   */
  async function callsBefore(jobID: string, act: () => Promise<void>): Promise<number> {
    const { world } = scene;
    const began = await now(world);
    await act();
    const ended = await now(world);
    return await world.eventually(`a call about ${jobID}`, async () => {
      const { calls } = await world.cloud.admin.calls({ since: began });
      const at = calls.findIndex((call) => call.jobID === jobID);
      return at < 0 ? undefined : calls.slice(0, at).filter(({ sequence }) => sequence > ended).length;
    });
  }

  it('gives its next call to a new object, however many scheduled polls wait', async () => {
    const { world } = scene;
    const jobID = jobIDOf(OBJECTS);
    const apply = () => world.apply(job('newcomer', { jobID, interval: INTERVAL }));
    expect(await callsBefore(jobID, apply)).to.be.at.most(2);
    expect(await waiting('scheduled')).to.be.greaterThan(0);
  });

  it('gives its next call to an object whose refresh is requested', async () => {
    const { world } = scene;
    expect(await callsBefore(jobIDOf(7), () => requestRefresh(world, nameOf(7), 'now'))).to.be.at.most(2);
    expect(await waiting('scheduled')).to.be.greaterThan(0);
  });

  it('spends no call on objects that are deleted or suspended while they wait', async () => {
    const { world } = scene;
    await world.kubectl('delete', 'edgetranscodejobs', ...DELETED.map(nameOf));
    for (const index of SUSPENDED) await changeSpec(world, nameOf(index), { suspend: true });
    const since = await now(world);
    const calls = await world.eventually('15 more calls', async () => {
      const { calls } = await world.cloud.admin.calls({ since });
      return calls.length >= 15 ? calls : undefined;
    });
    // The first may have been sent when the last change came in.
    const unwanted = [...DELETED, ...SUSPENDED].map(jobIDOf);
    expect(calls.slice(1).filter(({ jobID = '' }) => unwanted.includes(jobID))).to.deep.equal([]);
  });

  it('lengthens the intervals by as much as the budget needs', async () => {
    const factor = await operator.metric('edgetranscode_interval_stretch_ratio{identity="default"}');
    // 30 calls a second needed, 4.9 available: 6.12. A hundredth is left, and a step has a hundredth.
    expect(factor).to.be.within(6.12, 6.12 * 1.03);
    await requestRefresh(scene.world, nameOf(8), 'shown');
    const isShown = ({ status }: Shown) => status.lastHandledRequestedAt === 'shown';
    const { status } = await scene.world.until(nameOf(8), isShown);
    expect(status.effectiveInterval).to.equal('31.2s');
  });

  it('is kept in every minute', async () => {
    const { calls } = await scene.world.cloud.admin.calls({ since: restartedAt });
    expect(mostWithin(60_000, calls)).to.be.within(1, CALLS_PER_MINUTE);
  });
});
