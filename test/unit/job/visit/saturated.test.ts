// New objects whose intervals need almost twice the calls of the budget. Each has its first call before
// others are polled again. Every minute uses the budget, also when all have had their first call and come to
// the instants of their longer intervals.

import { expect } from 'chai';
import { Budget } from '../../../../src/cloud/budget/budget.ts';
import type { Answer } from '../../../../src/job/model/cloud-port.ts';
import { scaledBy } from '../../../../src/job/schedule/interval-scale.ts';
import { Planner } from '../../../../src/job/schedule/planner.ts';
import { fullCallsPerSecond } from '../../../../src/ratelimit/call-rate.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aCaller, addCaller, type Caller } from '../../kit/callers.ts';
import { startDomain } from '../../kit/domain.ts';
import { FakeCluster } from '../../kit/fakes/fake-cluster.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { mostInAMinute } from '../../kit/most-in-a-minute.ts';
import { answering } from '../../kit/questions.ts';
import { aCloudToPlan } from '../../kit/samples/a-cloud-to-plan.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { running } from '../../kit/samples/answers.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const MINUTE = 60_000;
const CALLS_PER_MINUTE = 1_200;
const CALLS_PER_SECOND = fullCallsPerSecond(CALLS_PER_MINUTE);
/** Demand as a part of what the budget allows: that of 10,000 objects at 60 s with 5,400 calls a minute. */
const LOAD = 1.89;
const OBJECTS = Math.round(CALLS_PER_SECOND * 60 * LOAD);
const MINUTES = 5;
const STEP_MS = 50;

interface Sent {
  readonly jobID: string;
  /** Clock `now`. */
  readonly at: number;
}

describe('a budget that demand exceeds', function () {
  this.timeout(120_000);

  let sent: readonly Sent[] = [];

  before(async () => {
    const time = new SteppedTime();
    try {
      sent = await callsOf(time);
    } finally {
      time.restore();
    }
  });

  /** Runs the operator on new objects. @returns its calls, the first one first */
  async function callsOf(time: SteppedTime): Promise<Sent[]> {
    const sent: Sent[] = [];
    const cluster = new FakeCluster();
    const budget = new Budget<Caller>({ callsPerMinute: CALLS_PER_MINUTE, clock: time });
    const observe = answering(({ reference: { jobID, credential }, priority, deadline }) => {
      const { namespace } = credential;
      const { promise, resolve } = Promise.withResolvers<Answer>();
      const call = async () => {
        sent.push({ jobID, at: time.now() });
        resolve(running({ jobID })(time.now()));
      };
      addCaller(budget, aCaller(call, { priority, deadline, namespace }));
      return promise;
    });
    const planner = new Planner({
      cloud: aCloudToPlan({ capacity: CALLS_PER_SECOND }),
      jobs: { values: () => Array.from(cluster.keys(), (key) => cluster.get(key) ?? expect.fail()) },
      isWhole: () => true,
      settings: SETTINGS,
      verdictOf: () => undefined,
      observeWith: 'get',
      clock: time,
    });
    const domain = startDomain({
      cluster,
      settingsOf: scaledBy((credential) => planner.plan.scaleOf(credential), SETTINGS),
      cloud: { observe, mayUse: () => true, leadsTo: () => undefined },
      onPollLag: () => undefined,
      clock: time,
      logger: new RecordingLogger(),
    });
    for (let index = 0; index < OBJECTS; index += 1)
      cluster.apply(aJob().named(`job-${index}`, 'media').about(`job-${index}`));
    void planner.run(domain.stop.signal);
    await time.pass((MINUTES + 1) * MINUTE, STEP_MS);
    domain.stop.abort();
    domain.publisher.stop();
    budget.close();
    return sent;
  }

  it('is used to 97% in each minute, and exceeded in none', () => {
    const times = sent.map(({ at }) => at);
    const minutes = Object.groupBy(times, (at) => Math.floor((at - (times[0] ?? 0)) / MINUTE));
    const shares = Array.from(
      { length: MINUTES },
      (_, minute) => (minutes[minute]?.length ?? 0) / (CALLS_PER_SECOND * 60),
    );

    for (const share of shares) expect(share).to.be.within(0.97, 1.01);
    expect(mostInAMinute(times)).to.be.at.most(CALLS_PER_MINUTE);
  });

  it('is spent on the first call for each object before objects are polled again', () => {
    const seen = new Set<string>();
    const until = sent.findIndex(({ jobID }) => seen.add(jobID).size === OBJECTS);
    expect(seen.size).to.equal(OBJECTS);
    expect(until + 1).to.be.at.most(1.03 * OBJECTS);
  });
});
