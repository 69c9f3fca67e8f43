/**
 * One Lease as an API server stores it, and the clocks of processes that share it. Each clock can drift and
 * freeze, as SIGSTOP does. True time is the `FakeClock` of the test.
 */
import { type Clock, sleepOn, type Timer } from '../../../../src/base/clock.ts';
import type { LeaderElectionParts } from '../../../../src/kube/election/leader-election.ts';
import type { Lease } from '../../../../src/kube/election/lease-client.ts';
import type { FakeClock } from './fake-clock.ts';
import { refused } from './refused.ts';

export type Leases = LeaderElectionParts['leases'];

/** The time of one machine. While its process is frozen, nothing of it runs. */
export class ProcessClock implements Clock {
  /** The difference of the wall clock to true time, ms. */
  wallOffsetMs = 0;
  readonly #world: FakeClock;
  readonly #rate: number;
  readonly #start: number;
  #held: (() => void)[] | undefined;

  /** @param rate how many of its milliseconds pass in one true millisecond */
  constructor(world: FakeClock, rate = 1) {
    this.#world = world;
    this.#rate = rate;
    this.#start = world.now();
  }

  now(): number {
    // Each process has its own scale, on which the times of other processes mean nothing.
    return 1_000_000 * this.#rate + (this.#world.now() - this.#start) * this.#rate;
  }

  date(): Date {
    return new Date(this.#world.now() + this.wallOffsetMs);
  }

  after(ms: number, callback: () => void): Timer {
    let cancelled = false;
    const ring = () => !cancelled && callback();
    // Rounded up: a timer that fires early would make the wait begin again and again.
    const timer = this.#world.after(Math.ceil(ms / this.#rate), () => this.#held?.push(ring) ?? ring());
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  freeze(): void {
    this.#held ??= [];
  }

  /** Runs what arrived over the network first, as Node does, and then the overdue timers. */
  thaw(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const callback of held) callback();
  }

  /** Calls back once the process is not frozen. */
  receive(callback: () => void): void {
    if (this.#held) this.#held.unshift(callback);
    else callback();
  }
}

export interface LeaseTiming {
  readonly durationMs: number;
  /** The deadline of each request, on the clock of the process. */
  readonly deadlineMs: number;
  /** The time of one direction, in true ms. */
  readonly latency: () => number;
}

export class FakeLease {
  /** The stored Lease. */
  record: Lease | undefined;
  /** Requests that were processed, as `<who> <verb>`. */
  readonly processed: string[] = [];
  readonly #world: FakeClock;
  readonly #timing: LeaseTiming;
  readonly #watchers = new Set<(record: Lease | undefined) => void>();
  #version = 100;
  #waiting: (() => void)[] | undefined;
  watches: 'work' | 'fail' | 'are silent' = 'work';
  #isAway = false;
  #restores = 0;
  #backup: { readonly record: Lease | undefined; readonly version: number } | undefined;

  constructor(world: FakeClock, timing: LeaseTiming) {
    this.#world = world;
    this.#timing = timing;
  }

  /** Pauses the API server: requests wait in its sockets, and are processed afterwards. */
  stall(): void {
    this.#waiting ??= [];
  }

  resume(): void {
    if (this.#isAway) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const process of waiting) process();
  }

  /** Remembers the Lease and its version for `restore`. */
  backUp(): void {
    this.#backup = { record: this.record, version: this.#version };
  }

  /**
   * Puts the backup back, as a restore of etcd does: versions go back, and no watch reports it.
   *
   * @param outageMs how long the API server is away before
   */
  restore(outageMs = 0): void {
    if (!this.#backup || this.#isAway) return;
    const { record, version } = this.#backup;
    this.stall();
    this.#isAway = true;
    this.#world.after(outageMs, () => {
      this.#isAway = false;
      this.record = record;
      this.#version = version;
      this.#restores += 1;
      this.resume();
    });
  }

  /** Changes the Lease as kubectl does. */
  set(change: Partial<Lease> | undefined): void {
    this.#version += 1;
    // etcd counts the writes of the whole cluster, so that a version that is used twice names two objects.
    const resourceVersion = String(this.#version * 1_000 + this.#restores);
    this.record = change && {
      holder: '',
      durationMs: this.#timing.durationMs,
      stored: {},
      ...this.record,
      ...change,
      resourceVersion,
    };
    for (const tell of this.#watchers) tell(this.record);
  }

  /** Returns the client of one process. */
  client(who: string, clock: ProcessClock): Leases {
    const { durationMs } = this.#timing;
    return {
      read: () => this.#request(clock, `${who} read`, () => this.record),
      claim: (base, holder) =>
        this.#request(clock, `${who} claim`, () => this.#write(base, { holder, durationMs })),
      release: (base) => this.#request(clock, `${who} release`, () => this.#write(base, { holder: '' })),
      watch: (_version, onLease, signal) => this.#watch(clock, onLease, signal),
    };
  }

  #write(base: Lease | undefined, change: Partial<Lease>): Lease {
    if (!base && this.record) throw refused(409);
    if (base && !this.record) throw refused(404);
    if (base?.resourceVersion !== this.record?.resourceVersion) throw refused(409);
    this.set(change);
    return this.record as Lease;
  }

  #request<T>(clock: ProcessClock, what: string, process: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { deadlineMs, latency } = this.#timing;
    const timer = clock.after(deadlineMs, () => reject(new DOMException('no answer', 'TimeoutError')));
    const answer = (settle: () => void) => {
      this.#world.after(latency(), () =>
        clock.receive(() => {
          timer.cancel();
          settle();
        }),
      );
    };
    const arrive = () => {
      this.processed.push(what);
      try {
        const result = process();
        answer(() => resolve(result));
      } catch (error) {
        answer(() => reject(error as Error));
      }
    };
    this.#world.after(latency(), () => this.#waiting?.push(arrive) ?? arrive());
    return promise;
  }

  #watch(clock: ProcessClock, onLease: (lease: Lease) => void, signal: AbortSignal): Promise<void> {
    if (this.watches === 'fail') return Promise.reject(refused(403));
    const { promise, resolve } = Promise.withResolvers<void>();
    const tell = (record: Lease | undefined) => {
      if (this.watches === 'are silent') return;
      this.#world.after(this.#timing.latency(), () =>
        clock.receive(() => (record ? onLease(record) : resolve())),
      );
    };
    this.#watchers.add(tell);
    signal.addEventListener('abort', () => resolve(), { once: true });
    return promise.finally(() => this.#watchers.delete(tell));
  }
}
