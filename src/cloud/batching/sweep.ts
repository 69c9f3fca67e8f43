/**
 * Goes through the pages of a cluster's list once, for all who wait: each page is a call in the account's budget like any other, with
 * the circuit and the failures of any other.
 *
 * It gathers first: who comes within moments of each other shares it. The first page tells how many there are; the others go some
 * at a time. A page that fails costs those whose jobs no other brings, and not the sweep. For who came too late for some pages there is another round of just these, if more wait than that takes calls.
 */
import type { Answer, Priority, Reference } from '../../job/model/cloud-port.ts';
import type { JobCall } from '../client/job-call.ts';
import type { JobPage } from '../client/map-response.ts';
import { Observation, type ObservationOwner, type ObservationParts } from '../requests/request.ts';
import { Gathering } from './batch-window.ts';
import { nextRound } from './next-round.ts';
import { PAGE_SIZE, PageCall } from './page-call.ts';

type Observed = Extract<Answer, { kind: 'observed' }>;
type Failed = Extract<Answer, { kind: 'failed' }>;

export interface Wish {
  readonly reference: Reference;
  readonly priority: Priority;
  readonly deadline: number;
}

/** Those for whom it is made. */
export interface SweepHost {
  /** Clock `now` when the last of them came. */
  readonly joinedAt: number;
  /** How many wait for it. */
  readonly members: number;
  /** Of a wish that stands for all of them: its job does not matter. */
  wish(): Wish | undefined;
  /** A page has come in. */
  serve(page: JobPage, answer: Observed): void;
  /** For each of those whose job may yet be listed, clock `now` when they came. */
  sinces(): readonly number[];
  /**
   * All pages have been asked for since `seen`: those who came by then are not in the list. Those who came by `until` wait for
   * another round; the others are better off without.
   */
  regroup(seen: number, until: number): void;
  /** So many calls are to be made: those who are asked for leave, for calls of their own, if they are fewer than that. */
  part(calls: number): void;
  /** No call for it was of use: each of them gets this answer. */
  failed(answer: Failed): void;
  /** The cloud does not list the cluster's jobs. */
  refused(answer: Failed): void;
  /** Called once, and last, unless it was left. */
  swept(): void;
}

export interface SweepParts extends Omit<ObservationParts, 'jobCall'> {
  readonly jobCall: Pick<JobCall, 'destinationOf' | 'ask' | 'make'>;
  /** Whether it is known that more will come, as when the operator has just started. */
  readonly expectsMore: () => boolean;
}

/** A throttled page goes again after the account's pause; this often at most. */
const MOST_THROTTLINGS = 3;

/** Enough for 100 pages a second at answers of 0.16 s; few enough that sweeps of several clusters fit through an `EndpointGuard` together. */
const MOST_UNDERWAY = 16;

/** When more than three pages, and a quarter of those asked for, have failed, the others would as well. */
const FAILURES_ALLOWED = 3;
const SHARE_ALLOWED = 0.25;

/** A list grows while it is read, but not to twice its length and this. */
const PAGES_TO_SPARE = 10;

const NOTHING_EXPECTED = () => false;

export class Sweep {
  readonly #parts: SweepParts;
  readonly #host: SweepHost;
  /** Of each page, clock `now` when it was last asked for. */
  readonly #sentAt = new Map<number, number>();
  readonly #underway = new Set<Observation>();
  readonly #throttlings = new Map<number, number>();
  #gathering: Gathering | undefined;
  #isGathering = true;
  #ended = false;
  #wish: Wish | undefined;
  /** Pages that wait to be asked for. */
  #queue: number[] = [];
  #failure: Failed | undefined;
  #failures = 0;
  /** No more pages than this are asked for. */
  #mostPages = Number.POSITIVE_INFINITY;

  constructor(parts: SweepParts, host: SweepHost) {
    this.#parts = parts;
    this.#host = host;
  }

  /** @param pages how many there were the last time, if that is known */
  begin(pages: number | undefined): void {
    this.#gather(pages ?? 1, this.#parts.expectsMore, () => this.#ask([1]));
  }

  /** Whether who comes now is in time for every page that is still to be asked for. */
  get isGathering(): boolean {
    return this.#isGathering;
  }

  /** Makes no call any more, and says no more. */
  leave(): void {
    this.#ended = true;
    this.#gathering?.cancel();
    for (const observation of this.#underway) observation.leave();
  }

  #gather(pages: number, expectsMore: () => boolean, then: () => void): void {
    this.#isGathering = true;
    this.#gathering = new Gathering(this.#parts.clock, { pages, host: this.#host, expectsMore, then });
  }

  #ask(pageNumbers: readonly number[]): void {
    this.#wish = this.#host.wish();
    // Who comes while the first page is on its way is in time for the others.
    this.#isGathering = this.#sentAt.size === 0;
    this.#queue.push(...pageNumbers);
    if (this.#wish) this.#askForSome(this.#wish);
    else this.#end();
  }

  #askForSome(wish: Wish): void {
    while (!this.#ended && this.#underway.size < MOST_UNDERWAY) {
      const pageNo = this.#queue.shift();
      if (pageNo === undefined) return;
      this.#askFor(pageNo, wish);
    }
  }

  #askFor(pageNo: number, wish: Wish): void {
    const call = new PageCall(this.#parts.jobCall, pageNo);
    const owner: ObservationOwner = {
      reference: wish.reference,
      calling: () => undefined,
      ended: (answer) => {
        this.#underway.delete(observation);
        this.#answered(pageNo, call, answer);
      },
    };
    const observation = new Observation({ ...this.#parts, jobCall: call }, wish, owner);
    this.#underway.add(observation);
    observation.begin();
  }

  #answered(pageNo: number, call: PageCall, answer: Answer): void {
    if (this.#ended || answer.kind === 'withdrawn') return;
    if (answer.kind === 'failed') this.#failed(pageNo, call, answer);
    else if (call.page) this.#arrived(pageNo, call.page, answer);
  }

  #arrived(pageNo: number, page: JobPage, answer: Observed): void {
    this.#sentAt.set(pageNo, answer.sentAt);
    const pages = Math.max(1, Math.ceil(page.total / PAGE_SIZE));
    this.#host.serve(page, answer);
    if (this.#sentAt.size === 1) this.#mostPages = Math.min(this.#mostPages, 2 * pages + PAGES_TO_SPARE);
    if (this.#host.members === 0) this.#end();
    else if (this.#sentAt.size === 1 && pages > 1) this.#continue(pages);
    else this.#proceed(pages);
  }

  #proceed(pages: number): void {
    if (this.#wish) this.#askForSome(this.#wish);
    if (this.#ended || this.#underway.size > 0) return;
    if (this.#failure) this.#endFailed(this.#failure);
    else this.#roundEnded(pages);
  }

  /** The rest pays only if more wait than it takes calls. */
  #continue(pages: number): void {
    this.#gather(pages, NOTHING_EXPECTED, () => {
      this.#host.part(pages - 1);
      if (this.#host.members < pages) this.#end();
      else this.#ask(Array.from({ length: pages - 1 }, (_, index) => index + 2));
    });
  }

  /** @param pages how many there are by now: there may be more, or fewer, than at the beginning */
  #roundEnded(pages: number): void {
    if (pages > this.#mostPages || pages - this.#sentAt.size > this.#host.members) {
      this.#end();
      return;
    }
    const unseen = Array.from({ length: pages }, (_, index) => index + 1).filter(
      (pageNo) => !this.#sentAt.has(pageNo),
    );
    if (unseen.length > 0) this.#ask(unseen);
    else this.#regroup(pages);
  }

  #regroup(pages: number): void {
    for (const pageNo of this.#sentAt.keys()) if (pageNo > pages) this.#sentAt.delete(pageNo);
    const round = nextRound(this.#sentAt, this.#host.sinces());
    this.#host.regroup(Math.min(...this.#sentAt.values()), round.until);
    this.#host.part(round.pages.length);
    if (this.#host.members < round.pages.length || round.pages.length === 0) this.#end();
    else this.#ask(round.pages);
  }

  #failed(pageNo: number, call: PageCall, answer: Failed): void {
    const times = (this.#throttlings.get(pageNo) ?? 0) + 1;
    if (answer.failure.kind === 'Throttled' && times <= MOST_THROTTLINGS) {
      this.#throttlings.set(pageNo, times);
      this.#ask([pageNo]);
      return;
    }
    if (call.isRefused) {
      this.leave();
      this.#host.refused(answer);
      this.#host.swept();
      return;
    }
    this.#failure = answer;
    this.#failures += 1;
    const asked = this.#sentAt.size + this.#failures;
    if (this.#failures > Math.max(FAILURES_ALLOWED, asked * SHARE_ALLOWED)) this.#queue = [];
    this.#proceed(0);
  }

  /** The pages that did come have been served. */
  #endFailed(failure: Failed): void {
    this.leave();
    this.#host.failed(failure);
    this.#host.swept();
  }

  #end(): void {
    this.leave();
    this.#host.swept();
  }
}
