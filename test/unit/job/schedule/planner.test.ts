// When plans are made: by ticks, and by nothing else.

import { expect } from 'chai';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { Planner } from '../../../../src/job/schedule/planner.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { aCloudToPlan, type CloudToPlan } from '../../kit/samples/a-cloud-to-plan.ts';
import { aJob, CLUSTER_ID } from '../../kit/samples/a-job.ts';

const CLUSTER = { credential: { namespace: 'media' }, clusterID: CLUSTER_ID };

describe('the planner', () => {
  let clock: FakeClock;
  let cloud: CloudToPlan;
  let isWhole: boolean;
  /** How many jobs there are, each polled every 10 s. */
  let jobs: number;
  /** How often all objects were read. */
  let looks: number;
  let verdict: FailureKind | undefined;
  let planner: Planner;
  let stop: AbortController;

  beforeEach(() => {
    clock = new FakeClock();
    cloud = aCloudToPlan();
    isWhole = true;
    jobs = 200;
    looks = 0;
    verdict = undefined;
    stop = new AbortController();
    planner = new Planner({
      cloud,
      jobs: { values },
      isWhole: () => isWhole,
      settings: SETTINGS,
      verdictOf: () => verdict && { kind: verdict },
      observeWith: 'auto',
      clock,
    });
  });
  afterEach(() => stop.abort());

  function values() {
    looks += 1;
    return Array.from({ length: jobs }, (_, index) => aJob().about(`j${index}`).every('10s').build());
  }

  it('gives the cloud a plan before it knows the demand', () => {
    expect(cloud.plans.map((plan) => plan.sweepingOf(CLUSTER))).to.deep.equal(['urgent']);
    expect(looks).to.equal(0);
  });

  it('plans at once when it starts, and then every 10 s', async () => {
    void planner.run(stop.signal);
    expect(looks).to.equal(1);
    expect(planner.plan.isBatched(CLUSTER)).to.equal(true);
    await clock.advance(99_999);
    expect(looks).to.equal(10);
    expect(cloud.plans.at(-1)).to.equal(planner.plan);
  });

  it('waits until all objects are listed, and plans within 100 ms of that', async () => {
    isWhole = false;
    void planner.run(stop.signal);
    await clock.advance(30_050);
    expect(looks).to.equal(0);
    expect(planner.plan.demandByIdentity.size).to.equal(0);
    isWhole = true;
    await clock.advance(100);
    expect(looks).to.equal(1);
    expect([...planner.plan.demandByIdentity]).to.deep.equal([['default', 0.2]]);
    await clock.advance(9_900);
    expect(looks).to.equal(1);
  });

  it('keeps its plan between ticks, however often it is read', async () => {
    void planner.run(stop.signal);
    const before = planner.plan;
    jobs = 10;
    for (let second = 0; second < 9; second += 1) {
      await clock.advance(1_000);
      expect([...planner.plan.namespaceDemands, ...planner.plan.scales]).to.have.length(2);
      expect(planner.plan.isBatched(CLUSTER)).to.equal(true);
    }
    expect(planner.plan).to.equal(before);
    expect(looks).to.equal(1);
    await clock.advance(1_000);
    expect([...planner.plan.demandByIdentity]).to.deep.equal([['default', 0.1]]);
  });

  it('plans for no object that may not use the credential that it names', () => {
    cloud.mayUse = () => false;
    planner.tick();
    expect(planner.plan.demandByIdentity.size).to.equal(0);
  });

  it('plans calls at the pace of what the cloud has answered', () => {
    verdict = 'JobNotFound';
    planner.tick();
    expect(planner.plan.demandByIdentity.get('default')).to.be.closeTo(200 / 300, 1e-9);
    verdict = 'AuthenticationFailed';
    planner.tick();
    expect(planner.plan.demandByIdentity.get('default')).to.equal(0);
  });

  it('stops with its signal, and leaves no timer', async () => {
    const ended = planner.run(stop.signal);
    stop.abort();
    await ended;
    expect(clock.timers).to.equal(0);
    await clock.advance(60_000);
    expect(looks).to.equal(1);
  });
});
