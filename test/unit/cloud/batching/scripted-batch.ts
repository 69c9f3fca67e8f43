/**
 * Steps the batch of one cluster by hand: inputs as short calls, and actions as short texts such as `get a
 * urgent`, so that a test reads like a table.
 */
import {
  type BatchAction,
  type BatchInput,
  ClusterBatch,
} from '../../../../src/cloud/batching/cluster-batch.ts';
import type { Asker, PendingJob } from '../../../../src/cloud/batching/pending-job.ts';
import type { FailedResult, Result } from '../../../../src/cloud/requests/request.ts';
import type { Answer, Priority } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { aRequest, DESTINATION } from '../../kit/samples/a-request.ts';

export interface NamedAsker extends Asker<NamedAsker> {
  readonly name: string;
  hasLeft: boolean;
}

export interface Question {
  /** Name of the asker. Default: the job's ID. */
  readonly name?: string;
  readonly priority?: Priority;
  readonly deadline?: number;
  /** The namespace that asks. Default: media. */
  readonly namespace?: string;
  /** The Get of the job is under way when the question comes. Default: it is not. */
  readonly isCalling?: boolean;
}

/** `refused`: without a call, by an endpoint guard. */
type Outcome = FailureKind | 'observed' | 'withdrawn' | 'refused';

export interface Page {
  /** Number of jobs in the whole list. Default: those of this page. */
  readonly total?: number;
  /** When the page's call was sent. Default: now. */
  readonly sentAt?: number;
}

export class ScriptedBatch {
  readonly batch = new ClusterBatch<NamedAsker>();
  now = 0;
  /** The jobs that have a Get of their own now. */
  readonly gets = new Set<string>();
  /** The answers of each asker. */
  readonly answers = new Map<string, Answer[]>();
  /** All actions since the last `step`, for what their texts leave out. */
  actions: readonly BatchAction<NamedAsker>[] = [];
  readonly #askers = new Map<string, [jobID: string, asker: NamedAsker]>();

  /** @returns the actions as texts */
  step(input: BatchInput<NamedAsker>): string[] {
    this.actions = this.batch.step(input, this.now);
    for (const action of this.actions) this.#note(action);
    return this.actions.map(textOf);
  }

  ask(
    jobID: string,
    {
      name = jobID,
      priority = 'scheduled',
      deadline = 0,
      namespace = 'media',
      isCalling = false,
    }: Question = {},
  ) {
    if (isCalling) beginGet(this.job(jobID));
    const asker = { name, namespace, since: this.now, hasLeft: false };
    this.#askers.delete(name);
    this.#askers.set(name, [jobID, asker]);
    return this.step({ kind: 'asked', jobID, asker, priority, deadline });
  }

  askAll(jobIDs: readonly string[], question: Omit<Question, 'name'> = {}): string[] {
    return jobIDs.flatMap((jobID) => this.ask(jobID, question));
  }

  leave(name: string): string[] {
    const [, asker] = this.#askers.get(name) ?? raise(name);
    asker.hasLeft = true;
    return this.step({ kind: 'left', asker });
  }

  /** The job's Get has its result. */
  got(job: PendingJob<NamedAsker> | string, outcome: Outcome = 'observed', namespace = 'media'): string[] {
    const pending = typeof job === 'string' ? this.job(job) : job;
    return this.step({ kind: 'got', job: pending, namespace, result: resultOf(outcome, {}, this.now) });
  }

  /** The job for which the newest asker of this ID waits. */
  job(jobID: string): PendingJob<NamedAsker> {
    return this.jobOf(jobID) ?? raise(jobID);
  }

  jobOf(jobID: string): PendingJob<NamedAsker> | undefined {
    const askers = [...this.#askers.values()].filter(([id, { job }]) => id === jobID && job);
    return askers.at(-1)?.[1].job;
  }

  page(
    pageNo: number,
    jobIDs: readonly string[],
    { total = jobIDs.length, sentAt = this.now }: Page = {},
  ): string[] {
    const jobs = new Map(jobIDs.map((JobId) => [JobId, { JobId }]));
    return this.step({ kind: 'listed', pageNo, result: resultOf('observed', { total, jobs }, sentAt) });
  }

  failPage(pageNo: number, kind: FailureKind = 'ServerError', more: Partial<FailedResult> = {}): string[] {
    const failed = resultOf(kind, { total: 0, jobs: new Map() }, this.now);
    return this.step({ kind: 'listed', pageNo, result: { ...failed, ...more } as typeof failed });
  }

  /** Lets time pass, and wakes the batch whenever it wants to be. */
  wait(ms: number): string[] {
    const end = this.now + ms;
    const actions: string[] = [];
    for (let at = this.batch.wakeAt; at !== undefined && at <= end; at = this.batch.wakeAt) {
      this.now = Math.max(this.now, at);
      actions.push(...this.step({ kind: 'woken' }));
    }
    this.now = end;
    return actions;
  }

  /** The kinds of the answers that an asker has received. */
  answersOf(name: string): string[] {
    return (this.answers.get(name) ?? []).map(kindOf);
  }

  #note(action: BatchAction<NamedAsker>): void {
    if (action.kind === 'get') this.gets.add(action.job.jobID);
    if (action.kind === 'cancelGet') this.gets.delete(action.job.jobID);
    if (action.kind !== 'answer') return;
    for (const { name } of action.askers) {
      const answers = this.answers.get(name) ?? [];
      this.answers.set(name, answers);
      answers.push(action.answer);
    }
  }
}

/** Lets the call of a job's Get begin. */
export function beginGet(job: PendingJob<NamedAsker>): void {
  job.addRequest(Object.assign(aRequest(), { isCalling: true }));
}

export function resultOf<T>(outcome: Outcome, value: T, sentAt: number): Result<T> {
  if (outcome === 'withdrawn') return { kind: 'withdrawn' };
  if (outcome === 'observed') return { kind: 'answered', value, destination: DESTINATION, sentAt, work: 0 };
  const kind = outcome === 'refused' ? 'ConnectionFailed' : outcome;
  return {
    kind: 'failed',
    failure: { kind, message: 'as planned' },
    destination: DESTINATION,
    sentAt,
    ...(outcome === 'refused' && { notCalled: true }),
  };
}

/** IDs of jobs: `job-1`, `job-2` and so on. */
export function jobIDs(count: number, prefix = 'job'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}

function textOf(action: BatchAction<NamedAsker>): string {
  switch (action.kind) {
    case 'get':
      return action.job.priority === 'scheduled'
        ? `get ${action.job.jobID}`
        : `get ${action.job.jobID} ${action.job.priority}`;
    case 'cancelGet':
      return `cancel ${action.job.jobID}`;
    case 'list':
      return `list ${action.pageNo} ${action.priority}`;
    case 'answer':
      return `${action.askers.map(({ name }) => name).join(' ')}: ${kindOf(action.answer)}`;
    case 'cancelLists':
    case 'listed':
    case 'listRefused':
      return action.kind;
  }
}

function kindOf(answer: Answer): string {
  const kind = answer.kind === 'failed' ? answer.failure.kind : answer.kind;
  return 'unlisted' in answer ? `${kind} unlisted` : kind;
}

function raise(name: string): never {
  throw new Error(`${name} is not waiting`);
}
