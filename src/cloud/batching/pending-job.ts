/**
 * One job that askers wait for. They share one call (single-flight), which has the best priority and the
 * earliest deadline among them.
 */
import { PRIORITIES, type Priority } from '../../job/model/cloud-port.ts';
import { getJob, type Operation } from '../client/live-client.ts';
import type { Job } from '../client/map-response.ts';
import type { Request, Subject } from '../requests/request.ts';

/** One caller that waits for a job. */
export interface Asker<A> {
  /** Clock `now` when it came. The answer of a call that was sent before is too old for it. */
  readonly since: number;
  /** The job for which it waits. Undefined once it has its answer. */
  job?: PendingJob<A> | undefined;
}

/**
 * `candidate`: its Get waits, and a sweep may take it over. `swept`: it waits for a sweep. `alone`: it has a
 * Get, and no sweep takes it over.
 */
export type Standing = 'candidate' | 'swept' | 'alone';

export class PendingJob<A> implements Subject<Job> {
  readonly jobID: string;
  priority: Priority;
  deadline: number;
  standing: Standing = 'alone';
  /** The request that observes it by Get, while it is not finished. */
  get: Request<Job> | undefined;
  /** Most jobs have one asker, which needs no set: 100,000 jobs may wait. One job may have 50,000 askers. */
  #askers: A | Set<A>;

  constructor(jobID: string, asker: A, priority: Priority, deadline: number) {
    this.jobID = jobID;
    this.#askers = asker;
    this.priority = priority;
    this.deadline = deadline;
  }

  get operation(): Operation<Job> {
    return getJob(this.jobID);
  }

  /** Whether its Get is under way, so that the answer is older than questions that come from now on. */
  get isCalling(): boolean {
    return this.get?.isCalling === true;
  }

  add(asker: A): void {
    if (this.#askers instanceof Set) this.#askers.add(asker);
    else this.#askers = new Set([this.#askers, asker]);
  }

  /** @returns whether none is left */
  remove(askers: readonly A[]): boolean {
    if (!(this.#askers instanceof Set)) return true;
    for (const asker of askers) this.#askers.delete(asker);
    return this.#askers.size === 0;
  }

  /** One asker; the first, as long as it waits. */
  get first(): A {
    if (!(this.#askers instanceof Set)) return this.#askers;
    const [first] = this.#askers;
    return first as A;
  }

  get askers(): readonly A[] {
    return this.#askers instanceof Set ? [...this.#askers] : [this.#askers];
  }

  /** Takes a better priority or an earlier deadline over. @returns whether there was one */
  hasten(priority: Priority, deadline: number): boolean {
    const isHastened = rank(priority) < rank(this.priority) || deadline < this.deadline;
    if (rank(priority) < rank(this.priority)) this.priority = priority;
    this.deadline = Math.min(deadline, this.deadline);
    return isHastened;
  }
}

export function rank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
