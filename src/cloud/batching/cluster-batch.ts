/**
 * How the jobs of one cluster are observed for one credential: many askers, few calls; pure. An input changes the state and brings the
 * actions to carry out; `now` is a parameter, and nothing here waits.
 *
 * Askers of the same job share one call. Where more jobs wait than the cluster's list has pages, one sweep of the list serves them: it
 * waits for a batch window, reads the first page, which tells how many there are, waits once more, and reads the others. Each page serves
 * the askers that came before its call was sent. A job that the sweep did not bring is observed by Get: "not in the list" never means
 * "not found".
 */
import { type Answer, PRIORITIES, type Priority } from '../../job/model/cloud-port.ts';
import { PAGE_SIZE } from '../client/live-client.ts';
import { type Job, type JobPage, mapJob } from '../client/map-response.ts';
import type { Refused, Result } from '../requests/request.ts';
import { UnlistedJobs } from './unlisted-jobs.ts';

/** Which jobs may share a sweep: none, those that are urgent, all. */
export type Sweeping = 'none' | 'urgent' | 'all';

/** One caller that waits for a job. */
export interface Asker {
  /** Clock `now` when it came. */
  readonly since: number;
}

export type BatchInput<A extends Asker> =
  | {
      readonly kind: 'asked';
      readonly jobID: string;
      readonly asker: A;
      readonly priority: Priority;
      readonly deadline: number;
      /** The job's Get is being called already, so its answer would be older than this question. */
      readonly isCalling: boolean;
    }
  | { readonly kind: 'left'; readonly jobID: string; readonly asker: A; readonly isCalling: boolean }
  | { readonly kind: 'got'; readonly jobID: string; readonly result: Result<Job> }
  | { readonly kind: 'listed'; readonly pageNo: number; readonly result: Result<JobPage> }
  /** Time has passed: `wakeAt` is here, or the jobs that may share a sweep have changed. */
  | { readonly kind: 'woken' };

export type BatchAction<A extends Asker> =
  | { readonly kind: 'get'; readonly jobID: string; readonly priority: Priority; readonly deadline: number }
  | { readonly kind: 'list'; readonly pageNo: number; readonly priority: Priority; readonly deadline: number }
  /** The job's Get is not wanted any more. */
  | { readonly kind: 'cancelGet'; readonly jobID: string }
  | { readonly kind: 'cancelLists' }
  | { readonly kind: 'answer'; readonly askers: readonly A[]; readonly answer: Answer }
  /** The cloud does not list this cluster, for an hour. */
  | { readonly kind: 'listRefused'; readonly refused: Refused };

interface Pending<A extends Asker> {
  readonly jobID: string;
  priority: Priority;
  deadline: number;
  askers: readonly A[];
  /** `candidate`: has a Get that waits, and a sweep may take it over; `swept`: a sweep is to bring it; `alone`: has a Get, whatever sweeps do. */
  standing: 'candidate' | 'swept' | 'alone';
}

interface Sweep {
  /** Pages are read after two batch windows: one before the first page, one before the others. */
  stage: 'window' | 'first page' | 'second window' | 'other pages';
  openedAt: number;
  readonly queue: number[];
  readonly underway: Set<number>;
  /** Clock `now` when the call of each page that came was sent. */
  readonly sentAt: Map<number, number>;
  readonly throttlings: Map<number, number>;
  failures: number;
  failure: Refused | undefined;
}

/** A page takes a permit, 10 ms at the highest rate: so long is worth waiting to save one. */
const QUIET_MS_A_PAGE = 10;
const LEAST_QUIET_MS = 50;
const MOST_QUIET_MS = 1_000;

/** Longest batch window. 2 s; 10 s while the operator still lists its objects, as more are known to come. */
const LONGEST_WINDOW_MS = 2_000;
const LONGEST_LISTING_MS = 10_000;

/** Enough for 100 pages a second at answers of 0.16 s, and few enough that sweeps of several clusters fit through one endpoint guard. */
const MOST_UNDERWAY = 16;

/** A throttled page is read again after the account's pause, this often at most. */
const MOST_THROTTLINGS = 3;

/** When more than three pages, and a quarter of those read, have failed, the others would as well. */
const FAILURES_ALLOWED = 3;
const SHARE_ALLOWED = 0.25;

/** A cluster that the cloud does not list is tried again after this: the permission may have been granted. */
const REFUSED_FOR_MS = 60 * 60_000;

export class ClusterBatch<A extends Asker> {
  /** Set by the plan. */
  sweeping: Sweeping = 'urgent';
  /** More objects are known to come: the operator still lists them. */
  expectsMore = false;
  /** How many pages the list has; undefined until a page has told. */
  pages: number | undefined;
  readonly #pending = new Map<string, Pending<A>>();
  /** Jobs whose Get is being called while later askers wait for a newer answer. */
  readonly #calling = new Map<string, Pending<A>>();
  readonly #unlisted = new UnlistedJobs();
  #candidates = { urgent: 0, polls: 0 };
  #swept = 0;
  #sweep: Sweep | undefined;
  /** Clock `now` when the last candidate came. */
  #joinedAt = 0;
  #refusedUntil = 0;
  #actions: BatchAction<A>[] = [];

  step(input: BatchInput<A>, now: number): readonly BatchAction<A>[] {
    switch (input.kind) {
      case 'asked':
        this.#asked(input, now);
        break;
      case 'left':
        if (!input.isCalling) this.#left(input.jobID, input.asker);
        break;
      case 'got':
        this.#got(input.jobID, input.result, now);
        break;
      case 'listed':
        this.#listed(input.pageNo, input.result, now);
        break;
      case 'woken':
        break;
    }
    this.#proceed(now);
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** Clock `now` at which to step again though nothing happens; undefined: not before an input. */
  wakeAt(now: number): number | undefined {
    const sweep = this.#sweep;
    if (sweep?.stage !== 'window' && sweep?.stage !== 'second window') return undefined;
    const isOver = now >= this.#windowEnd(sweep);
    return isOver ? now + this.#quietMs : this.#windowEnd(sweep);
  }

  isListRefused(now: number): boolean {
    return now < this.#refusedUntil;
  }

  get isIdle(): boolean {
    return this.#pending.size + this.#calling.size === 0 && !this.#sweep;
  }

  /** All that wait. */
  askers(): A[] {
    return [...this.#pending.values(), ...this.#calling.values()].flatMap(({ askers }) => askers);
  }

  #asked({ jobID, asker, priority, deadline, isCalling }: Extract<BatchInput<A>, { kind: 'asked' }>, now: number): void {
    const known = this.#pending.get(jobID);
    if (known && isCalling) this.#calling.set(jobID, known);
    if (known && !isCalling) this.#join(known, asker, priority, deadline);
    else this.#add({ jobID, priority, deadline, askers: [asker], standing: 'alone' }, isCalling, now);
  }

  #add(pending: Pending<A>, isCalling: boolean, now: number): void {
    const { jobID, priority } = pending;
    const before = this.#pending.get(jobID);
    if (before) this.#stand(before, 'alone');
    this.#pending.set(jobID, pending);
    const isUnlisted = this.#unlisted.has(jobID, now);
    if (!isUnlisted) {
      this.#stand(pending, 'candidate');
      this.#joinedAt = now;
    }
    const { stage } = this.#sweep ?? {};
    const isInTime = stage === 'window' || stage === 'first page' || stage === 'second window';
    if (!isUnlisted && isInTime && this.#mayJoin(priority)) this.#stand(pending, 'swept');
    else this.#get(pending);
    void isCalling;
  }

  /** The job gets the best priority and the earliest deadline of its askers. */
  #join(pending: Pending<A>, asker: A, priority: Priority, deadline: number): void {
    pending.askers = [...pending.askers, asker];
    const isSooner = rank(priority) < rank(pending.priority) || deadline < pending.deadline;
    if (!isSooner) return;
    const { standing } = pending;
    this.#stand(pending, 'alone');
    pending.priority = rank(priority) < rank(pending.priority) ? priority : pending.priority;
    pending.deadline = Math.min(deadline, pending.deadline);
    this.#stand(pending, standing);
    if (standing !== 'swept') {
      this.#actions.push({ kind: 'cancelGet', jobID: pending.jobID });
      this.#get(pending);
    } else if (!this.#mayJoin(pending.priority)) this.#leaveSweep(pending, 'alone');
  }

  #left(jobID: string, asker: A): void {
    const pending = this.#pending.get(jobID);
    if (!pending?.askers.includes(asker)) return;
    this.#answer(pending, [asker], { kind: 'withdrawn' });
  }

  #got(jobID: string, result: Result<Job>, now: number): void {
    const isCalled = this.#calling.get(jobID);
    const pending = isCalled ?? this.#pending.get(jobID);
    if (!pending) return;
    const isUnlisted = this.#unlisted.has(jobID, now);
    this.#answer(pending, pending.askers, answerOf(result, isUnlisted), true);
  }

  #listed(pageNo: number, result: Result<JobPage>, now: number): void {
    const sweep = this.#sweep;
    if (!sweep?.underway.delete(pageNo) || result.kind === 'withdrawn') return;
    if (result.kind === 'failed') return this.#pageFailed(sweep, pageNo, result, now);
    sweep.sentAt.set(pageNo, result.sentAt);
    const { total, jobs } = result.value;
    this.pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
    for (const [jobID, fields] of jobs) {
      this.#unlisted.delete(jobID);
      const pending = this.#pending.get(jobID);
      const askers = pending?.askers.filter(({ since }) => since <= result.sentAt) ?? [];
      if (pending && askers.length > 0)
        this.#answer(pending, askers, answerOf({ ...result, value: mapJob(fields) }, false));
    }
    if (sweep.stage !== 'first page') return;
    // The pages of a list that counts wrong are never read: they are more than wait for it.
    sweep.stage = 'second window';
    sweep.openedAt = now;
  }

  #pageFailed(sweep: Sweep, pageNo: number, refused: Refused, now: number): void {
    const times = (sweep.throttlings.get(pageNo) ?? 0) + 1;
    if (refused.failure.kind === 'Throttled' && times <= MOST_THROTTLINGS) {
      sweep.throttlings.set(pageNo, times);
      sweep.queue.push(pageNo);
    } else if (refused.isListRefused) {
      this.#refusedUntil = now + REFUSED_FOR_MS;
      this.#actions.push({ kind: 'listRefused', refused });
      this.#end();
    } else {
      sweep.failure = refused;
      sweep.failures += 1;
      const read = sweep.sentAt.size + sweep.failures;
      if (sweep.failures > Math.max(FAILURES_ALLOWED, read * SHARE_ALLOWED)) sweep.queue.length = 0;
    }
  }

  /** What follows from the state as it is now; each part runs until it changes nothing. */
  #proceed(now: number): void {
    if (!this.#sweep) this.#begin(now);
    const sweep = this.#sweep;
    if (!sweep) return;
    if (this.#swept === 0) return this.#end();
    if (sweep.stage === 'window' && this.#isWindowOver(sweep, now)) this.#read(sweep, 'first page', [1]);
    if (sweep.stage === 'second window' && this.#isWindowOver(sweep, now)) this.#readOthers(sweep);
    if (this.#sweep === sweep) this.#request(sweep);
    const isRead = sweep.stage === 'other pages' || (sweep.stage === 'first page' && sweep.failure);
    if (this.#sweep === sweep && isRead && sweep.queue.length + sweep.underway.size === 0) this.#endRound(sweep, now);
  }

  /** A sweep begins where more jobs wait than it takes calls. */
  #begin(now: number): void {
    const pages = this.pages ?? 1;
    const urgent = this.#areUrgentSwept ? this.#candidates.urgent : 0;
    const count = { none: 0, urgent, all: urgent + this.#candidates.polls }[this.sweeping];
    if (count <= pages || this.isListRefused(now)) return;
    this.#sweep = {
      stage: 'window',
      openedAt: now,
      queue: [],
      underway: new Set(),
      sentAt: new Map(),
      throttlings: new Map(),
      failures: 0,
      failure: undefined,
    };
    const joins = this.#where('candidate').filter(({ priority }) => this.#mayJoin(priority));
    for (const pending of joins) {
      this.#stand(pending, 'swept');
      this.#actions.push({ kind: 'cancelGet', jobID: pending.jobID });
    }
  }

  /**
   * A sweep goes with the best priority of its jobs. One urgent job must not wait for 100 pages, nor pull them all ahead of what other
   * clusters ask: it joins only where the urgent jobs alone would be swept.
   */
  #mayJoin(priority: Priority): boolean {
    return priority === 'urgent' ? this.#areUrgentSwept : this.sweeping === 'all';
  }

  get #areUrgentSwept(): boolean {
    return this.#candidates.urgent + this.#sweptUrgent > (this.pages ?? 1);
  }

  #sweptUrgent = 0;

  /** The rest of the pages pays only if more jobs wait than it takes calls. */
  #readOthers(sweep: Sweep): void {
    const others = (this.pages ?? 1) - 1;
    const urgent = this.#where('swept').filter(({ priority }) => priority === 'urgent');
    if (urgent.length < others) for (const pending of urgent) this.#leaveSweep(pending, 'alone');
    if (this.#swept <= others) return this.#end();
    const pageNumbers = Array.from({ length: others }, (_, index) => index + 2);
    this.#read(sweep, 'other pages', pageNumbers);
  }

  #read(sweep: Sweep, stage: Sweep['stage'], pageNumbers: readonly number[]): void {
    sweep.stage = stage;
    sweep.queue.push(...pageNumbers);
  }

  #request(sweep: Sweep): void {
    if (sweep.queue.length === 0 || sweep.underway.size >= MOST_UNDERWAY) return;
    const swept = this.#where('swept');
    const priority = PRIORITIES.find((each) => swept.some((pending) => pending.priority === each)) ?? 'retry';
    const deadline = swept.reduce((least, pending) => Math.min(least, pending.deadline), Number.POSITIVE_INFINITY);
    while (sweep.underway.size < MOST_UNDERWAY) {
      const pageNo = sweep.queue.shift();
      if (pageNo === undefined) return;
      sweep.underway.add(pageNo);
      this.#actions.push({ kind: 'list', pageNo, priority, deadline });
    }
  }

  /** Every page was read, or failed: what it did not bring is observed by Get, or shares the failure. */
  #endRound({ failure, sentAt }: Sweep, now: number): void {
    const readSince = Math.min(...sentAt.values());
    for (const pending of this.#where('swept')) {
      const isNew = pending.askers.some(({ since }) => since > readSince);
      if (failure) this.#answer(pending, pending.askers, answerOf(failure, false));
      else if (isNew) this.#leaveSweep(pending, 'candidate');
      else {
        this.#unlisted.add(pending.jobID, now);
        this.#leaveSweep(pending, 'alone');
      }
    }
    this.#end();
    this.#begin(now);
  }

  /** The jobs that still wait for the sweep have a Get each. */
  #end(): void {
    this.#sweep = undefined;
    this.#actions.push({ kind: 'cancelLists' });
    for (const pending of this.#where('swept')) this.#leaveSweep(pending, 'alone');
  }

  #leaveSweep(pending: Pending<A>, standing: Exclude<Pending<A>['standing'], 'swept'>): void {
    this.#stand(pending, standing);
    this.#get(pending);
  }

  #get({ jobID, priority, deadline }: Pending<A>): void {
    this.#actions.push({ kind: 'get', jobID, priority, deadline });
  }

  /** Answers some of a job's askers. The job is done when none is left. */
  #answer(pending: Pending<A>, askers: readonly A[], answer: Answer, isGot = false): void {
    this.#actions.push({ kind: 'answer', askers, answer });
    pending.askers = askers === pending.askers ? [] : pending.askers.filter((asker) => !askers.includes(asker));
    if (pending.askers.length > 0) return;
    const { jobID, standing } = pending;
    this.#stand(pending, 'alone');
    if (this.#calling.get(jobID) === pending) this.#calling.delete(jobID);
    else this.#pending.delete(jobID);
    if (!isGot && standing !== 'swept') this.#actions.push({ kind: 'cancelGet', jobID });
  }

  /** The only place that changes a job's standing, with the counts that follow from it. */
  #stand(pending: Pending<A>, standing: Pending<A>['standing']): void {
    this.#count(pending, -1);
    pending.standing = standing;
    this.#count(pending, 1);
  }

  #count({ priority, standing }: Pending<A>, by: 1 | -1): void {
    const isUrgent = priority === 'urgent';
    if (standing === 'candidate') this.#candidates[isUrgent ? 'urgent' : 'polls'] += by;
    if (standing !== 'swept') return;
    this.#swept += by;
    if (isUrgent) this.#sweptUrgent += by;
  }

  #where(standing: Pending<A>['standing']): Pending<A>[] {
    return Array.from(this.#pending.values()).filter((pending) => pending.standing === standing);
  }

  get #quietMs(): number {
    return Math.min(Math.max(LEAST_QUIET_MS, (this.pages ?? 1) * QUIET_MS_A_PAGE), MOST_QUIET_MS);
  }

  /** When no candidate has come for a while, or the longest window is over. */
  #windowEnd({ openedAt }: Sweep): number {
    return Math.min(this.#joinedAt + this.#quietMs, openedAt + LONGEST_WINDOW_MS);
  }

  #isWindowOver(sweep: Sweep, now: number): boolean {
    const mayWait = this.expectsMore && sweep.stage === 'window' && now < sweep.openedAt + LONGEST_LISTING_MS;
    return now >= this.#windowEnd(sweep) && !mayWait;
  }
}

function rank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

function answerOf(result: Result<Job>, isUnlisted: boolean): Answer {
  const unlisted = isUnlisted ? { unlisted: true as const } : {};
  switch (result.kind) {
    case 'answered':
      return { kind: 'observed', job: result.value, destination: result.destination, sentAt: result.sentAt, ...unlisted };
    case 'failed': {
      const { isListRefused: _, ...failed } = result;
      return { ...failed, ...unlisted };
    }
    case 'withdrawn':
      return result;
  }
}
