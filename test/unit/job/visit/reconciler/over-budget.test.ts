// Objects that need more calls than the account may make: each is polled at the scaled interval, and waits
// little for its permit.

import { expect } from 'chai';
import { Budget } from '../../../../../src/cloud/budget/budget.ts';
import type { Answer, Priority } from '../../../../../src/job/model/cloud-port.ts';
import { scaledBy } from '../../../../../src/job/schedule/interval-scale.ts';
import { Planner } from '../../../../../src/job/schedule/planner.ts';
import { fullCallsPerSecond } from '../../../../../src/ratelimit/call-rate.ts';
import { SETTINGS } from '../../../kit/an-operator.ts';
import { aCaller, addCaller, type Caller } from '../../../kit/callers.ts';
import { type DomainAtWork, startDomain } from '../../../kit/domain.ts';
import { FakeCluster } from '../../../kit/fakes/fake-cluster.ts';
import { RecordingLogger } from '../../../kit/fakes/recording-logger.ts';
import { answering } from '../../../kit/questions.ts';
import { aCloudToPlan } from '../../../kit/samples/a-cloud-to-plan.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { running } from '../../../kit/samples/answers.ts';
import { SteppedTime } from '../../../ratelimit/stepped-time.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Need 9 calls per second, … */
const OBJECTS = 90;
const INTERVAL = '10s';
/** … where 1.97 may be made, so that intervals are 4.6 times as long. */
const CALLS_PER_MINUTE = 120;
const CALLS_PER_SECOND = fullCallsPerSecond(CALLS_PER_MINUTE);
const STRETCHED_MS = 46.5 * SECOND;

describe('objects that need more calls than the budget has', () => {
  let time: SteppedTime;
  let budget: Budget<Caller>;
  let domain: DomainAtWork;
  /** How long calls waited for their permits, s, by priority. */
  let waits: Record<Priority, number[]>;
  /** When each job was polled. */
  let asked: Map<string, number[]>;
  let stop: AbortController;
  beforeEach(() => {
    stop = new AbortController();
    time = new SteppedTime();
    waits = { urgent: [], scheduled: [], retry: [] };
    asked = new Map();
    budget = new Budget({ callsPerMinute: CALLS_PER_MINUTE, clock: time });
    const cluster = new FakeCluster();
    for (let index = 0; index < OBJECTS; index += 1)
      cluster.apply(aJob().named(`job-${index}`).about(`job-${index}`).every(INTERVAL));
    const jobs = function* () {
      for (const key of cluster.keys()) yield cluster.get(key) ?? expect.fail();
    };
    const planner = new Planner({
      cloud: aCloudToPlan({ capacity: CALLS_PER_SECOND }),
      jobs: { values: jobs },
      isWhole: () => true,
      settings: SETTINGS,
      verdictOf: () => undefined,
      observeWith: 'get',
      clock: time,
    });
    void planner.run(stop.signal);
    const settingsOf = scaledBy((credential) => planner.plan.scaleOf(credential), SETTINGS);
    const parts = { cluster, settingsOf, clock: time, logger: new RecordingLogger() };
    domain = startDomain({
      ...parts,
      cloud: { observe, mayUse: () => true, leadsTo: () => undefined },
      onPollLag: () => undefined,
    });
  });
  afterEach(() => {
    stop.abort();
    domain.stop.abort();
    domain.publisher.stop();
    budget.close();
    time.restore();
  });

  const observe = answering(({ reference: { jobID }, priority, deadline, signal }) => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const waitingSince = time.now();
    const call = async () => {
      const at = time.now();
      waits[priority].push((at - waitingSince) / 1_000);
      asked.set(jobID, [...(asked.get(jobID) ?? []), at]);
      resolve(running({ jobID })(at));
    };
    const caller = aCaller(call, { priority, deadline });
    signal.addEventListener('abort', () => {
      budget.backlog.withdraw(caller);
      resolve({ kind: 'withdrawn' });
    });
    addCaller(budget, caller);
    return promise;
  });

  it('are all observed once before others are polled again', async () => {
    const began = time.now();
    while (asked.size < OBJECTS) await time.pass(100, 100);
    expect(time.now() - began).to.be.within(1, 1.05 * (OBJECTS / CALLS_PER_SECOND) * SECOND);
  });

  it('are all polled at the scaled interval, and wait for permits no longer than their requested interval', async () => {
    await time.pass(2 * MINUTE, 100);
    for (const priority of ['urgent', 'scheduled', 'retry'] as const) waits[priority] = [];
    asked.clear();
    await time.pass(10 * MINUTE, 100);

    expect(waits.scheduled.length).to.be.greaterThan(0.97 * 10 * 60 * CALLS_PER_SECOND);
    // Without the scale, each would wait for all the others: 45 s.
    expect(Math.max(...waits.scheduled)).to.be.at.most(10);
    expect(asked.size).to.equal(OBJECTS);
    for (const times of asked.values()) {
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      // Polls fall at each target's own instants. A poll that waited is followed by the first instant half an
      // interval later.
      expect(Math.max(...gaps)).to.be.at.most(1.5 * STRETCHED_MS);
      expect(times.length).to.be.within(10, 14);
    }
  });
});
