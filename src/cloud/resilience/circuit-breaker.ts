/**
 * Keeps calls that are known to fail from being made. After a failure one probe goes at growing intervals; whoever comes
 * meanwhile is told the failure, and whoever comes while a probe is under way waits for what it brings.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Failure } from '../../job/model/failures.ts';

/** The leave to make one call, by which the circuit knows its probe again. How the call ended is told by exactly one method. */
export type Pass = symbol;

export type Entrance = { readonly pass: Pass } | { readonly refused: Failure };

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly failure: Failure; readonly until: number; readonly attempt: number }
  | {
      readonly kind: 'probing';
      readonly failure: Failure;
      readonly until: number;
      readonly attempt: number;
      readonly probe: Pass;
      readonly ended: PromiseWithResolvers<void>;
    };

/** A mended key must show within 30 s: 20 s to the next probe leaves 10 s for the call and the write. */
const PROBES: Backoff = { baseMs: 5_000, maxMs: 20_000 };

/** While all is well nobody has to be told from others, and a hundred thousand may wait with it. */
const ADMITTED: Entrance = { pass: Symbol('admitted') };

export class CircuitBreaker {
  readonly #clock: Clock;
  #state: State = { kind: 'closed' };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param signal whoever has left, while waiting for the probe or before, does not become the next one */
  async enter(signal: Pick<AbortSignal, 'aborted'>): Promise<Entrance> {
    while (this.#state.kind === 'probing') await this.#state.ended.promise;
    const now = this.#clock.now();
    if (this.#state.kind === 'closed') return ADMITTED;
    if (signal.aborted || now < this.#state.until) return { refused: told(this.#state) };
    const { failure, attempt } = this.#state;
    const pass: Pass = Symbol('probe');
    const until = now + backoffDelay(PROBES, attempt + 1);
    this.#state = { kind: 'probing', failure, attempt, until, probe: pass, ended: Promise.withResolvers() };
    return { pass };
  }

  /** For those who entered and waited since: the failure, if the circuit is closed to them by now. */
  refusal(pass: Pass): Failure | undefined {
    const state = this.#state;
    return state.kind === 'closed' || isProbe(state, pass) ? undefined : told(state);
  }

  /** The call shows that the thing works. Of a call that began before the failure it shows nothing: only the probe closes. */
  succeeded(pass: Pass): void {
    if (isProbe(this.#state, pass)) this.reset();
  }

  /** The call failed. Those that were under way together fail together: they are one failure, not many. */
  failed(pass: Pass, failure: Failure): void {
    const state = this.#state;
    if (state.kind !== 'closed' && !isProbe(state, pass)) return;
    const attempt = state.kind === 'probing' ? state.attempt + 1 : 1;
    this.#open(failure, attempt, this.#clock.now() + backoffDelay(PROBES, attempt));
  }

  /** The call was made and says nothing of the thing: if it was the probe, the next one goes later. */
  inconclusive(pass: Pass): void {
    const state = this.#state;
    if (isProbe(state, pass))
      this.#open(state.failure, state.attempt, this.#clock.now() + backoffDelay(PROBES, state.attempt));
  }

  /** The call was not made: if it was to be the probe, another one may go at once. */
  abandoned(pass: Pass): void {
    const state = this.#state;
    if (isProbe(state, pass)) this.#open(state.failure, state.attempt, this.#clock.now());
  }

  /** What failed has been replaced. */
  reset(): void {
    this.#become({ kind: 'closed' });
  }

  #open(failure: Failure, attempt: number, until: number): void {
    this.#become({ kind: 'open', failure, attempt, until });
  }

  /** Whoever waits for a probe looks again. */
  #become(state: State): void {
    const before = this.#state;
    this.#state = state;
    if (before.kind === 'probing') before.ended.resolve();
  }
}

function isProbe(state: State, pass: Pass): state is Extract<State, { kind: 'probing' }> {
  return state.kind === 'probing' && state.probe === pass;
}

function told({ failure, until }: Exclude<State, { kind: 'closed' }>): Failure {
  return { ...failure, retryAt: until };
}
