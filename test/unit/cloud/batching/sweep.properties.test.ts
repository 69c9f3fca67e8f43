// For any pages of a list, each question is answered once with few calls, and no job is JobNotFound because a
// list lacks it.

import { expect } from 'chai';
import fc from 'fast-check';
import { Channel } from '../../../../src/base/channel.ts';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import { UnexpectedBody } from '../../../../src/cloud/client/map-response.ts';
import type { Request, Result } from '../../../../src/cloud/requests/request.ts';
import { type Answer, PRIORITIES, type Priority } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { aPlan } from '../../kit/a-plan.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';
import { holdsInTime, sequence } from '../../kit/for-any.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };
const JOBS = 60;
const CALL_MS = 100;

/** What one call brings: some jobs, the right ones or not; a body that is no page; a failure. */
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

const question = fc.record({
  job: fc.nat(JOBS - 1),
  priority: fc.constantFrom(...PRIORITIES),
  /** Delay after the previous question, ms. */
  after: fc.constantFrom(...Array<number>(12).fill(0), 20, 150, 3_000),
  leaves: fc.constantFrom(...Array<boolean>(9).fill(false), true),
});
type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

/** A cloud with scripted answers, whose pages repeat, and a permit for every request. */
class ScriptedList {
  readonly clock = new FakeClock();
  readonly answers: Answer[][] = [];
  /** How often each job was called for by Get. */
  readonly called = new Map<string, number>();
  lists = 0;
  readonly #pages: readonly Page[];
  readonly #gets: readonly (FailureKind | 'observed')[];
  readonly #finished = new Channel<Request<unknown>>();
  readonly #batches: Batches;
  #waiting: Request<unknown>[] = [];

  constructor(script: readonly Page[], jobs: readonly (FailureKind | 'observed')[]) {
    this.#pages = script;
    this.#gets = jobs;
    const requests = {
      submit: (request: Request<unknown>) => void this.#waiting.push(request),
      withdraw: (request: Request<unknown>) => {
        this.#waiting = this.#waiting.filter((each) => each !== request);
      },
      finished: this.#finished,
    };
    this.#batches = new Batches({
      requests,
      expectsMore: () => false,
      clock: this.clock,
      logger: new RecordingLogger(),
    });
    this.#batches.apply(aPlan('all'));
  }

  ask(jobID: string, priority: Priority, signal: AbortSignal): void {
    const answers: Answer[] = [];
    this.answers.push(answers);
    const reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID };
    const answered = this.#batches.observe(reference, { priority, deadline: 0, signal });
    void answered.then((answer) => answers.push(answer));
  }

  /** Asks all questions, and lets time pass until each should have its answer. */
  async askAll(given: readonly Question[]): Promise<void> {
    const aborts = given.map(() => new AbortController());
    for (const [index, { job, priority, after }] of given.entries()) {
      await this.pass(after);
      this.ask(`${job}`, priority, (aborts[index] as AbortController).signal);
    }
    for (const [index, { leaves }] of given.entries()) if (leaves) aborts[index]?.abort();
    await this.pass(30_000);
  }

  get calls(): number {
    return this.lists + [...this.called.values()].reduce((sum, count) => sum + count, 0);
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= CALL_MS) {
      await settled();
      for (const request of this.#waiting.splice(0)) void this.#call(request);
      await this.clock.advance(Math.min(left, CALL_MS));
    }
  }

  async #call(request: Request<unknown>): Promise<void> {
    request.isCalling = true;
    const sentAt = this.clock.now();
    const { jobID, read } = request.operation;
    const result = jobID === undefined ? this.#list(read, sentAt) : this.#get(jobID, sentAt);
    await this.clock.sleep(CALL_MS);
    request.result = result;
    this.#finished.push(request);
  }

  #get(jobID: string, sentAt: number): Result<unknown> {
    this.called.set(jobID, (this.called.get(jobID) ?? 0) + 1);
    const kind = this.#gets[Number(jobID) % this.#gets.length] as FailureKind | 'observed';
    return kind === 'observed' ? answered({}, sentAt) : refused(kind, sentAt);
  }

  #list(read: (body: unknown) => unknown, sentAt: number): Result<unknown> {
    const page = this.#pages[this.lists % this.#pages.length] as Page;
    this.lists += 1;
    if (typeof page === 'string' && page !== 'no page') {
      const isListRefused = REFUSALS.includes(page as FailureKind);
      return refused(page as FailureKind, sentAt, isListRefused);
    }
    try {
      const { total = 0, first = 0, count = 0 } = page === 'no page' ? {} : (page as Exclude<Page, string>);
      const Job = Array.from({ length: count }, (_, index) => ({ JobId: `${first + index}` }));
      return answered(read(page === 'no page' ? {} : { TotalCount: total, JobList: { Job } }), sentAt);
    } catch (error) {
      expect(error).to.be.instanceOf(UnexpectedBody);
      return refused('UnexpectedResponse', sentAt, true);
    }
  }
}

const REFUSALS: readonly FailureKind[] = ['PermissionDenied', 'JobNotFound', 'OperationDenied'];

function answered(value: unknown, sentAt: number): Result<unknown> {
  return { kind: 'answered', value, destination: DESTINATION, sentAt };
}

function refused(kind: FailureKind, sentAt: number, isListRefused = false): Result<unknown> {
  const failure = { kind, message: 'as planned' };
  return {
    kind: 'failed',
    failure,
    destination: DESTINATION,
    sentAt,
    ...(isListRefused && { isListRefused }),
  };
}

function saysNotFound(answers: readonly Answer[] = []): boolean {
  return answers.some((answer) => answer.kind === 'failed' && answer.failure.kind === 'JobNotFound');
}

describe('a list whose total grows with each page', () => {
  it('is given up, and each job is observed by its own call', async () => {
    const page = { first: 0, count: 0 } as const;
    const list = new ScriptedList(
      [101, 5_000].map((total) => ({ ...page, total })),
      ['observed'],
    );
    for (let job = 0; job < JOBS; job += 1) list.ask(`${job}`, 'scheduled', new AbortController().signal);
    await list.pass(30_000);
    expect(list.answers.map(({ length }) => length)).to.deep.equal(Array(JOBS).fill(1));
    expect([list.called.size, list.lists]).to.deep.equal([JOBS, 2]);
  });
});

describe('for any pages that a list says it has', () => {
  it('answers each question once with few calls, and no job is JobNotFound without a Get', async () => {
    const questions = sequence(question, 120);
    const scripts = fc.array(pages, { minLength: 1, maxLength: 8 });
    const jobs = fc.array(gets, { minLength: 1, maxLength: 8 });
    await holdsInTime(
      fc.asyncProperty(scripts, jobs, questions, async (script, ends, given) => {
        const list = new ScriptedList(script, ends);
        await list.askAll(given);
        expect(list.answers.map(({ length }) => length)).to.deep.equal(given.map(() => 1));
        const missing = given.filter((_, index) => saysNotFound(list.answers[index]));
        expect(missing.filter(({ job }) => !list.called.has(`${job}`))).to.deep.equal([]);
        expect(list.calls).to.be.at.most(3 * given.length + 20);
      }),
      60,
    );
  });
});
