// For any pages of a list, and for any order of inputs: each asker is answered once, and no job is missing
// because of a list.

import { expect } from 'chai';
import fc from 'fast-check';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import type { PendingJob } from '../../../../src/cloud/batching/pending-job.ts';
import { mapListResponse } from '../../../../src/cloud/client/map-response.ts';
import type { Request, Result } from '../../../../src/cloud/requests/request.ts';
import { type Answer, PRIORITIES, type Priority } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { holds, holdsInTime, sequence } from '../../kit/for-any.ts';
import { aPlan } from '../../kit/samples/a-plan.ts';
import { beginGet, type NamedAsker, resultOf, ScriptedBatch } from './scripted-batch.ts';
import { nameOf, ScriptedRequests } from './scripted-requests.ts';

const JOBS = 60;
const CALL_MS = 100;

/** Failures that mean that the cloud does not list the cluster. */
const REFUSALS = ['PermissionDenied', 'JobNotFound', 'OperationDenied'] as const;

/**
 * What one call brings: some of the jobs, be they the right ones or not; a body that is no page; a failure.
 */
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
  fc.constantFrom(...REFUSALS),
);
type Page = typeof pages extends fc.Arbitrary<infer Value> ? Value : never;

const gets = fc.constantFrom<FailureKind | 'observed'>('observed', 'observed', 'JobNotFound', 'ServerError');

const question = fc.record({
  job: fc.nat(JOBS - 1),
  priority: fc.constantFrom(...PRIORITIES),
  /** Time since the question before, ms. */
  after: fc.constantFrom(...Array<number>(12).fill(0), 20, 150, 3_000),
  leaves: fc.constantFrom(...Array<boolean>(9).fill(false), true),
});
type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * A cloud that answers each call as the script says, the pages over and over again; every request gets a
 * permit.
 */
class ScriptedList {
  readonly clock = new FakeClock();
  readonly answers: Answer[][] = [];
  /** Number of Gets by job. */
  readonly gets = new Map<string, number>();
  lists = 0;
  readonly #pages: readonly Page[];
  readonly #gets: readonly (FailureKind | 'observed')[];
  readonly #requests = new ScriptedRequests();
  readonly #batches: Batches;

  constructor(script: readonly Page[], jobs: readonly (FailureKind | 'observed')[]) {
    this.#pages = script;
    this.#gets = jobs;
    this.#batches = new Batches({
      requests: this.#requests,
      expectsMore: () => false,
      clock: this.clock,
      logger: new RecordingLogger(),
    });
    this.#batches.apply(aPlan('all'));
  }

  ask(jobID: string, priority: Priority, signal: AbortSignal): void {
    const received: Answer[] = [];
    this.answers.push(received);
    const reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID };
    const answered = (answer: Answer) => received.push(answer);
    this.#batches.observe({ reference, priority, deadline: 0, signal, answered });
  }

  /** Returns when every question should have its answer. */
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
    return this.lists + [...this.gets.values()].reduce((sum, count) => sum + count, 0);
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= CALL_MS) {
      await settled();
      for (const request of this.#requests.begin()) this.#call(request);
      await this.clock.advance(Math.min(left, CALL_MS));
    }
  }

  #call(request: Request<unknown>): void {
    const name = nameOf(request);
    const result = name.startsWith('list ') ? this.#list() : this.#get(name);
    this.clock.after(CALL_MS, () => this.#requests.finish(request, result));
  }

  #get(jobID: string): Result<unknown> {
    this.gets.set(jobID, (this.gets.get(jobID) ?? 0) + 1);
    const kind = this.#gets[Number(jobID) % this.#gets.length] as FailureKind | 'observed';
    return resultOf(kind, {}, this.clock.now());
  }

  #list(): Result<unknown> {
    const page = this.#pages[this.lists % this.#pages.length] as Page;
    this.lists += 1;
    return pageOf(page, this.clock.now());
  }
}

function pageOf(page: Page, sentAt: number): Result<unknown> {
  if (typeof page === 'object') {
    const { total, first, count } = page;
    const Job = Array.from({ length: count }, (_, index) => ({ JobId: `${first + index}` }));
    return resultOf('observed', mapListResponse({ TotalCount: total, JobList: { Job } }), sentAt);
  }
  const isRefused = page === 'no page' || REFUSALS.some((refusal) => refusal === page);
  const kind = page === 'no page' ? 'UnexpectedResponse' : (page as FailureKind);
  return { ...resultOf(kind, {}, sentAt), ...(isRefused && { isOnlyListing: true }) } as Result<unknown>;
}

function saysNotFound(answers: readonly Answer[] = []): boolean {
  return answers.some((answer) => answer.kind === 'failed' && answer.failure.kind === 'JobNotFound');
}

describe('a list that tells of more pages with each page', () => {
  it('is given up, and each job is observed by its own call', async () => {
    const page = { first: 0, count: 0 } as const;
    const list = new ScriptedList(
      [101, 5_000].map((total) => ({ ...page, total })),
      ['observed'],
    );
    for (let job = 0; job < JOBS; job += 1) list.ask(`${job}`, 'scheduled', new AbortController().signal);
    await list.pass(30_000);
    expect(list.answers.map(({ length }) => length)).to.deep.equal(Array(JOBS).fill(1));
    expect([list.gets.size, list.lists]).to.deep.equal([JOBS, 2]);
  });
});

describe('for any pages that a list says it has', () => {
  it('each asker is answered once, no job is not found because of a list, and few calls are made', async () => {
    const questions = sequence(question, 120);
    const scripts = fc.array(pages, { minLength: 1, maxLength: 8 });
    const jobs = fc.array(gets, { minLength: 1, maxLength: 8 });
    await holdsInTime(
      fc.asyncProperty(scripts, jobs, questions, async (script, ends, given) => {
        const list = new ScriptedList(script, ends);
        await list.askAll(given);
        expect(list.answers.map(({ length }) => length)).to.deep.equal(given.map(() => 1));
        const missing = given.filter((_, index) => saysNotFound(list.answers[index]));
        expect(missing.filter(({ job }) => !list.gets.has(`${job}`))).to.deep.equal([]);
        expect(list.calls).to.be.at.most(3 * given.length + 20);
      }),
      60,
    );
  });
});

/** One input of a batch; the numbers choose among what is possible then. */
const input = fc.record({
  kind: fc.constantFrom(
    'ask',
    'ask',
    'ask',
    'leave',
    'begin',
    'got',
    'listed',
    'failed',
    'refused',
    'wait',
    'plan',
  ),
  choice: fc.nat(1_000),
  other: fc.nat(1_000),
});
type Input = typeof input extends fc.Arbitrary<infer Value> ? Value : never;

/** Carries the actions of a batch out in any order, as its driver and the cloud could. */
class AnyOrder {
  readonly scripted = new ScriptedBatch();
  /** Names of all askers. */
  readonly askers: string[] = [];
  #gets: PendingJob<NamedAsker>[] = [];
  #lists: { pageNo: number; sentAt: number | undefined }[] = [];

  constructor() {
    this.scripted.batch.sweeping = 'all';
  }

  take({ kind, choice, other }: Input): void {
    const { scripted } = this;
    const get = this.#gets[choice % Math.max(1, this.#gets.length)];
    const list = this.#lists[choice % Math.max(1, this.#lists.length)];
    if (kind === 'ask') this.#ask(`${choice % 12}`, PRIORITIES[other % 3] as Priority, other);
    else if (kind === 'leave' && this.askers.length > 0)
      this.#leave(this.askers[choice % this.askers.length] as string);
    else if (kind === 'begin') this.#begin(get, list, other);
    else if (kind === 'got' && get) this.#got(get, other);
    else if (kind === 'listed' && list) {
      const jobs = Array.from({ length: other % 12 }, (_, index) => `${(choice + index) % 14}`);
      const sentAt = list.sentAt ?? scripted.now;
      this.#end(list, () => scripted.page(list.pageNo, jobs, { total: (other % 6) * 100, sentAt }));
    } else if (kind === 'failed' && list) this.#fail(list, other);
    else if (kind === 'refused' && list)
      this.#end(list, () => scripted.failPage(list.pageNo, 'OperationDenied', { isOnlyListing: true }));
    else if (kind === 'wait') this.#wait(choice);
    else if (kind === 'plan') this.#plan(choice);
  }

  /** The jobs that a sweep is to bring and that have a Get as well, whose call has not begun. */
  get calledTwice(): string[] {
    const isNeedless = (job: PendingJob<NamedAsker>) => job.standing === 'swept' && !job.isCalling;
    return this.#gets.filter(isNeedless).map(({ jobID }) => jobID);
  }

  /** Ends every call, until none is left. */
  finish(): void {
    const { scripted } = this;
    for (let turn = 0; turn < 1_000 && !scripted.batch.isIdle; turn += 1) {
      this.#wait(0);
      const get = this.#gets[0];
      const list = this.#lists[0];
      if (get) this.#got(get, 0);
      else if (list) this.#end(list, () => scripted.page(list.pageNo, [], { total: 100 }));
      else scripted.now = Math.max(scripted.now, scripted.batch.wakeAt ?? 0);
    }
  }

  #ask(jobID: string, priority: Priority, deadline: number): void {
    const name = `${this.askers.length}`;
    this.askers.push(name);
    this.scripted.ask(jobID, { name, priority, deadline, namespace: `${deadline % 2}` });
    this.#carryOut();
  }

  #leave(name: string): void {
    this.scripted.leave(name);
    this.#carryOut();
  }

  #begin(
    get: PendingJob<NamedAsker> | undefined,
    list: { sentAt: number | undefined } | undefined,
    other: number,
  ): void {
    if (get && other % 2 === 0) this.#beginOrRestart(get);
    else if (list) list.sentAt ??= this.scripted.now;
  }

  /** A call that is under way ends without a result, and its Get waits again. */
  #beginOrRestart(get: PendingJob<NamedAsker>): void {
    if (!get.isCalling) {
      beginGet(get);
      return;
    }
    for (const each of get.requests) each.isCalling = false;
    this.scripted.step({ kind: 'restarted', call: get });
    this.#carryOut();
  }

  #got(get: PendingJob<NamedAsker>, other: number): void {
    this.#gets = this.#gets.filter((each) => each !== get);
    const outcomes = ['observed', 'ServerError', 'JobNotFound', 'withdrawn', 'refused'] as const;
    const outcome = get.isCalling ? outcomes[other % 3] : outcomes[other % 5];
    for (const each of get.requests) get.removeRequest(each);
    this.scripted.got(get, outcome, get.firsts[other % get.namespaces]?.namespace);
    this.#carryOut();
  }

  #fail(list: { pageNo: number; sentAt: number | undefined }, other: number): void {
    const more = list.sentAt === undefined && other % 3 === 0 ? ({ notCalled: true } as const) : {};
    const kind = other % 2 ? 'Throttled' : 'ServerError';
    this.#end(list, () => this.scripted.failPage(list.pageNo, kind, more));
  }

  #end(list: { pageNo: number }, end: () => void): void {
    this.#lists = this.#lists.filter((each) => each !== list);
    end();
    this.#carryOut();
  }

  #plan(choice: number): void {
    this.scripted.batch.sweeping = (['none', 'urgent', 'all', 'all'] as const)[choice % 4] ?? 'all';
    this.scripted.step({ kind: 'woken' });
    this.#carryOut();
  }

  #wait(ms: number): void {
    const { scripted } = this;
    const end = scripted.now + ms;
    for (let at = scripted.batch.wakeAt; at !== undefined && at <= end; at = scripted.batch.wakeAt) {
      scripted.now = Math.max(scripted.now, at);
      scripted.step({ kind: 'woken' });
      this.#carryOut();
    }
    scripted.now = end;
  }

  #carryOut(): void {
    for (const action of this.scripted.actions) {
      if (action.kind === 'get' && !this.#gets.includes(action.job)) this.#gets.push(action.job);
      if (action.kind === 'cancelGet')
        this.#gets = this.#gets.filter((job) => job !== action.job || job.isCalling);
      if (action.kind === 'list') this.#lists.push({ pageNo: action.pageNo, sentAt: undefined });
      if (action.kind === 'cancelLists') this.#lists = [];
    }
  }
}

describe('for any order in which questions, answers and plans come', () => {
  it('a batch answers each asker once, calls for no job that a sweep brings, and is idle in the end', () => {
    holds(
      fc.property(sequence(input, 150), (inputs) => {
        const order = new AnyOrder();
        for (const each of inputs) {
          order.take(each);
          expect(order.calledTwice).to.deep.equal([]);
          for (const name of order.askers) expect(order.scripted.answersOf(name).length).to.be.at.most(1);
        }
        order.finish();
        expect(order.scripted.batch.isIdle).to.equal(true);
        expect(order.scripted.batch.askers).to.deep.equal([]);
        expect(order.askers.map((name) => order.scripted.answersOf(name).length)).to.deep.equal(
          order.askers.map(() => 1),
        );
      }),
      200,
    );
  });
});
