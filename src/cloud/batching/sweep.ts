/**
 * One pass over the pages of a cluster's list. Pure. A sweep waits for a batch window and reads the first
 * page, which gives the number of pages. After a second window it reads the other pages, at most 16 at a
 * time.
 */
import type { Priority } from '../../job/model/cloud-port.ts';
import type { FailedResult } from '../requests/request.ts';

export type Stage = 'first window' | 'first page' | 'second window' | 'other pages';

/**
 * A page costs a permit, 10 ms at 100 calls/s. Waiting 10 ms per page costs no more than the one page it may
 * save.
 */
const QUIET_MS_A_PAGE = 10;
const LEAST_QUIET_MS = 50;
const MOST_QUIET_MS = 1_000;

/**
 * Longest batch window. 2 s; 10 s for the first window while the operator lists its objects, because more
 * jobs are known to come.
 */
const LONGEST_WINDOW_MS = 2_000;
const LONGEST_LISTING_MS = 10_000;

/**
 * Pages in flight: at 100 pages/s that allows 0.16 s per answer, and sweeps of several clusters fit through
 * one endpoint guard.
 */
const MOST_UNDERWAY = 16;

/** How often a throttled page is read again, each time after the pause of the account. */
const MOST_THROTTLINGS = 3;

/** Failures after which no further page is read: more than three, and a quarter of those read. */
const FAILURES_ALLOWED = 3;
const SHARE_ALLOWED = 0.25;

/**
 * Priority, deadline and namespace of page requests, for each namespace that waits for the pages: none waits
 * in the queue of another. Computed once per stage: going over 100,000 jobs for every page takes seconds.
 */
export interface PageTerms<A> {
  /** The best priority of the namespace's jobs that wait for the pages. */
  readonly priority: Priority;
  /** The earliest deadline among them. */
  readonly deadline: number;
  /** The page is requested in the name of this asker of a job with that priority. */
  readonly asker: A;
}

export class Sweep<A> {
  stage: Stage = 'first window';
  /** The failure of a page. Jobs that no other page brings share it. */
  failure: FailedResult | undefined;
  /** One for each namespace that waits for the pages. Empty before the first page is read. */
  terms: readonly PageTerms<A>[] = [];
  /** Clock `now` of the first call. A job that came by then and that no page brought is not in the list. */
  since = Number.POSITIVE_INFINITY;
  #quietMs: number;
  #openedAt: number;
  #queue: number[] = [];
  readonly #underway = new Set<number>();
  readonly #throttlings = new Map<number, number>();
  #arrivals = 0;
  #failures = 0;

  /** @param pages of the list, as far as is known */
  constructor(pages: number, now: number) {
    this.#quietMs = quietMsOf(pages);
    this.#openedAt = now;
  }

  /** Whether a job that comes now is in time for the pages that are not read yet. */
  get isOpen(): boolean {
    return this.stage !== 'other pages';
  }

  /**
   * Clock `now` at which the window ends: when no job has come for a while, or after the longest window.
   * Undefined outside a window.
   *
   * @param joinedAt clock `now` when the last job came
   * @param expectsMore more jobs are known to come
   */
  windowEnd(joinedAt: number, expectsMore: boolean, now: number): number | undefined {
    if (this.stage !== 'first window' && this.stage !== 'second window') return undefined;
    const end = Math.min(joinedAt + this.#quietMs, this.#openedAt + LONGEST_WINDOW_MS);
    const mayExpect =
      expectsMore && this.stage === 'first window' && now < this.#openedAt + LONGEST_LISTING_MS;
    return mayExpect && end <= now ? now + this.#quietMs : end;
  }

  /** The pages that wait for a permit or are in flight. */
  get underway(): ReadonlySet<number> {
    return this.#underway;
  }

  /** Queues pages to be read. */
  read(
    stage: 'first page' | 'other pages',
    pageNumbers: readonly number[],
    terms: readonly PageTerms<A>[],
  ): void {
    this.stage = stage;
    this.terms = terms;
    this.#queue.push(...pageNumbers);
  }

  /** The pages to read now. */
  next(): number[] {
    const pages = this.#queue.splice(0, MOST_UNDERWAY - this.#underway.size);
    for (const pageNo of pages) this.#underway.add(pageNo);
    return pages;
  }

  /** @param pages of the list, as this page says */
  arrived(pageNo: number, pages: number, sentAt: number, now: number): void {
    this.#underway.delete(pageNo);
    this.#arrivals += 1;
    this.since = Math.min(this.since, sentAt);
    if (this.stage !== 'first page') return;
    this.stage = 'second window';
    this.#quietMs = quietMsOf(pages);
    this.#openedAt = now;
  }

  failed(pageNo: number, refused: FailedResult): void {
    this.#underway.delete(pageNo);
    const times = (this.#throttlings.get(pageNo) ?? 0) + 1;
    this.#throttlings.set(pageNo, times);
    if (refused.failure.kind === 'Throttled' && times <= MOST_THROTTLINGS) {
      this.#queue.push(pageNo);
      return;
    }
    this.failure = refused;
    this.#failures += 1;
    const read = this.#arrivals + this.#failures;
    if (this.#failures > Math.max(FAILURES_ALLOWED, read * SHARE_ALLOWED)) this.#queue = [];
  }

  /** Whether every page of the sweep has arrived or failed. */
  get isRead(): boolean {
    if (this.#queue.length + this.#underway.size > 0) return false;
    return this.stage === 'other pages' || (this.stage === 'first page' && this.failure !== undefined);
  }
}

/** How long no job may have come before a window ends. */
function quietMsOf(pages: number): number {
  return Math.min(Math.max(LEAST_QUIET_MS, pages * QUIET_MS_A_PAGE), MOST_QUIET_MS);
}
