/**
 * A circuit breaker for one credential, namespace and endpoint, and a bound on the concurrent calls of the
 * credential to the endpoint, which all its namespaces share. After several calls in a row that failed to
 * reach the endpoint, only a probe goes there. So an endpoint that hangs takes neither the permits nor the
 * sockets of others.
 *
 * Each credential finds out on its own, and so does each namespace that uses it. A namespace could otherwise
 * close the endpoint for another: by the content of a Secret, or by a request that a firewall resets.
 */
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import type { Failure } from '../../job/model/failures.ts';
import { CircuitBreaker, type Pass } from './circuit-breaker.ts';

/** One reset connection is an accident, and a few come together. */
const FAILURES_TO_OPEN = 5;

/** Most calls in flight. At 100 calls/s that allows 1 s per answer, many times the usual. */
const MOST_AT_ONCE = 96;

/** A call beyond the bound is refused, and may come again after 2.5 to 5 s. */
const COME_AGAIN_MS = 5_000;

/** How long an unused guard is kept. */
const UNUSED_MS = 10 * 60_000;

/** Calls in flight to one endpoint, of all namespaces. */
interface Calls {
  underway: number;
}

export class EndpointGuard extends CircuitBreaker {
  readonly #clock: Clock;
  readonly calls: Calls;
  #failuresInARow = 0;

  constructor(clock: Clock, calls: Calls) {
    super(clock);
    this.#clock = clock;
    this.calls = calls;
  }

  override refusal(pass: Pass): Failure | undefined {
    const refused = super.refusal(pass);
    return refused || this.calls.underway < MOST_AT_ONCE ? refused : tooSlow(this.#clock.now());
  }

  /** The call is sent. Its caller reports the end with exactly one of `succeeded` and `failed`. */
  began(): void {
    this.calls.underway += 1;
  }

  /** The call ended in a way that shows the endpoint to work. The caller decides which. */
  override succeeded(pass: Pass): void {
    this.calls.underway -= 1;
    this.#failuresInARow = 0;
    super.succeeded(pass);
  }

  /** The endpoint gave no answer, or one that the caller counts as none. */
  override failed(pass: Pass, failure: Failure): void {
    this.calls.underway -= 1;
    this.#failuresInARow += 1;
    if (this.#failuresInARow >= FAILURES_TO_OPEN) super.failed(pass, failure);
    // This call may be the probe, although an older call that succeeded meanwhile has reset the count.
    else this.inconclusive(pass);
  }
}

/** The guards of one credential: one for each namespace and endpoint in use. */
export class EndpointGuards {
  readonly #clock: Clock;
  readonly #guards: ExpiringMap<string, EndpointGuard>;
  /** Calls in flight, by endpoint. */
  readonly #calls: ExpiringMap<string, Calls>;

  constructor(clock: Clock) {
    this.#clock = clock;
    const lifetimeMs = UNUSED_MS;
    this.#guards = new ExpiringMap({ clock, lifetimeMs, isInUse: ({ calls }) => calls.underway > 0 });
    this.#calls = new ExpiringMap({ clock, lifetimeMs, isInUse: ({ underway }) => underway > 0 });
  }

  /** @param endpoint in the format of `formatEndpoint` */
  of(endpoint: string, namespace: string): EndpointGuard {
    const calls = this.#calls.use(endpoint) ?? this.#calls.set(endpoint, { underway: 0 });
    const name = `${namespace} ${endpoint}`;
    return this.#guards.use(name) ?? this.#guards.set(name, new EndpointGuard(this.#clock, calls));
  }

  /** Number of guards in memory. */
  get size(): number {
    return this.#guards.size;
  }
}

function tooSlow(now: number): Failure {
  const message = 'the endpoint is slow to answer; check the network and the endpoint';
  return { kind: 'ConnectionFailed', message, retryAt: now + COME_AGAIN_MS * (0.5 + Math.random() / 2) };
}
