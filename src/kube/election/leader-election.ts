/**
 * Elects at most one leader at a time among all processes that share a Lease: carries out what
 * `lease-machine.ts` decides. It runs until it is stopped; no failure ends it, and it seeks a lost lead
 * again.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { apiFailure } from '../client/api-error.ts';
import type { Election, Lead, Term } from './election.ts';
import type { Lease, LeaseClient } from './lease-client.ts';
import {
  type ElectionAction,
  type ElectionInput,
  type ElectionSettings,
  type ElectionState,
  knownVersion,
  leads,
  START,
  step,
} from './lease-machine.ts';
import { LeaseTroubles } from './lease-troubles.ts';

export interface LeaderElectionParts extends ElectionSettings {
  readonly leases: Pick<LeaseClient, 'read' | 'claim' | 'release' | 'watch'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Longest time for the release. An answer takes milliseconds; of the 4 s until the exit (`STOP_WITHIN_MS`),
 * pending statuses may take one.
 */
const RELEASE_WITHIN_MS = 1_500;

const NOT_FOUND = 404;
const CONFLICT = 409;

type Input = ElectionInput<Lease>;

interface Running extends Term {
  readonly end: () => void;
}

export class LeaderElection implements Election {
  readonly #parts: LeaderElectionParts;
  #state: ElectionState<Lease> = START;
  #action: ElectionAction<Lease> = { kind: 'read' };
  #term: Running | undefined;
  #isSettled = false;
  readonly #troubles: LeaseTroubles;
  #alarm: Timer | undefined;
  #changed = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(parts: LeaderElectionParts) {
    this.#parts = parts;
    this.#troubles = new LeaseTroubles(parts);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get isLeading(): boolean {
    return !this.#isStopped && leads(this.#state, this.#now());
  }

  get leader(): string | undefined {
    return holderOf(this.#state).holder;
  }

  async run(lead: Lead, signal: AbortSignal): Promise<void> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    const working = new AbortController();
    const ended = [this.#act(working.signal), this.#follow(working.signal)];
    while (!signal.aborted) {
      if (this.#term) await lead(this.#term);
      else await this.#changed.promise;
    }
    this.#isStopped = true;
    this.#alarm?.cancel();
    working.abort();
    this.#wake();
    await this.#within(
      RELEASE_WITHIN_MS,
      Promise.all(ended).then(() => this.#release()),
    );
  }

  /** Makes one request at a time, as the machine decides. */
  async #act(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const action = this.#action;
      if (action.kind === 'read') this.#take(await this.#read());
      else if (action.kind === 'claim') this.#take(await this.#claim(action.record));
      else if (await this.#isDue(action.until)) this.#take({ kind: 'scheduled', now: this.#now() });
    }
  }

  /**
   * Watches the Lease, which brings a change in milliseconds. Where the watch fails, it reads the Lease every
   * `retryMs`.
   */
  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const version = knownVersion(this.#state);
      if (version === undefined) {
        await this.#changed.promise;
        continue;
      }
      const began = this.#now();
      await this.#watch(version, signal);
      const isShort = this.#now() - began < this.#parts.retryMs;
      if (isShort) await this.#parts.clock.sleep(this.#parts.retryMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#take(await this.#read());
    }
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { leases } = this.#parts;
    const onLease = (record: Lease) => {
      this.#troubles.succeeded('watching');
      this.#take({ kind: 'seen', record, now: this.#now() });
    };
    await leases
      .watch(version, onLease, signal)
      .catch((error: unknown) => void this.#troubles.failed('watching', error));
  }

  async #read(): Promise<Input> {
    const asOf = knownVersion(this.#state);
    const sentAt = this.#now();
    try {
      const record = await this.#parts.leases.read();
      this.#troubles.succeeded('reading');
      return record
        ? { kind: 'read', record, asOf, now: this.#now() }
        : { kind: 'missing', now: this.#now() };
    } catch (error) {
      this.#troubles.failed('reading', error);
      return { kind: 'unread', sentAt, now: this.#now() };
    }
  }

  async #claim(base: Lease | undefined): Promise<Input> {
    const { leases, identity } = this.#parts;
    const sentAt = this.#now();
    try {
      const record = await leases.claim(base, identity);
      this.#troubles.succeeded('writing');
      return { kind: 'claimed', record, sentAt, now: this.#now() };
    } catch (error) {
      const { status } = apiFailure(error);
      if (status === CONFLICT) return { kind: 'conflict', base: base?.resourceVersion, now: this.#now() };
      if (base && status === NOT_FOUND) return { kind: 'missing', now: this.#now() };
      this.#troubles.failed('writing', error);
      return { kind: 'failed', sentAt, now: this.#now() };
    }
  }

  #take(input: Input): void {
    if (this.#isStopped) return;
    const before = this.#state;
    const { state, action } = step(before, input, this.#parts);
    // The watch repeats each renewal of our own: nothing is due sooner, so no timer is set again.
    if (input.kind === 'seen' && state === before) return;
    this.#state = state;
    this.#action = action;
    this.#endTerm(before, input);
    this.#beginTerm();
    this.#logHolder(before);
    this.#setAlarm();
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits until `at`. @returns false if something changed before */
  async #isDue(at: number): Promise<boolean> {
    const changed = new AbortController();
    void this.#changed.promise.then(() => changed.abort());
    await this.#parts.clock.sleep(at - this.#now(), changed.signal).catch(() => undefined);
    return !changed.signal.aborted;
  }

  #beginTerm(): void {
    if (this.#state.phase !== 'leading' || this.#term) return;
    this.#isSettled = true;
    this.#parts.logger.info('took the lead', { identity: this.#parts.identity });
    const over = new AbortController();
    this.#term = { signal: over.signal, holds: () => this.#holds(over.signal), end: () => over.abort() };
  }

  #endTerm(before: ElectionState<Lease>, input: Input): void {
    if (this.#state.phase === 'leading' || !this.#term) return;
    const isOver = !leads(before, input.now);
    const why = isOver ? 'it was not renewed in time' : 'it was taken';
    this.#parts.logger.warn('lost the lead', { why, ...holderOf(this.#state) });
    this.#term.end();
    this.#term = undefined;
  }

  #logHolder(before: ElectionState<Lease>): void {
    const { holder } = holderOf(this.#state);
    if (this.#state.phase === 'leading' || !holder || holder === this.#parts.identity) return;
    this.#isSettled = true;
    if (holder !== holderOf(before).holder) this.#parts.logger.info('waiting for the lead', { holder });
  }

  /** A process that was suspended wakes up here before any timer fires. */
  #holds(term: AbortSignal): boolean {
    const now = this.#now();
    if (!term.aborted && !leads(this.#state, now)) this.#take({ kind: 'scheduled', now });
    return !term.aborted;
  }

  /** Ends the lead on time even while a request hangs. */
  #setAlarm(): void {
    this.#alarm?.cancel();
    if (this.#state.phase !== 'leading') return;
    const left = this.#state.until - this.#now();
    this.#alarm = this.#parts.clock.after(left, () => this.#take({ kind: 'scheduled', now: this.#now() }));
  }

  /** Reads the Lease before it releases it, so that a claim whose answer was lost is released too. */
  async #release(): Promise<void> {
    const { leases, identity, logger } = this.#parts;
    try {
      const newest = await leases.read();
      if (newest?.holder !== identity) return;
      await leases.release(newest);
      logger.info('released the lead', { identity });
    } catch (error) {
      logger.warn('releasing the lead failed', { ...apiFailure(error) });
    }
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    const done = new AbortController();
    const { clock } = this.#parts;
    await Promise.race([
      work.finally(() => done.abort()),
      clock.sleep(ms, done.signal).catch(() => undefined),
    ]);
  }

  #now(): number {
    return this.#parts.clock.now();
  }
}

function holderOf(state: ElectionState): { readonly holder?: string } {
  const holder = state.phase === 'unknown' ? undefined : state.record?.holder;
  return holder ? { holder } : {};
}
