/**
 * One job that askers wait for. They share one call (single-flight), which has the best priority and the
 * earliest deadline among them.
 */
import { PRIORITIES, type Priority } from '../../job/model/cloud-port.ts';
import { getJob, type Operation } from '../client/live-client.ts';
import type { Job } from '../client/map-response.ts';
import { SharedCall } from './shared-call.ts';

/** One caller that waits for a job. */
export interface Asker<A extends Asker<A>> {
  /** Clock `now` when it came. The answer of a call that was sent before is too old for it. */
  readonly since: number;
  /** The namespace that asks. Several namespaces may use the operator's own credentials. */
  readonly namespace: string;
  /** Whether it needs no answer any more. It leaves then, unless its call is under way. */
  readonly hasLeft: boolean;
  /** The job for which it waits. Undefined once it has its answer. */
  job?: PendingJob<A> | undefined;
}

/**
 * `candidate`: its Get waits, and a sweep may take it over. `swept`: it waits for a sweep. `alone`: it has a
 * Get, and no sweep takes it over.
 */
export type Standing = 'candidate' | 'swept' | 'alone';

export class PendingJob<A extends Asker<A>> extends SharedCall<Job> {
  readonly jobID: string;
  /** The best among its askers. */
  priority: Priority;
  /** Clock `now`: the earliest among its askers. */
  deadline: number;
  standing: Standing = 'alone';
  /**
   * The askers by namespace. Most jobs have one asker, which needs no map. One job may have 50,000 askers.
   * Undefined when the job is done.
   */
  #askers: A | Map<string, Set<A>> | undefined;

  constructor(jobID: string, asker: A, priority: Priority, deadline: number) {
    super();
    this.jobID = jobID;
    this.#askers = asker;
    this.priority = priority;
    this.deadline = deadline;
  }

  get operation(): Operation<Job> {
    return getJob(this.jobID);
  }

  /** @returns whether it is the first of its namespace */
  add(asker: A): boolean {
    const { namespace } = asker;
    const askers = this.#byNamespace;
    const known = askers.get(namespace);
    if (known) known.add(asker);
    else askers.set(namespace, new Set([asker]));
    this.#askers = askers;
    return !known;
  }

  /** Removes askers. The job is done when `namespaces` is 0. */
  remove(askers: readonly A[]): void {
    if (!(this.#askers instanceof Map)) {
      this.#askers = undefined;
      return;
    }
    for (const asker of askers) {
      const { namespace } = asker;
      const others = this.#askers.get(namespace);
      if (others?.delete(asker) && others.size === 0) this.#askers.delete(namespace);
    }
  }

  /** Number of namespaces that ask. */
  get namespaces(): number {
    if (this.#askers instanceof Map) return this.#askers.size;
    return this.#askers ? 1 : 0;
  }

  /** One asker of each namespace; the first, as long as it waits. */
  get firsts(): readonly A[] {
    if (!(this.#askers instanceof Map)) return this.#askers ? [this.#askers] : [];
    return Array.from(this.#askers.values(), ([first]) => first as A);
  }

  get askers(): readonly A[] {
    if (!(this.#askers instanceof Map)) return this.firsts;
    return Array.from(this.#askers.values()).flatMap((askers) => [...askers]);
  }

  get #byNamespace(): Map<string, Set<A>> {
    if (this.#askers instanceof Map) return this.#askers;
    return new Map(this.firsts.map((asker) => [asker.namespace, new Set([asker])]));
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
