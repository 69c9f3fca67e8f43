/**
 * Carries out the actions of one cluster's batch: submits and withdraws its requests, wakes it, and answers
 * its questions.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import type { OnceLogger } from '../../base/once-logger.ts';
import type { Answer, ClusterReference, Question, Sweeping } from '../../job/model/cloud-port.ts';
import { clusterKey, identityOf } from '../../job/model/reference.ts';
import { LIST_ACTION, listJobs, type Operation } from '../client/live-client.ts';
import type { Job, JobPage } from '../client/map-response.ts';
import { type FailedResult, Request, type Result, WITHDRAWN } from '../requests/request.ts';
import type { Requests } from '../requests/requests.ts';
import { answer } from './answer.ts';
import { type BatchAction, type BatchInput, ClusterBatch } from './cluster-batch.ts';
import { type Asker, PendingJob } from './pending-job.ts';
import { SharedCall } from './shared-call.ts';

export interface ClusterDriverParts {
  readonly requests: Pick<Requests, 'submit' | 'withdraw'>;
  /** Whether more objects are known to come, as when the operator has just started. */
  readonly expectsMore: () => boolean;
  /** Logs a refusal to list once. */
  readonly refusals: OnceLogger;
  readonly clock: Clock;
}

/** One question that waits for its answer. An object without closures, because 100,000 may wait. */
class WaitingQuestion implements Asker<WaitingQuestion> {
  readonly question: Question;
  readonly since: number;
  job: PendingJob<WaitingQuestion> | undefined;
  readonly #driver: ClusterDriver;

  constructor(driver: ClusterDriver, question: Question, since: number) {
    this.#driver = driver;
    this.question = question;
    this.since = since;
    question.signal.addEventListener('abort', this, { once: true });
  }

  handleEvent(): void {
    this.#driver.leave(this);
  }

  get hasLeft(): boolean {
    return this.question.signal.aborted;
  }

  /**
   * Its calls are made in the name of its namespace. Namespaces that share the operator's own credentials
   * take turns in the backlog and have separate endpoint guards.
   */
  get namespace(): string {
    return this.question.reference.credential.namespace;
  }
}

/** A page of the list. */
class PendingPage extends SharedCall<JobPage> {
  readonly pageNo: number;

  constructor(pageNo: number) {
    super();
    this.pageNo = pageNo;
  }

  get operation(): Operation<JobPage> {
    return listJobs(this.pageNo);
  }
}

export class ClusterDriver {
  readonly about: ClusterReference;
  readonly batch = new ClusterBatch<WaitingQuestion>();
  readonly #parts: ClusterDriverParts;
  /** The pages of the sweep that wait or are in flight, by number. */
  readonly #pages = new Map<number, PendingPage>();
  #timer: Timer | undefined;
  #timerAt = 0;

  constructor(parts: ClusterDriverParts, about: ClusterReference, sweeping: Sweeping) {
    this.#parts = parts;
    this.about = about;
    this.batch.sweeping = sweeping;
  }

  /** An abort of the question's signal withdraws it unless its call is under way. */
  ask(question: Question): void {
    const { reference, priority, deadline } = question;
    const asker = new WaitingQuestion(this, question, this.#parts.clock.now());
    this.#step({ kind: 'asked', jobID: reference.jobID, asker, priority, deadline });
  }

  leave(asker: WaitingQuestion): void {
    this.#step({ kind: 'left', asker });
  }

  sweep(sweeping: Sweeping): void {
    if (sweeping === this.batch.sweeping) return;
    this.batch.sweeping = sweeping;
    this.#step({ kind: 'woken' });
  }

  /** Takes the result of a request, unless the request was replaced. Without one, it starts again. */
  finished(request: Request<unknown>): void {
    const { subject, namespace, result, isCalling } = request;
    if (!result) this.#restarted(request);
    if (!(subject instanceof SharedCall) || !result || !subject.removeRequest(request)) return;
    // This one was not called, and the answer of another namespace's request is to come.
    const isAnotherLeft = !isCalling && subject.requests.length > 0;
    if (isAnotherLeft && (subject instanceof PendingPage || result.kind === 'withdrawn')) return;
    if (subject instanceof PendingPage) {
      this.#cancelPage(subject);
      this.#step({ kind: 'listed', pageNo: subject.pageNo, result: result as Result<JobPage> });
    } else if (subject instanceof PendingJob)
      this.#step({ kind: 'got', job: subject, namespace, result: result as Result<Job> });
  }

  #restarted(request: Request<unknown>): void {
    const { subject } = request;
    if (subject instanceof PendingJob) this.#step({ kind: 'restarted', call: subject });
    if (!(subject instanceof PendingPage) || subject.isCalling) return;
    // The sweep may have ended during the call.
    const isWanted = subject.requests.some((each) => each === request);
    if (isWanted) this.#step({ kind: 'restarted', call: subject.pageNo });
    else this.#parts.requests.withdraw(request);
  }

  close(): void {
    this.#timer?.cancel();
    this.#answer(this.batch.askers, WITHDRAWN);
  }

  #step(input: BatchInput<WaitingQuestion>): void {
    const { clock, expectsMore } = this.#parts;
    this.batch.expectsMore = expectsMore();
    for (const action of this.batch.step(input, clock.now())) this.#carryOut(action);
    this.#wakeAt(this.batch.wakeAt);
  }

  /**
   * Keeps a timer that rings early: each of 2,500 questions makes the batch window longer, and to set a timer
   * takes longer than a step.
   */
  #wakeAt(at: number | undefined): void {
    if (at !== undefined && this.#timer && at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const { clock } = this.#parts;
    this.#timerAt = at;
    this.#timer = clock.after(at - clock.now(), () => {
      this.#timer = undefined;
      this.#step({ kind: 'woken' });
    });
  }

  #carryOut(action: BatchAction<WaitingQuestion>): void {
    const { refusals } = this.#parts;
    switch (action.kind) {
      case 'get':
        this.#get(action.job);
        break;
      case 'cancelGet':
        this.#cancelGet(action.job);
        break;
      case 'list':
        this.#list(action);
        break;
      case 'cancelLists':
        for (const page of this.#pages.values()) this.#cancelPage(page);
        break;
      case 'answer':
        this.#answer(action.askers, action.answer);
        break;
      case 'listed':
        refusals.recovered(identityOf(this.about.credential));
        refusals.recovered(clusterKey(this.about));
        break;
      case 'listRefused':
        this.#logRefusal(action.refused);
        break;
    }
  }

  /** Lets one Get wait for each namespace that asks for the job, unless a call in flight serves all. */
  #get(job: PendingJob<WaitingQuestion>): void {
    if (job.isCalling) return;
    const missing = new Map(job.firsts.map((asker) => [asker.namespace, asker]));
    for (const get of job.requests) if (!missing.delete(get.namespace)) this.#withdraw(job, get);
    for (const { question } of missing.values()) this.#submit(job, new Request(job, question.reference, job));
  }

  /** Withdraws the Gets of a job, except one whose call is under way. */
  #cancelGet(job: PendingJob<WaitingQuestion>): void {
    for (const get of job.requests) if (!get.isCalling) this.#withdraw(job, get);
  }

  #list({ pageNo, asker, ...terms }: Extract<BatchAction<WaitingQuestion>, { kind: 'list' }>): void {
    const page = this.#pages.get(pageNo) ?? new PendingPage(pageNo);
    this.#pages.set(pageNo, page);
    if (page.requests.some(({ namespace }) => namespace === asker.namespace)) return;
    this.#submit(page, new Request(page, asker.question.reference, terms));
  }

  /** Forgets a page, and withdraws its requests that wait. */
  #cancelPage(page: PendingPage): void {
    this.#pages.delete(page.pageNo);
    for (const list of page.requests) this.#withdraw(page, list);
  }

  #answer(askers: readonly WaitingQuestion[], given: Answer): void {
    for (const asker of askers) asker.question.signal.removeEventListener('abort', asker);
    answer(
      askers.map(({ question }) => question),
      given,
    );
  }

  #submit<T>(call: SharedCall<T>, request: Request<T>): void {
    call.addRequest(request);
    this.#parts.requests.submit(request);
  }

  #withdraw<T>(call: SharedCall<T>, request: Request<T>): void {
    call.removeRequest(request);
    this.#parts.requests.withdraw(request);
  }

  /**
   * Logs a refusal. A missing permission concerns all clusters of a credential: it is logged once. Any other
   * names the namespace, even with the operator's own credentials: made-up clusters of a namespace must not
   * use up the lines about these credentials.
   */
  #logRefusal({ failure: { kind, message } }: FailedResult): void {
    const { clusterID, credential } = this.about;
    const identity = identityOf(credential);
    const isDenied = kind === 'PermissionDenied';
    this.#parts.refusals.failed(
      isDenied ? identity : clusterKey(this.about),
      'jobs cannot be listed: each job is observed by its own call',
      isDenied
        ? { identity, permission: `live:${LIST_ACTION}`, message }
        : { identity, namespace: credential.namespace, clusterID, kind, message },
    );
  }
}
