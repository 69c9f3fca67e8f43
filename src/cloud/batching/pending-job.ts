/**
 * One job that askers wait for. They share one call (single-flight), which has the best priority and the
 * earliest deadline among them. A Get waits for it in the name of each namespace that asks, because a
 * namespace must not wait in the queue of another. Only the first that gets a permit is called.
 */
import { PRIORITIES, type Priority } from '../../job/model/cloud-port.ts';
import { getJob, type Operation } from '../client/live-client.ts';
import type { Job } from '../client/map-response.ts';
import { Request, type Subject } from '../requests/request.ts';

/** One caller that waits for a job. */
export interface Asker<A extends Asker<A>> {
  /** Clock `now` when it came. The answer of a call that was sent before is too old for it. */
  readonly since: number;
  /** The namespace that asks. Several namespaces may use the operator's own credentials. */
  readonly namespace: string;
  /** The job for which it waits. Undefined once it has its answer. */
  job?: PendingJob<A> | undefined;
}

/**
 * `candidate`: its Get waits, and a sweep may take it over. `swept`: it waits for a sweep. `alone`: it has a
 * Get, and no sweep takes it over.
 */
export type Standing = 'candidate' | 'swept' | 'alone';

export class PendingJob<A extends Asker<A>> implements Subject<Job> {
  readonly jobID: string;
  priority: Priority;
  deadline: number;
  standing: Standing = 'alone';
  /** Most jobs have one Get, which needs no array: 100,000 jobs may wait. */
  #gets: Request<Job> | readonly Request<Job>[] = NONE;
  /**
   * The askers by namespace. Most jobs have one asker, which needs no map. One job may have 50,000 askers.
   */
  #askers: A | Map<string, Set<A>>;

  constructor(jobID: string, asker: A, priority: Priority, deadline: number) {
    this.jobID = jobID;
    this.#askers = asker;
    this.priority = priority;
    this.deadline = deadline;
  }

  get operation(): Operation<Job> {
    return getJob(this.jobID);
  }

  /** The requests that observe it by Get and are not finished, at most one for each namespace. */
  get gets(): readonly Request<Job>[] {
    return this.#gets instanceof Request ? [this.#gets] : this.#gets;
  }

  addGet(get: Request<Job>): void {
    const { gets } = this;
    this.#gets = gets.length === 0 ? get : [...gets, get];
  }

  /** @returns whether it was one of the Gets */
  removeGet(get: Request<Job>): boolean {
    const { gets } = this;
    const others = gets.filter((each) => each !== get);
    const [only, second] = others;
    this.#gets = only && !second ? only : others.length === 0 ? NONE : others;
    return others.length < gets.length;
  }

  /** Whether a Get is under way, so that the answer is older than questions that come from now on. */
  get isCalling(): boolean {
    return this.#gets instanceof Request ? this.#gets.isCalling : this.#gets.some((get) => get.isCalling);
  }

  /** @returns whether it is the first of its namespace */
  add(asker: A): boolean {
    const { namespace } = asker;
    if (!(this.#askers instanceof Map))
      this.#askers = new Map([[this.#askers.namespace, new Set([this.#askers])]]);
    const known = this.#askers.get(namespace);
    if (known) known.add(asker);
    else this.#askers.set(namespace, new Set([asker]));
    return !known;
  }

  /** Removes askers. The job is done when `namespaces` is 0. */
  remove(askers: readonly A[]): void {
    if (!(this.#askers instanceof Map)) this.#askers = new Map();
    for (const asker of askers) {
      const { namespace } = asker;
      const others = this.#askers.get(namespace);
      if (others?.delete(asker) && others.size === 0) this.#askers.delete(namespace);
    }
  }

  /** Number of namespaces that ask. */
  get namespaces(): number {
    return this.#askers instanceof Map ? this.#askers.size : 1;
  }

  /** One asker of each namespace; the first, as long as it waits. */
  get firsts(): readonly A[] {
    if (!(this.#askers instanceof Map)) return [this.#askers];
    return Array.from(this.#askers.values(), ([first]) => first as A);
  }

  get askers(): readonly A[] {
    if (!(this.#askers instanceof Map)) return [this.#askers];
    return Array.from(this.#askers.values()).flatMap((askers) => [...askers]);
  }

  /** Takes a better priority or an earlier deadline over. @returns whether there was one */
  hasten(priority: Priority, deadline: number): boolean {
    const isHastened = rank(priority) < rank(this.priority) || deadline < this.deadline;
    if (rank(priority) < rank(this.priority)) this.priority = priority;
    this.deadline = Math.min(deadline, this.deadline);
    return isHastened;
  }
}

const NONE: readonly Request<Job>[] = [];

export function rank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
