// Whatever the pages of a list say, or do not say: each who waits is told once, and nothing that its own job was not asked for, in few calls.

import { expect } from 'chai';
import fc from 'fast-check';
import { Clusters } from '../../../../src/cloud/batching/clusters.ts';
import type { SweepParts } from '../../../../src/cloud/batching/sweep.ts';
import type { Caller } from '../../../../src/cloud/budget/budget.ts';
import type { CallResult, Question } from '../../../../src/cloud/client/job-call.ts';
import {
  type Answer,
  PRIORITIES,
  type Priority,
  type Reference,
} from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { aPlan } from '../../kit/a-plan.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';
import { holdsInTime, sequence } from '../../kit/for-any.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };
const JOBS = 60;
const CALL_MS = 100;

/** What one call brings: some of the jobs, be they the right ones or not; a body that is no page; a failure. */
const pages = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      total: fc.constantFrom<number>(0, 1, 60, 100, 101, 250, 1_000, 5_000, 100_000, 1_000_000),
      first: fc.nat(JOBS),
      count: fc.constantFrom<number>(0, 1, 10, 60, 100),
    }),
  },
  fc.constantFrom('Throttled', 'ServerError', 'ConnectionFailed', 'UnexpectedResponse', 'no page'),
  fc.constantFrom('PermissionDenied', 'JobNotFound', 'OperationDenied'),
);
type Page = typeof pages extends fc.Arbitrary<infer Value> ? Value : never;

const gets = fc.constantFrom<FailureKind | 'observed'>('observed', 'observed', 'JobNotFound', 'ServerError');

const wish = fc.record({
  job: fc.nat(JOBS - 1),
  priority: fc.constantFrom(...PRIORITIES),
  /** After the one before, ms. */
  after: fc.constantFrom(...Array<number>(12).fill(0), 20, 150, 3_000),
  leaves: fc.constantFrom(...Array<boolean>(9).fill(false), true),
});
type Wish = typeof wish extends fc.Arbitrary<infer Value> ? Value : never;

/** A cloud that answers each call as it is told, the pages over and over again; and turns for everybody. */
class ScriptedList {
  readonly clock = new FakeClock();
  readonly answers: Answer[][] = [];
  readonly asked = new Map<string, number>();
  lists = 0;
  readonly #pages: readonly Page[];
  readonly #gets: readonly (FailureKind | 'observed')[];
  readonly #clusters: Clusters;
  #waiting: Caller[] = [];

  constructor(script: readonly Page[], jobs: readonly (FailureKind | 'observed')[]) {
    this.#pages = script;
    this.#gets = jobs;
    const nothing = () => undefined;
    const way = {
      ...{ refusal: nothing, succeeded: nothing, failed: nothing, inconclusive: nothing },
      ...{ abandoned: nothing, began: nothing, enter: async () => ({ pass: Symbol('pass') }) },
      shared: <T>(values: T) => values,
    };
    const budget = {
      add: (caller: Caller) => void this.#waiting.push(caller),
      withdraw: (caller: Caller) => void this.#waiting.splice(this.#waiting.indexOf(caller), 1),
      ...{ accepted: nothing, throttled: nothing },
    };
    const session = { budget, circuit: way, gates: { of: () => way }, member: { isShared: false } };
    const resolved = { credential: { identity: 'default', version: '1' } };
    const parts = {
      credentials: { resolve: async () => resolved, fresh: () => resolved },
      sessions: { of: () => session, find: () => session },
      jobCall: {
        destinationOf: () => DESTINATION,
        make: (reference: Reference) => this.#get(reference),
        ask: (_: unknown, __: unknown, question: Question) => this.#list(question),
      },
      expectsMore: () => false,
      clock: this.clock,
    } as unknown as SweepParts;
    this.#clusters = new Clusters(parts, { plan: aPlan('all'), logger: new RecordingLogger() });
  }

  wish(jobID: string, priority: Priority, signal: AbortSignal): void {
    const told: Answer[] = [];
    this.answers.push(told);
    const reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID };
    this.#clusters.observe(reference, { priority, deadline: 0, signal }, (answer) => told.push(answer));
  }

  /** Until everybody should have been told. */
  async wishAll(given: readonly Wish[]): Promise<void> {
    const aborts = given.map(() => new AbortController());
    for (const [index, { job, priority, after }] of given.entries()) {
      await this.pass(after);
      this.wish(`${job}`, priority, (aborts[index] as AbortController).signal);
    }
    for (const [index, { leaves }] of given.entries()) if (leaves) aborts[index]?.abort();
    await this.pass(30_000);
  }

  get calls(): number {
    return this.lists + [...this.asked.values()].reduce((sum, count) => sum + count, 0);
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= CALL_MS) {
      await settled();
      for (const caller of this.#waiting.splice(0)) if (caller.ready()) void caller.call();
      await this.clock.advance(Math.min(left, CALL_MS));
    }
  }

  async #get({ jobID }: Reference): Promise<CallResult> {
    this.asked.set(jobID, (this.asked.get(jobID) ?? 0) + 1);
    const kind = this.#gets[Number(jobID) % this.#gets.length] as FailureKind | 'observed';
    const sentAt = this.clock.now();
    await this.clock.sleep(CALL_MS);
    return resultOf(kind, sentAt);
  }

  async #list({ read }: Question): Promise<CallResult> {
    const page = this.#pages[this.lists % this.#pages.length] as Page;
    this.lists += 1;
    const sentAt = this.clock.now();
    await this.clock.sleep(CALL_MS);
    if (typeof page === 'string' && page !== 'no page') return resultOf(page as FailureKind, sentAt);
    try {
      const { total = 0, first = 0, count = 0 } = page === 'no page' ? {} : (page as Exclude<Page, string>);
      const Job = Array.from({ length: count }, (_, index) => ({ JobId: `${first + index}` }));
      read(page === 'no page' ? {} : { TotalCount: total, JobList: { Job } });
      return resultOf('observed', sentAt);
    } catch {
      return resultOf('UnexpectedResponse', sentAt);
    }
  }
}

function resultOf(kind: FailureKind | 'observed', sentAt: number): CallResult {
  if (kind === 'observed') return { answer: { kind, job: {}, destination: DESTINATION, sentAt }, sentAt };
  const failure = { kind, message: 'as planned' };
  return {
    answer: { kind: 'failed', failure, destination: DESTINATION, sentAt },
    failed: { failure, code: kind },
    sentAt,
  };
}

function saysNotFound(answers: readonly Answer[] = []): boolean {
  return answers.some((answer) => answer.kind === 'failed' && answer.failure.kind === 'JobNotFound');
}

describe('a list that tells of ever more pages', () => {
  it('is given up, and each job asked for by itself', async () => {
    const page = { first: 0, count: 0 } as const;
    const list = new ScriptedList(
      [101, 5_000].map((total) => ({ ...page, total })),
      ['observed'],
    );
    for (let job = 0; job < JOBS; job += 1) list.wish(`${job}`, 'scheduled', new AbortController().signal);
    await list.pass(30_000);
    expect(list.answers.map(({ length }) => length)).to.deep.equal(Array(JOBS).fill(1));
    expect([list.asked.size, list.lists]).to.deep.equal([JOBS, 2]);
  });
});

describe('for any pages that a list says it has', () => {
  it('each who waits is told once, no job is missing because of a list, and it ends in few calls', async () => {
    const wishes = sequence(wish, 120);
    const scripts = fc.array(pages, { minLength: 1, maxLength: 8 });
    const jobs = fc.array(gets, { minLength: 1, maxLength: 8 });
    await holdsInTime(
      fc.asyncProperty(scripts, jobs, wishes, async (script, ends, given) => {
        const list = new ScriptedList(script, ends);
        await list.wishAll(given);
        expect(list.answers.map(({ length }) => length)).to.deep.equal(given.map(() => 1));
        const missing = given.filter((_, index) => saysNotFound(list.answers[index]));
        expect(missing.filter(({ job }) => !list.asked.has(`${job}`))).to.deep.equal([]);
        expect(list.calls).to.be.at.most(3 * given.length + 20);
      }),
      60,
    );
  });
});
