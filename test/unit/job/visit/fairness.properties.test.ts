// A namespace that needs less than its fair share of an account keeps its intervals, its freshness and the
// latency of new objects, whatever the other namespaces do.

import { expect } from 'chai';
import fc from 'fast-check';
import { Budget } from '../../../../src/cloud/budget/budget.ts';
import type { Answer, Priority } from '../../../../src/job/model/cloud-port.ts';
import { scaledBy } from '../../../../src/job/schedule/interval-scale.ts';
import { Planner } from '../../../../src/job/schedule/planner.ts';
import { fullCallsPerSecond } from '../../../../src/ratelimit/call-rate.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aCaller, addCaller, type Caller } from '../../kit/callers.ts';
import { type DomainAtWork, startDomain } from '../../kit/domain.ts';
import { FakeCluster } from '../../kit/fakes/fake-cluster.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { answering } from '../../kit/questions.ts';
import { aCloudToPlan } from '../../kit/samples/a-cloud-to-plan.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { fails, type Reply, running } from '../../kit/samples/answers.ts';
import { shown } from '../../kit/shown.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const SECOND = 1_000;
/** One permit each half second, a multiple of the steps in which time passes. */
const CALLS_PER_MINUTE = 122;
const STEP_MS = 250;
const CALLS_PER_SECOND = fullCallsPerSecond(CALLS_PER_MINUTE);

/** Permits that another namespace may get while a request of the victim waits: 1, and 2 × 6 ahead. */
const PERMITS_OF_OTHERS = 13;

const FRESH = 'True ObservationSucceeded';

/** Length of a run, and when an object of the victim is created, s. */
const SECONDS = 120;
const NEWCOMER_AT = 90;
/** The first objects are all new at once, so their first answers take a while, s. */
const ALL_OBSERVED_AT = 30;

/** What a namespace does; a tenant can do each of these without any other right. */
const BEHAVIOURS = {
  /** Requests a refresh of each object every second. */
  refreshes: { every: 'second', answer: running() },
  /** Deletes and recreates each object every second. */
  recreates: { every: 'second', answer: running() },
  /** Objects about jobs that do not exist. */
  madeUp: { every: 'never', answer: fails('JobNotFound') },
  /** A key that is refused: no call is made. */
  deadKey: { every: 'never', answer: fails('AuthenticationFailed') },
  /** Calls that end after 10 s without an answer. */
  hangs: { every: 'never', answer: fails('ConnectionFailed') },
  /** Far more objects than the account can poll. */
  demands: { every: 'never', answer: running() },
} as const satisfies Record<string, { every: 'second' | 'never'; answer: Reply }>;
type Behaviour = keyof typeof BEHAVIOURS;

interface Other {
  readonly behaviour: Behaviour;
  readonly objects: number;
  /** When it begins, s. */
  readonly from: number;
}

/** One process with one account, a victim that needs 90% of its share, and other namespaces. */
class World {
  readonly time = new SteppedTime();
  readonly cluster = new FakeCluster();
  /** How long the calls of the victim waited for their permits, ms. */
  readonly waits: Record<Priority, number[]> = { urgent: [], scheduled: [], retry: [] };
  readonly planner: Planner;
  readonly #others: readonly Other[];
  readonly #budget: Budget<Caller>;
  readonly #domain: DomainAtWork;
  readonly #stop = new AbortController();
  readonly #victims: number;
  #created = 0;

  constructor(others: readonly Other[]) {
    this.#others = others;
    const { time, cluster } = this;
    const share = CALLS_PER_SECOND / (others.length + 1);
    this.#victims = Math.floor(0.9 * share * 10) - 1;
    this.#budget = new Budget({ callsPerMinute: CALLS_PER_MINUTE, clock: time });
    this.planner = new Planner({
      cloud: aCloudToPlan({ accountOf: () => 'account', capacity: CALLS_PER_SECOND }),
      jobs: { values: () => this.#jobs() },
      isWhole: () => true,
      settings: SETTINGS,
      verdictOf: (job) => this.#domain.factsStore.verdictOf(job),
      observeWith: 'get',
      clock: time,
    });
    this.#domain = startDomain({
      cluster,
      settingsOf: scaledBy((credential) => this.planner.plan.scaleOf(credential), SETTINGS),
      cloud: { observe: this.#observe, mayUse: () => true, leadsTo: () => undefined },
      onPollLag: () => undefined,
      clock: time,
      logger: new RecordingLogger(),
    });
    void this.planner.run(this.#stop.signal);
    for (let index = 0; index < this.#victims; index += 1) this.createVictim(index);
  }

  createVictim(index: number): void {
    this.cluster.apply(aJob().named(`victim-${index}`, 'victim').about(`victim-${index}`).every('10s'));
  }

  get newcomer(): number {
    return this.#victims;
  }

  /** Lets the other namespaces act, and a second pass. */
  async second(at: number): Promise<void> {
    for (const [index, other] of this.#others.entries())
      if (at === other.from) this.#create(index, other);
      else if (at > other.from && BEHAVIOURS[other.behaviour].every === 'second') this.#act(index, other, at);
    await this.time.pass(SECOND, STEP_MS);
  }

  end(): void {
    this.#stop.abort();
    this.#domain.stop.abort();
    this.#domain.publisher.stop();
    this.#budget.close();
    this.time.restore();
  }

  /** The objects of the victim that are not fresh, or whose intervals are longer; not the newcomer. */
  get notFresh(): string[] {
    return [...this.#jobs()]
      .filter(({ key, namespace }) => namespace === 'victim' && !key.endsWith(`-${this.newcomer}`))
      .filter(({ status }) => shown(status).Fresh !== FRESH || status.effectiveInterval !== undefined)
      .map(({ key, status }) => `${key} ${shown(status).Fresh} ${status.effectiveInterval}`);
  }

  *#jobs() {
    for (const key of this.cluster.keys()) yield this.cluster.get(key) ?? expect.fail();
  }

  #create(index: number, { objects }: Other): void {
    for (let made = 0; made < objects; made += 1) this.cluster.apply(this.#object(index, made));
  }

  #act(index: number, { behaviour, objects }: Other, at: number): void {
    for (let made = 0; made < objects; made += 1) {
      const object = this.#object(index, made);
      if (behaviour === 'refreshes') this.cluster.apply(object.requested(`${at}`));
      else {
        this.cluster.delete(object.build().key);
        this.#created += 1;
        this.cluster.apply(object.uid(`uid-${this.#created}`));
      }
    }
  }

  #object(index: number, made: number) {
    return aJob().named(`n${index}-${made}`, `n${index}`).about(`n${index}-${made}`).every('5s');
  }

  readonly #observe = answering(({ reference: { jobID, credential }, priority, deadline, signal }) => {
    const { namespace } = credential;
    const behaviour = this.#others[Number(namespace.slice(1))]?.behaviour;
    const reply = behaviour ? BEHAVIOURS[behaviour].answer : running({ jobID });
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const since = this.time.now();
    if (behaviour === 'deadKey') resolve(fails('AuthenticationFailed', { retryAt: since + 20_000 })(since));
    else {
      const call = async () => {
        const at = this.time.now();
        if (namespace === 'victim') this.waits[priority].push(at - since);
        if (behaviour === 'hangs') await this.time.sleep(10_000);
        resolve(reply(at));
      };
      const caller = aCaller(call, { priority, deadline, namespace });
      signal.addEventListener('abort', () => {
        this.#budget.backlog.withdraw(caller);
        resolve({ kind: 'withdrawn' });
      });
      addCaller(this.#budget, caller);
    }
    return promise;
  });
}

const other: fc.Arbitrary<Other> = fc.record({
  behaviour: fc.constantFrom(...(Object.keys(BEHAVIOURS) as Behaviour[])),
  objects: fc.constantFrom(5, 60),
  from: fc.nat(60),
});

describe('a namespace that needs less than its fair share of an account', function () {
  this.timeout(60_000);

  async function living(others: readonly Other[]): Promise<void> {
    const world = new World(others);
    try {
      for (let at = 0; at < SECONDS; at += 1) {
        if (at === NEWCOMER_AT) world.createVictim(world.newcomer);
        await world.second(at);
        expect(world.planner.plan.scaleOf({ namespace: 'victim' })).to.equal(1);
        if (at >= ALL_OBSERVED_AT) expect(world.notFresh, `after ${at} s`).to.deep.equal([]);
      }
      // The longest wait for a permit, and a step of the time.
      const bound = (((others.length + 1) * PERMITS_OF_OTHERS) / CALLS_PER_SECOND) * SECOND + STEP_MS;
      const { urgent, scheduled } = world.waits;
      expect(Math.max(...scheduled)).to.be.within(0, bound);
      expect(urgent).to.have.length(world.newcomer + 1);
      // The first objects came together, so that they waited for each other as well.
      expect(Math.max(...urgent.slice(0, -1))).to.be.at.most(ALL_OBSERVED_AT * SECOND);
      expect(urgent.at(-1)).to.be.at.most(bound);
    } finally {
      world.end();
    }
  }

  for (const behaviour of Object.keys(BEHAVIOURS) as Behaviour[])
    it(`keeps its intervals, freshness and the latency of new objects while another ${behaviour}`, () =>
      living([{ behaviour, objects: 100, from: 5 }]));

  it('keeps them for any behaviour of several others', async () => {
    const others = fc.array(other, { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(others, living), { numRuns: 4, endOnFailure: true });
  });
});
