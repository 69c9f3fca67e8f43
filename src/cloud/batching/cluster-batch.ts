/**
 * State machine that observes the jobs of one cluster for one credential with few calls. An input changes the
 * state and returns the actions to carry out. It makes no call, sets no timer and reads no clock: `now` comes
 * with the input.
 *
 * Askers of the same job share one call, also those of several namespaces. If more jobs wait than the
 * cluster's list has pages, one sweep of the list replaces their Gets. Each page serves the askers that came
 * before its call was sent. A job that the sweep did not bring is observed by Get, as are all jobs of a list
 * that the cloud refuses: neither a list without the job nor a refused list means "not found".
 */
import { ExpiringMap } from '../../base/expiring-map.ts';
import type { Answer, Priority, Sweeping } from '../../job/model/cloud-port.ts';
import { canonicalID } from '../../job/model/reference.ts';
import { PAGE_SIZE } from '../client/live-client.ts';
import { type Job, type JobPage, mapJob } from '../client/map-response.ts';
import type { FailedResult, Result } from '../requests/request.ts';
import { type Asker, PendingJob, rank, type Standing } from './pending-job.ts';
import { type PageTerms, Sweep } from './sweep.ts';

export type BatchInput<A extends Asker<A>> =
  | {
      readonly kind: 'asked';
      readonly jobID: string;
      readonly asker: A;
      readonly priority: Priority;
      /** Clock `now`, as in `Question`. */
      readonly deadline: number;
    }
  | { readonly kind: 'left'; readonly asker: A }
  | {
      readonly kind: 'got';
      readonly job: PendingJob<A>;
      /** The namespace of the Get that has this result. */
      readonly namespace: string;
      readonly result: Result<Job>;
    }
  /** The call of a Get, or of the page with this number, brought no result, and its request waits again. */
  | { readonly kind: 'restarted'; readonly call: PendingJob<A> | number }
  | { readonly kind: 'listed'; readonly pageNo: number; readonly result: Result<JobPage> }
  /** Time has passed, or the plan has changed. */
  | { readonly kind: 'woken' };

export type BatchAction<A extends Asker<A>> =
  /** The job needs a Get for each namespace that asks, and none for others. */
  | { readonly kind: 'get'; readonly job: PendingJob<A> }
  /** The job's Gets are not wanted any more, if it has any. */
  | { readonly kind: 'cancelGet'; readonly job: PendingJob<A> }
  /** A page for one of the namespaces that wait for it. One call serves all of them. */
  | ({ readonly kind: 'list'; readonly pageNo: number } & PageTerms<A>)
  | { readonly kind: 'cancelLists' }
  /** All of them receive the same answer, one object. */
  | { readonly kind: 'answer'; readonly askers: readonly A[]; readonly answer: Answer }
  | { readonly kind: 'listed' }
  /** The cloud does not list this cluster. */
  | { readonly kind: 'listRefused'; readonly refused: FailedResult };

/** How long a refused list is not read again. An hour: the permission may be granted meanwhile. */
const REFUSED_FOR_MS = 60 * 60_000;

/**
 * How long a job joins no sweep after two in a row missed it. The list lacks jobs that may exist, such as
 * those not modified for 180 days. One miss may be chance: the job moved to another page while the list was
 * read.
 */
const UNLISTED_FOR_MS = 60 * 60_000;
const CERTAIN_MISSES = 2;

/**
 * How long a Get is held back where the plan sweeps: the jobs of a cluster come due together, and the first
 * of them would be called before there are enough for a sweep. 50 ms: the controller starts 256 visits in
 * 5 ms.
 */
const HELD_MS = 50;

export class ClusterBatch<A extends Asker<A>> {
  /** Which jobs may share a sweep, by the plan. */
  sweeping: Sweeping = 'none';
  /** The operator still lists its objects, so that more jobs are known to come. */
  expectsMore = false;
  /** Number of jobs in the list. Undefined until the first page arrives. */
  listedJobs: number | undefined;
  /** Clock `now` of the last input. */
  #now = 0;
  /** The jobs by their canonical ID. The Gets use the ID as an object writes it. */
  readonly #jobs = new Map<string, PendingJob<A>>();
  /**
   * Jobs whose Get is under way while later askers wait for another one: the later ones have the entry in
   * `#jobs`.
   */
  readonly #calling = new Set<PendingJob<A>>();
  /** Number of sweeps in a row that missed a job. */
  readonly #misses = new ExpiringMap<string, number>({
    clock: { now: () => this.#now },
    lifetimeMs: UNLISTED_FOR_MS,
  });
  /** Number of jobs of each standing, urgent ones and others. Only `#stand` changes it. */
  readonly #counts = { candidate: { urgent: 0, other: 0 }, swept: { urgent: 0, other: 0 } };
  /** The candidates whose Get is held back. */
  readonly #held = new Set<PendingJob<A>>();
  /** Clock `now` at which their Gets go out. */
  #heldUntil = 0;
  #sweep: Sweep<A> | undefined;
  /** Clock `now` when the last candidate came. */
  #joinedAt = 0;
  #refusedUntil = 0;
  #actions: BatchAction<A>[] = [];

  step(input: BatchInput<A>, now: number): readonly BatchAction<A>[] {
    this.#now = now;
    switch (input.kind) {
      case 'asked':
        this.#asked(input);
        break;
      case 'left':
        this.#left(input.asker);
        break;
      case 'got':
        this.#got(input);
        break;
      case 'restarted':
        if (typeof input.call === 'number') this.#list([input.call], this.#sweep?.terms);
        else this.#restarted(input.call);
        break;
      case 'listed':
        if (input.result.kind === 'answered') this.#arrived(input.pageNo, input.result);
        else if (input.result.kind === 'failed') this.#pageFailed(input.pageNo, input.result);
        else this.#pageWithdrawn();
        break;
      case 'woken':
        break;
    }
    this.#proceed();
    const actions = this.#actions;
    // A cluster may have no other step for a day, and the actions hold the askers that they answer.
    this.#actions = [];
    return actions;
  }

  /** Number of pages of the list. Undefined until the first page arrives. */
  get pages(): number | undefined {
    return this.listedJobs === undefined ? undefined : Math.max(1, Math.ceil(this.listedJobs / PAGE_SIZE));
  }

  /** Clock `now` of the next step if no input comes before. */
  get wakeAt(): number | undefined {
    const windowEnd = this.#windowEnd;
    if (this.#held.size === 0) return windowEnd;
    return Math.min(this.#heldUntil, windowEnd ?? this.#heldUntil);
  }

  get #windowEnd(): number | undefined {
    return this.#sweep?.windowEnd(this.#joinedAt, this.expectsMore, this.#now);
  }

  isListRefused(now: number): boolean {
    return now < this.#refusedUntil;
  }

  get isIdle(): boolean {
    return this.#jobs.size + this.#calling.size === 0 && !this.#sweep;
  }

  get askers(): A[] {
    return [...this.#jobs.values(), ...this.#calling].flatMap(({ askers }) => askers);
  }

  #asked({ jobID, asker, priority, deadline }: Extract<BatchInput<A>, { kind: 'asked' }>): void {
    const id = canonicalID(jobID);
    const known = this.#jobs.get(id);
    if (known && !known.isCalling) {
      this.#join(known, asker, priority, deadline);
      return;
    }
    if (known) this.#calling.add(this.#stand(known, 'alone'));
    const job = new PendingJob(jobID, asker, priority, deadline);
    this.#jobs.set(id, job);
    asker.job = job;
    if (!this.#isUnlisted(id)) {
      this.#stand(job, 'candidate');
      this.#joinedAt = this.#now;
      if (this.#sweep?.isOpen && this.#mayJoin(priority)) {
        this.#stand(job, 'swept');
        this.#requestPagesFor(asker, priority, deadline);
        return;
      }
      if (this.sweeping === 'all' && priority !== 'urgent' && !this.isListRefused(this.#now)) {
        this.#hold(job);
        return;
      }
    }
    this.#actions.push({ kind: 'get', job });
  }

  #hold(job: PendingJob<A>): void {
    if (this.#held.size === 0) this.#heldUntil = this.#now + HELD_MS;
    this.#held.add(job);
  }

  #join(job: PendingJob<A>, asker: A, priority: Priority, deadline: number): void {
    const isNamespaceNew = job.add(asker);
    asker.job = job;
    const { standing } = job;
    // The counts are by priority: take the job out of them while its priority changes.
    this.#stand(job, 'alone');
    const isHastened = job.hasten(priority, deadline);
    this.#stand(job, standing);
    if (standing === 'swept') {
      if (!this.#mayJoin(job.priority)) this.#leaveSweep(job, 'alone');
      else if (isNamespaceNew) this.#requestPagesFor(asker, priority, deadline);
    } else if (this.#held.has(job)) {
      if (priority === 'urgent') this.#release([job]);
    } else if (isHastened) this.#actions.push({ kind: 'cancelGet', job }, { kind: 'get', job });
    else if (isNamespaceNew) this.#actions.push({ kind: 'get', job });
  }

  /** Requests the pages that are waited for in the name of a namespace that comes after they were. */
  #requestPagesFor(asker: A, priority: Priority, deadline: number): void {
    const sweep = this.#sweep;
    if (!sweep || sweep.terms.length === 0) return;
    if (sweep.terms.some((each) => each.asker.namespace === asker.namespace)) return;
    const terms = { priority, deadline, asker };
    sweep.terms = [...sweep.terms, terms];
    this.#list(sweep.underway, [terms]);
  }

  #list(pageNumbers: Iterable<number>, terms: readonly PageTerms<A>[] = []): void {
    for (const pageNo of pageNumbers)
      for (const each of terms) this.#actions.push({ kind: 'list', pageNo, ...each });
  }

  #left(asker: A): void {
    const { job } = asker;
    if (job && !job.isCalling) this.#answer(job, [asker], { kind: 'withdrawn' });
  }

  /** A call serves all namespaces. A refusal without a call is for one: each has a Get of its own. */
  #got({ job, namespace, result }: Extract<BatchInput<A>, { kind: 'got' }>): void {
    const askers = isRefusal(result) ? job.askers.filter((each) => each.namespace === namespace) : job.askers;
    // A page may have brought the job meanwhile.
    if (askers.length === 0) return;
    this.#answer(job, askers, answerOf(result, this.#isUnlisted(canonicalID(job.jobID))));
  }

  /** What could not be done during the call: askers leave, and other namespaces get Gets of their own. */
  #restarted(job: PendingJob<A>): void {
    if (job.isCalling) return;
    const left = job.askers.filter(({ hasLeft }) => hasLeft);
    if (left.length > 0) this.#answer(job, left, { kind: 'withdrawn' });
    const needsGet = job.namespaces > 0 && job.standing !== 'swept';
    this.#actions.push({ kind: needsGet ? 'get' : 'cancelGet', job });
  }

  #arrived(pageNo: number, result: Extract<Result<JobPage>, { kind: 'answered' }>): void {
    const { total, jobs } = result.value;
    this.listedJobs = total;
    this.#sweep?.arrived(pageNo, this.pages ?? 1, result.sentAt, this.#now);
    this.#actions.push({ kind: 'listed' });
    for (const [jobID, fields] of jobs) {
      const id = canonicalID(jobID);
      this.#misses.delete(id);
      const job = this.#jobs.get(id);
      if (!job) continue;
      const askers = job.askers.filter(({ since }) => since <= result.sentAt);
      if (askers.length > 0) this.#answer(job, askers, answerOf({ ...result, value: mapJob(fields) }, false));
    }
  }

  #pageFailed(pageNo: number, refused: FailedResult): void {
    this.#sweep?.failed(pageNo, refused);
    if (!refused.isOnlyListing) return;
    this.#refusedUntil = this.#now + REFUSED_FOR_MS;
    this.#actions.push({ kind: 'listRefused', refused });
    this.#end();
  }

  /** No call may be made now: the jobs of the sweep need not wait for its pages. */
  #pageWithdrawn(): void {
    for (const job of this.#where('swept')) this.#answer(job, job.askers, { kind: 'withdrawn' });
  }

  #proceed(): void {
    if (this.#sweep && this.#swept === 0) this.#end();
    if (!this.#sweep) this.#begin();
    if (this.#now >= this.#heldUntil) this.#release(this.#held);
    const sweep = this.#sweep;
    if (!sweep) return;
    const end = this.#windowEnd;
    if (end !== undefined && this.#now >= end) this.#closeWindow(sweep);
    if (sweep === this.#sweep) this.#list(sweep.next(), sweep.terms);
    if (sweep === this.#sweep && sweep.isRead) this.#endRead(sweep);
  }

  /** Lets Gets go that were held back. */
  #release(jobs: Iterable<PendingJob<A>>): void {
    for (const job of jobs) {
      this.#held.delete(job);
      this.#actions.push({ kind: 'get', job });
    }
  }

  /** Begins a sweep if more jobs wait than it takes calls. */
  #begin(): void {
    const { urgent, other } = this.#counts.candidate;
    const swept = this.#areUrgentSwept ? urgent : 0;
    const count = { none: 0, urgent: swept, all: swept + other }[this.sweeping];
    if (count <= (this.pages ?? 1) || this.isListRefused(this.#now)) return;
    this.#sweep = new Sweep(this.pages ?? 1, this.#now);
    for (const job of this.#where('candidate')) {
      if (!this.#mayJoin(job.priority)) continue;
      this.#stand(job, 'swept');
      if (!this.#held.delete(job)) this.#actions.push({ kind: 'cancelGet', job });
    }
  }

  /**
   * Whether a job of this priority may join a sweep. A sweep has the best priority of its jobs, and one
   * urgent job must neither wait for 100 pages nor pull them all ahead of the requests of other clusters. So
   * urgent jobs join only if there are enough of them to be swept without others.
   */
  #mayJoin(priority: Priority): boolean {
    return priority !== 'urgent' || this.#areUrgentSwept;
  }

  get #areUrgentSwept(): boolean {
    return this.#counts.candidate.urgent + this.#counts.swept.urgent > (this.pages ?? 1);
  }

  get #swept(): number {
    return this.#counts.swept.urgent + this.#counts.swept.other;
  }

  /** Ends a batch window. The other pages pay only if more jobs wait for them than they take calls. */
  #closeWindow(sweep: Sweep<A>): void {
    if (sweep.stage === 'first window') {
      sweep.read('first page', [1], this.#terms());
      return;
    }
    const others = (this.pages ?? 1) - 1;
    if (this.#counts.swept.urgent < others)
      for (const job of this.#where('swept')) if (job.priority === 'urgent') this.#leaveSweep(job, 'alone');
    if (this.#swept <= others) this.#end();
    else
      sweep.read(
        'other pages',
        Array.from({ length: others }, (_, index) => index + 2),
        this.#terms(),
      );
  }

  /** The terms of each namespace whose jobs wait for the sweep, of which there is at least one. */
  #terms(): PageTerms<A>[] {
    const terms = new Map<string, PageTerms<A>>();
    for (const { firsts, priority, deadline } of this.#where('swept'))
      for (const asker of firsts) {
        const known = terms.get(asker.namespace);
        const best = known && rank(known.priority) <= rank(priority) ? known : { priority, asker };
        const earliest = Math.min(deadline, known?.deadline ?? deadline);
        terms.set(asker.namespace, { priority: best.priority, asker: best.asker, deadline: earliest });
      }
    return [...terms.values()];
  }

  /**
   * Ends a sweep whose pages are all read. A job that none brought is observed by Get, or shares the failure
   * of a page. A job with an asker that came after the first page was sent may join the next sweep.
   */
  #endRead({ failure, since }: Sweep<A>): void {
    for (const job of this.#where('swept'))
      if (failure) this.#pageFailedFor(job, failure);
      else if (job.askers.some((asker) => asker.since > since)) this.#leaveSweep(job, 'candidate');
      else {
        const id = canonicalID(job.jobID);
        this.#misses.set(id, (this.#misses.get(id) ?? 0) + 1);
        this.#leaveSweep(job, 'alone');
      }
    this.#end();
    this.#begin();
  }

  /** A refusal without a call is not for those that came after it: their job may join the next sweep. */
  #pageFailedFor(job: PendingJob<A>, failure: FailedResult): void {
    const askers = job.askers.filter(({ since }) => !isRefusal(failure) || since <= failure.sentAt);
    if (askers.length > 0) this.#answer(job, askers, answerOf(failure, false));
    if (job.namespaces > 0) this.#leaveSweep(job, 'candidate');
  }

  /** Ends the sweep. Each job that still waits for it is observed by Get. */
  #end(): void {
    this.#sweep = undefined;
    this.#actions.push({ kind: 'cancelLists' });
    for (const job of this.#where('swept')) this.#leaveSweep(job, 'alone');
  }

  #leaveSweep(job: PendingJob<A>, standing: 'candidate' | 'alone'): void {
    this.#stand(job, standing);
    this.#actions.push({ kind: 'get', job });
  }

  /**
   * Answers askers of a job. The job is done when none is left; a namespace of which none is left needs no
   * Get.
   */
  #answer(job: PendingJob<A>, askers: readonly A[], answer: Answer): void {
    this.#actions.push({ kind: 'answer', askers, answer });
    for (const asker of askers) asker.job = undefined;
    const { namespaces } = job;
    job.remove(askers);
    if (job.namespaces > 0) {
      const hasGets = job.standing !== 'swept' && !this.#held.has(job);
      if (job.namespaces < namespaces && hasGets) this.#actions.push({ kind: 'get', job });
      return;
    }
    this.#stand(job, 'alone');
    this.#held.delete(job);
    if (!this.#calling.delete(job)) this.#jobs.delete(canonicalID(job.jobID));
    this.#actions.push({ kind: 'cancelGet', job });
  }

  #stand(job: PendingJob<A>, standing: Standing): PendingJob<A> {
    const which = job.priority === 'urgent' ? 'urgent' : 'other';
    if (job.standing !== 'alone') this.#counts[job.standing][which] -= 1;
    job.standing = standing;
    if (standing !== 'alone') this.#counts[standing][which] += 1;
    return job;
  }

  #isUnlisted(jobID: string): boolean {
    return (this.#misses.get(jobID) ?? 0) >= CERTAIN_MISSES;
  }

  #where(standing: Standing): PendingJob<A>[] {
    return Array.from(this.#jobs.values()).filter((job) => job.standing === standing);
  }
}

function isRefusal(result: Result<unknown>): boolean {
  return result.kind === 'failed' && result.notCalled === true;
}

function answerOf(result: Result<Job>, isUnlisted: boolean): Answer {
  if (result.kind === 'withdrawn') return result;
  const unlisted = isUnlisted ? { unlisted: true as const } : {};
  if (result.kind === 'failed') return { ...result, ...unlisted };
  const { value: job, destination, sentAt } = result;
  return { kind: 'observed', job, destination, sentAt, ...unlisted };
}
