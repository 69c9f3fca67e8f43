/**
 * One of the processes that share a Lease: a leader election with its own machine, log and lifetime.
 */
import type { Term } from '../../../src/kube/election/election.ts';
import { LeaderElection } from '../../../src/kube/election/leader-election.ts';
import type { FakeClock } from './fakes/fake-clock.ts';
import { type FakeLease, ProcessClock } from './fakes/fake-lease.ts';
import { RecordingLogger } from './fakes/recording-logger.ts';

export const TIMING = { renewDeadlineMs: 10_000, retryMs: 2_000 };
/** Time between two renewals of a leader, ms. */
export const RENEWED_EVERY_MS = TIMING.renewDeadlineMs / 3;
export const DURATION_MS = 15_000;

export class Candidate {
  readonly clock: ProcessClock;
  readonly logger = new RecordingLogger();
  readonly election: LeaderElection;
  /** All its terms of leadership, the newest last. */
  readonly terms: Term[] = [];
  readonly ended: Promise<void>;
  /** What it does before it stops, while it still leads. */
  lastThings: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();

  /** @param rate the rate of its clock */
  constructor(identity: string, world: FakeClock, lease: FakeLease, rate = 1) {
    const clock = new ProcessClock(world, rate);
    this.clock = clock;
    const leases = lease.client(identity, clock);
    this.election = new LeaderElection({ leases, identity, ...TIMING, clock, logger: this.logger });
    this.ended = this.election.run((term) => this.#lead(term), this.#stop.signal);
  }

  get isLeading(): boolean {
    return this.election.isLeading;
  }

  /** Stops it, as SIGTERM does. */
  stop(): void {
    this.#stop.abort();
  }

  /** The messages it has logged, each with the fields that matter. */
  said(): string[] {
    return this.logger.lines.map(({ level, message, fields }) => {
      const { holder, why, reason } = fields;
      return [level, message, holder, why, reason].filter((part) => part !== undefined).join(' · ');
    });
  }

  async #lead(term: Term): Promise<void> {
    this.terms.push(term);
    const over = AbortSignal.any([term.signal, this.#stop.signal]);
    if (!over.aborted)
      await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
    await this.lastThings;
  }
}
