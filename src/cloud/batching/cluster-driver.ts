/**
 * Carries out the actions of one cluster's batch: submits and withdraws its requests, wakes it, and answers
 * its questions.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import type { OnceLogger } from '../../base/once-logger.ts';
import type {
  Answer,
  ClusterReference,
  CredentialReference,
  ObserveOptions,
  Reference,
  Sweeping,
} from '../../job/model/cloud-port.ts';
import { clusterKey, identityOf } from '../../job/model/reference.ts';
import { getJob, LIST_ACTION, listJobs } from '../client/live-client.ts';
import type { Job, JobPage } from '../client/map-response.ts';
import { type Refused, Request } from '../requests/request.ts';
import { type Requests, WITHDRAWN } from '../requests/requests.ts';
import { type BatchAction, type BatchInput, ClusterBatch } from './cluster-batch.ts';
import { type Asker, PendingJob } from './pending-job.ts';

export interface ClusterDriverParts {
  readonly requests: Pick<Requests, 'submit' | 'withdraw'>;
  /** Whether more objects are known to come, as when the operator has just started. */
  readonly expectsMore: () => boolean;
  /** Logs a refusal to list once. */
  readonly refusals: OnceLogger;
  readonly clock: Clock;
}

/** One question that waits for its answer. An object without closures, because 100,000 may wait. */
class Question implements Asker {
  readonly jobID: string;
  /** The cluster, as the namespace of the question names it. */
  readonly about: ClusterReference;
  readonly since: number;
  readonly #driver: ClusterDriver;
  readonly #resolve: (answer: Answer) => void;
  readonly #signal: AbortSignal;

  constructor(
    driver: ClusterDriver,
    jobID: string,
    about: ClusterReference,
    since: number,
    resolve: (answer: Answer) => void,
    signal: AbortSignal,
  ) {
    this.jobID = jobID;
    this.about = about;
    this.since = since;
    this.#driver = driver;
    this.#resolve = resolve;
    this.#signal = signal;
    signal.addEventListener('abort', this, { once: true });
  }

  /** The signal is aborted. */
  handleEvent(): void {
    this.#driver.leave(this);
  }

  answer(answer: Answer): void {
    this.#signal.removeEventListener('abort', this);
    this.#resolve(answer);
  }
}

export class ClusterDriver {
  readonly about: ClusterReference;
  /**
   * The cluster as each namespace names it. Namespaces that share the operator's own credentials take turns
   * in the backlog and have separate endpoint guards.
   */
  readonly #abouts = new Map<string, ClusterReference>();
  readonly batch = new ClusterBatch<Question>();
  readonly #parts: ClusterDriverParts;
  readonly #gets = new Map<PendingJob<Question>, Request<Job>>();
  readonly #lists = new Map<number, Request<JobPage>>();
  #timer: Timer | undefined;
  /** Clock `now` at which the timer rings. */
  #wakesAt: number | undefined;

  constructor(parts: ClusterDriverParts, about: ClusterReference, sweeping: Sweeping) {
    this.#parts = parts;
    this.about = about;
    this.batch.sweeping = sweeping;
  }

  /** Resolves with the answer. An abort of the signal withdraws the question unless its call is under way. */
  ask({ jobID, credential }: Reference, { priority, deadline, signal }: ObserveOptions): Promise<Answer> {
    return new Promise((resolve) => {
      const about = this.#aboutOf(credential);
      const asker = new Question(this, jobID, about, this.#parts.clock.now(), resolve, signal);
      this.#step({
        kind: 'asked',
        jobID,
        asker,
        priority,
        deadline,
        isCalling: this.#isCalling(this.batch.jobOf(jobID)),
      });
    });
  }

  leave(asker: Question): void {
    const { jobID } = asker;
    if (!this.#isCalling(this.batch.jobWith(jobID, asker))) this.#step({ kind: 'left', jobID, asker });
  }

  sweep(sweeping: Sweeping): void {
    if (sweeping === this.batch.sweeping) return;
    this.batch.sweeping = sweeping;
    this.#step({ kind: 'woken' });
  }

  /** Takes the result of a request of this cluster. The result of a request that was replaced is ignored. */
  finished(request: Request<unknown>): void {
    const { subject } = request;
    if (subject instanceof PendingJob) {
      const get = this.#gets.get(subject);
      if (get !== request || !get.result) return;
      this.#gets.delete(subject);
      this.#step({ kind: 'got', job: subject, result: get.result });
    } else {
      const list = this.#lists.get(subject as number);
      if (list !== request || !list.result) return;
      this.#lists.delete(subject as number);
      this.#step({ kind: 'listed', pageNo: subject as number, result: list.result });
    }
  }

  close(): void {
    this.#timer?.cancel();
    for (const question of this.batch.askers) question.answer(WITHDRAWN);
  }

  /** Questions of one namespace share one object. */
  #aboutOf(credential: CredentialReference): ClusterReference {
    const known = this.#abouts.get(credential.namespace);
    if (known) return known;
    const about = { ...this.about, credential };
    this.#abouts.set(credential.namespace, about);
    return about;
  }

  #isCalling(job: PendingJob<Question> | undefined): boolean {
    return job !== undefined && this.#gets.get(job)?.isCalling === true;
  }

  #step(input: BatchInput<Question>): void {
    const { clock, expectsMore } = this.#parts;
    this.batch.expectsMore = expectsMore();
    for (const action of this.batch.step(input, clock.now())) this.#carryOut(action);
    this.#wakeAt(this.batch.wakeAt);
  }

  #carryOut(action: BatchAction<Question>): void {
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
        for (const request of this.#lists.values()) this.#parts.requests.withdraw(request);
        this.#lists.clear();
        break;
      case 'answer':
        for (const question of action.askers) question.answer(action.answer);
        break;
      case 'listed':
        this.#parts.refusals.recovered(identityOf(this.about.credential));
        this.#parts.refusals.recovered(clusterKey(this.about));
        break;
      case 'listRefused':
        this.#logRefusal(action.refused);
        break;
    }
  }

  #get(job: PendingJob<Question>): void {
    if (this.#gets.has(job)) return;
    const request = new Request(getPending, job, job.first.about, job);
    this.#gets.set(job, request);
    this.#parts.requests.submit(request);
  }

  /** Withdraws the Get unless its call is under way. */
  #cancelGet(job: PendingJob<Question>): void {
    const request = this.#gets.get(job);
    if (!request || request.isCalling) return;
    this.#gets.delete(job);
    this.#parts.requests.withdraw(request);
  }

  #list({ pageNo, priority, deadline, asker }: Extract<BatchAction<Question>, { kind: 'list' }>): void {
    const request = new Request(listJobs, pageNo, asker.about, { priority, deadline });
    this.#lists.set(pageNo, request);
    this.#parts.requests.submit(request);
  }

  #wakeAt(at: number | undefined): void {
    if (at === this.#wakesAt) return;
    this.#timer?.cancel();
    this.#wakesAt = at;
    if (at === undefined) return;
    const { clock } = this.#parts;
    this.#timer = clock.after(at - clock.now(), () => {
      this.#wakesAt = undefined;
      this.#step({ kind: 'woken' });
    });
  }

  /** Logs a refusal. A missing permission concerns all clusters of a credential: it is logged once. */
  #logRefusal({ failure: { kind, message } }: Refused): void {
    const identity = identityOf(this.about.credential);
    if (kind === 'PermissionDenied')
      this.#parts.refusals.failed(
        identity,
        'no permission to list jobs: each job is observed by its own call',
        {
          identity,
          permission: `live:${LIST_ACTION}`,
          message,
        },
      );
    else
      this.#parts.refusals.failed(
        clusterKey(this.about),
        'a cluster cannot be listed: each of its jobs is observed by its own call',
        {
          identity,
          clusterID: this.about.clusterID,
          kind,
          message,
        },
      );
  }
}

function getPending({ jobID }: PendingJob<Question>): ReturnType<typeof getJob> {
  return getJob(jobID);
}
