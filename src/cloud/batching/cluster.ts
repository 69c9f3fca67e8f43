/**
 * Those who wait for jobs of one cluster, with one credential: by job, so that who asks for the same shares a call, and together, so
 * that many share a sweep where that takes fewer calls.
 *
 * A job that a sweep did not bring is asked for by itself: not to be in the list is never not to be there.
 */
import {
  type Answer,
  type ObserveOptions,
  PRIORITIES,
  type Priority,
  type Reference,
  type Sweeping,
} from '../../job/model/cloud-port.ts';
import { type JobPage, mapJob } from '../client/map-response.ts';
import { PAGE_SIZE } from './page-call.ts';
import { Flight, type FlightHost, type Standing } from './single-flight.ts';
import { Sweep, type SweepHost, type SweepParts } from './sweep.ts';
import { Missing } from './unlisted-jobs.ts';

type Observed = Extract<Answer, { kind: 'observed' }>;
type Failed = Extract<Answer, { kind: 'failed' }>;

export interface ClusterParts extends SweepParts {
  /** Whether the cloud has refused to list this cluster's jobs of late. */
  readonly mayList: (cluster: Cluster) => boolean;
  readonly onRefused: (cluster: Cluster, answer: Failed) => void;
  readonly onListed: (cluster: Cluster) => void;
}

export class Cluster implements FlightHost, SweepHost {
  readonly about: Omit<Reference, 'jobID'>;
  sweeping: Sweeping;
  /** How many a sweep takes; undefined: not known. */
  pages: number | undefined;
  joinedAt = 0;
  members = 0;
  readonly parts: ClusterParts;
  readonly #waiting = new Map<string, Flight>();
  readonly #calling = new Set<Flight>();
  readonly #missing: Missing;
  /** How many of the waiting may be listed, by priority. */
  readonly #listed: Record<Priority, number> = { urgent: 0, scheduled: 0, retry: 0 };
  #sweep: Sweep | undefined;

  constructor(parts: ClusterParts, about: Omit<Reference, 'jobID'>, sweeping: Sweeping) {
    this.parts = parts;
    this.about = about;
    this.sweeping = sweeping;
    this.#missing = new Missing(parts.clock);
  }

  /** @param onAnswer called once */
  observe(reference: Reference, options: ObserveOptions, onAnswer: (answer: Answer) => void): void {
    const { priority, deadline, signal } = options;
    const known = this.#waiting.get(reference.jobID);
    const flight = known ?? new Flight(reference, options, this);
    flight.join(signal, onAnswer);
    if (!known) this.#add(flight);
    else if (PRIORITIES.indexOf(priority) < PRIORITIES.indexOf(known.priority) || deadline < known.deadline)
      this.#hasten(known, priority, deadline);
  }

  /** Ends everybody with this answer. */
  close(answer: Answer): void {
    this.#sweep?.leave();
    this.#sweep = undefined;
    for (const flight of [...this.#waiting.values(), ...this.#calling]) flight.end(answer);
  }

  get isIdle(): boolean {
    return this.#waiting.size + this.#calling.size === 0 && !this.#sweep;
  }

  calling(flight: Flight): void {
    this.#remove(flight);
    this.#calling.add(flight);
  }

  ended(flight: Flight): void {
    this.#remove(flight);
    this.#calling.delete(flight);
  }

  told({ reference: { jobID } }: Flight, answer: Answer): Answer {
    if (answer.kind === 'withdrawn' || !this.#missing.isKnown(jobID)) return answer;
    return { ...answer, unlisted: true };
  }

  wish(): { reference: Reference; priority: Priority; deadline: number } | undefined {
    let wish: { reference: Reference; priority: Priority; deadline: number } | undefined;
    for (const { standing, reference, priority, deadline } of this.#waiting.values()) {
      if (standing !== 'member') continue;
      if (!wish) wish = { reference, priority, deadline };
      else if (PRIORITIES.indexOf(priority) < PRIORITIES.indexOf(wish.priority)) wish.priority = priority;
      wish.deadline = Math.min(wish.deadline, deadline);
    }
    return wish;
  }

  sinces(): number[] {
    return this.#candidates().map(({ since }) => since);
  }

  serve({ total, jobs }: JobPage, answer: Observed): void {
    this.pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
    this.parts.onListed(this);
    for (const [jobID, fields] of jobs) {
      this.#missing.found(jobID);
      const flight = this.#waiting.get(jobID);
      if (flight) flight.serve({ ...answer, job: mapJob(fields) });
    }
  }

  regroup(seen: number, until: number): void {
    for (const flight of this.#candidates()) {
      if (flight.since <= seen) this.#missed(flight);
      else if (flight.since <= until) this.#enlist(flight);
      else this.#release(flight);
    }
  }

  part(calls: number): void {
    const asked = this.#candidates().filter(
      ({ standing, priority }) => standing === 'member' && priority === 'urgent',
    );
    if (asked.length < calls) for (const flight of asked) this.#dismiss(flight);
  }

  failed(answer: Failed): void {
    for (const flight of this.#candidates()) if (flight.standing === 'member') flight.end(answer);
  }

  refused(answer: Failed): void {
    this.parts.onRefused(this, answer);
  }

  swept(): void {
    this.#sweep = undefined;
    for (const each of this.#candidates()) if (each.standing === 'member') this.#dismiss(each);
    this.#consider();
  }

  #add(flight: Flight): void {
    const { jobID } = flight.reference;
    this.#waiting.set(jobID, flight);
    if (this.#missing.isKnown(jobID)) flight.standing = 'unlisted';
    else {
      this.#listed[flight.priority] += 1;
      this.joinedAt = this.parts.clock.now();
    }
    if (flight.standing === 'listed' && this.#sweep?.isGathering && this.#mayJoin(flight))
      this.#enlist(flight);
    else flight.call();
    this.#consider();
  }

  #hasten(flight: Flight, priority: Priority, deadline: number): void {
    const isListed = flight.standing === 'unlisted' ? 0 : 1;
    this.#listed[flight.priority] -= isListed;
    flight.hasten(priority, deadline);
    this.#listed[flight.priority] += isListed;
    if (flight.standing === 'member' && !this.#mayJoin(flight)) this.#dismiss(flight);
    this.#consider();
  }

  #remove(flight: Flight): void {
    const { jobID } = flight.reference;
    if (this.#waiting.get(jobID) !== flight) return;
    this.#waiting.delete(jobID);
    this.#stand(flight, 'unlisted');
  }

  /** A sweep begins where more wait than it takes calls. */
  #consider(): void {
    const { scheduled, retry } = this.#listed;
    const urgent = this.#isSweptForAsked ? this.#listed.urgent : 0;
    const count = { none: 0, urgent, all: urgent + scheduled + retry }[this.sweeping];
    if (this.#sweep || count <= (this.pages ?? 1) || !this.parts.mayList(this)) return;
    this.#sweep = new Sweep(this.parts, this);
    for (const flight of this.#candidates()) if (this.#mayJoin(flight)) this.#enlist(flight);
    this.#sweep.begin(this.pages);
  }

  /**
   * A sweep goes in the best priority of its members. One that somebody asks for is not to wait for a hundred pages, nor to bring them all
   * ahead of what others ask for: it joins only where those who are asked for would be swept without the rest.
   */
  #mayJoin({ priority }: Flight): boolean {
    return priority !== 'urgent' || this.#isSweptForAsked;
  }

  get #isSweptForAsked(): boolean {
    return this.#listed.urgent > (this.pages ?? 1);
  }

  #candidates(): Flight[] {
    return Array.from(this.#waiting.values()).filter(({ standing }) => standing !== 'unlisted');
  }

  #enlist(flight: Flight): void {
    this.#stand(flight, 'member');
    flight.ground();
  }

  #release(flight: Flight): void {
    this.#stand(flight, 'listed');
    flight.call();
  }

  #missed(flight: Flight): void {
    this.#missing.note(flight.reference.jobID);
    this.#dismiss(flight);
  }

  /** It has a call of its own made, and joins no further sweep: a list that is never whole would keep it for ever. */
  #dismiss(flight: Flight): void {
    this.#stand(flight, 'unlisted');
    flight.call();
  }

  #stand(flight: Flight, standing: Standing): void {
    if (flight.standing === 'member') this.members -= 1;
    if (standing === 'member') this.members += 1;
    if (standing === 'unlisted' && flight.standing !== 'unlisted') this.#listed[flight.priority] -= 1;
    flight.standing = standing;
  }
}
