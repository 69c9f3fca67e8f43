/**
 * Keeps calls that are known to fail from being made. After a failure one probe goes at growing intervals; whoever comes
 * meanwhile is told the failure, and whoever comes while a probe is under way waits for what it brings.
 */
import { type Backoff, backoffDelay } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Failure } from '../job/ports.ts';

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly failure: Failure; readonly until: number; readonly attempt: number }
  | {
      readonly kind: 'probing';
      readonly failure: Failure;
      readonly attempt: number;
      readonly ended: PromiseWithResolvers<void>;
    };

/** A mended key must show within 30 s: 20 s to the next probe leaves 10 s for the call and the write. */
const PROBES: Backoff = { baseMs: 5_000, maxMs: 20_000 };

export class Circuit {
  readonly #clock: Clock;
  #state: State = { kind: 'closed' };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined: go on, and say how it went. Otherwise what to answer instead of calling. */
  async enter(): Promise<Failure | undefined> {
    while (this.#state.kind === 'probing') await this.#state.ended.promise;
    return this.#state.kind === 'open' ? this.#probeOrRefuse(this.#state) : undefined;
  }

  /** For those who entered while it was closed and waited since: the failure, if it is not closed any more. */
  refusal(): Failure | undefined {
    return this.#state.kind === 'open' ? this.#told(this.#state) : undefined;
  }

  /** The thing that failed works. */
  succeeded(): void {
    const before = this.#state;
    this.#state = { kind: 'closed' };
    if (before.kind === 'probing') before.ended.resolve();
  }

  /** It failed. Calls that were under way together fail together: they are one failure, not many. */
  failed(failure: Failure): void {
    const before = this.#state;
    if (before.kind === 'open') return;
    this.#open(failure, before.kind === 'probing' ? before.attempt + 1 : 1);
    if (before.kind === 'probing') before.ended.resolve();
  }

  /** An entered call was not made after all, or its end says nothing: if it was the probe, another one has to go. */
  abandon(): void {
    if (this.#state.kind !== 'probing') return;
    const { failure, attempt, ended } = this.#state;
    this.#open(failure, attempt);
    ended.resolve();
  }

  #probeOrRefuse(open: Extract<State, { kind: 'open' }>): Failure | undefined {
    if (this.#clock.now() < open.until) return this.#told(open);
    const { failure, attempt } = open;
    this.#state = { kind: 'probing', failure, attempt, ended: Promise.withResolvers() };
    return undefined;
  }

  #open(failure: Failure, attempt: number): void {
    const until = this.#clock.now() + backoffDelay(PROBES, attempt);
    this.#state = { kind: 'open', failure, attempt, until };
  }

  #told({ failure, until }: Extract<State, { kind: 'open' }>): Failure {
    return { ...failure, retryAt: until };
  }
}
