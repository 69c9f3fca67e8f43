/**
 * A namespace's way to one endpoint with one credential. When several calls in a row could not reach it, none but a probe goes there;
 * and only so many of the credential's are under way at once. So an endpoint that hangs takes neither the turns nor the sockets of the
 * others. Each credential finds out by itself, and each namespace that uses it: neither what one puts into a Secret nor what it asks for,
 * which a firewall on the way may reset, must close the way for another.
 */
import type { Clock } from '../../base/clock.ts';
import type { Failure } from '../../job/model/failures.ts';
import { CircuitBreaker, type Entrance, type Pass } from './circuit-breaker.ts';

/** One reset connection is an accident, and a few come together. */
const FAILURES_TO_OPEN = 5;

/** At 100 calls a second this is answers taking 1 s, many times the usual; who comes then is told to come again. */
const MOST_AT_ONCE = 96;
const COME_AGAIN_MS = 5_000;

/** What nobody has used for this long is forgotten; a credential of ten thousand namespaces is not to be gone through for each of them. */
const UNUSED_MS = 10 * 60_000;
const TIDY_EVERY_MS = 60_000;

/** Of all namespaces. */
interface Calls {
  underway: number;
}

export class EndpointGuard {
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker;
  /** To the same endpoint. */
  readonly calls: Calls;
  #shared: object | undefined;
  #failuresInARow = 0;

  constructor(clock: Clock, calls: Calls = { underway: 0 }) {
    this.#clock = clock;
    this.#breaker = new CircuitBreaker(clock);
    this.calls = calls;
  }

  /** As of `CircuitBreaker`. */
  enter(signal: Pick<AbortSignal, 'aborted'>): Promise<Entrance> {
    return this.#breaker.enter(signal);
  }

  /** For those who entered and waited since: the failure, if they are not let through by now. */
  refusal(pass: Pass): Failure | undefined {
    const refused = this.#breaker.refusal(pass);
    return refused || this.calls.underway < MOST_AT_ONCE ? refused : tooSlow(this.#clock.now());
  }

  /** The same object for the same values: while all is well they are the same for all who wait, of whom there may be many. */
  shared<T extends object>(values: T): T {
    const before = this.#shared as T | undefined;
    const isSame =
      before && Object.entries(values).every(([name, value]) => before[name as keyof T] === value);
    if (!isSame) this.#shared = values;
    return isSame ? before : values;
  }

  /** The call is sent. How it ends is told by exactly one of the next two. */
  began(): void {
    this.calls.underway += 1;
  }

  /** Whatever it answered: it can be reached. */
  succeeded(pass: Pass): void {
    this.calls.underway -= 1;
    this.#failuresInARow = 0;
    this.#breaker.succeeded(pass);
  }

  failed(pass: Pass, failure: Failure): void {
    this.calls.underway -= 1;
    this.#failuresInARow += 1;
    if (this.#failuresInARow >= FAILURES_TO_OPEN) this.#breaker.failed(pass, failure);
    // It may be the probe: an older call that came back well meanwhile began the row anew.
    else this.#breaker.inconclusive(pass);
  }

  /** The call was not made. */
  abandoned(pass: Pass): void {
    this.#breaker.abandoned(pass);
  }
}

interface Known {
  readonly endpoint: string;
  readonly guard: EndpointGuard;
  usedAt: number;
}

/** Of one credential: a gate for each namespace and endpoint in use. */
export class EndpointGuards {
  readonly #clock: Clock;
  readonly #guards = new Map<string, Known>();
  /** By endpoint, of those gates. */
  readonly #calls = new Map<string, Calls>();
  #tidyAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param endpoint as `formatEndpoint` writes it */
  of(endpoint: string, namespace: string): EndpointGuard {
    const name = `${namespace} ${endpoint}`;
    const usedAt = this.#clock.now();
    const known = this.#guards.get(name);
    if (known) return Object.assign(known, { usedAt }).guard;
    this.#tidy(usedAt);
    const calls = this.#calls.get(endpoint) ?? { underway: 0 };
    this.#calls.set(endpoint, calls);
    const guard = new EndpointGuard(this.#clock, calls);
    this.#guards.set(name, { endpoint, guard, usedAt });
    return guard;
  }

  get size(): number {
    return this.#guards.size;
  }

  #tidy(now: number): void {
    if (now < this.#tidyAt) return;
    this.#tidyAt = now + TIDY_EVERY_MS;
    for (const [name, { guard, usedAt }] of this.#guards)
      if (now - usedAt > UNUSED_MS && guard.calls.underway === 0) this.#guards.delete(name);
    const inUse = new Set(Array.from(this.#guards.values(), ({ endpoint }) => endpoint));
    for (const endpoint of this.#calls.keys()) if (!inUse.has(endpoint)) this.#calls.delete(endpoint);
  }
}

function tooSlow(now: number): Failure {
  const message = 'the endpoint is slow to answer; check the network and the endpoint';
  return { kind: 'ConnectionFailed', message, retryAt: now + COME_AGAIN_MS * (0.5 + Math.random() / 2) };
}
