// For all orders of callers and results: one probe at a time, spaced, and no caller waits for ever.

import { expect } from 'chai';
import fc from 'fast-check';
import {
  CircuitBreaker,
  type Entrance,
  type Pass,
} from '../../../../src/cloud/resilience/circuit-breaker.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { holdsInTime, sequence } from '../../kit/for-any.ts';

const REFUSED: Failure = { kind: 'AuthenticationFailed', message: 'not this key' };

const LONGEST = 20_000;

/**
 * Time from the end of a failed call to the next probe, ms: 5 s, doubled with each failure up to 20 s. Half
 * of it may be random.
 */
function shortest(failures: number): number {
  return Math.min(LONGEST, 5_000 * 2 ** (failures - 1)) / 2;
}

const ENDS = ['succeeded', 'failed', 'inconclusive', 'abandoned'] as const;
type End = (typeof ENDS)[number];

type Step =
  | { readonly do: 'enter'; readonly gone: boolean }
  | { readonly do: 'end'; readonly which: number; readonly how: End }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'reset' }
  /** A probe comes as late as can be, and fails. */
  | { readonly do: 'failAgain' };

const steps = sequence(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('enter' as const), gone: fc.boolean() }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(5),
        how: fc.constantFrom(...ENDS),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(5) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        ms: fc.constantFrom(1, 2_000, 5_000, LONGEST),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom({ do: 'reset' as const }) },
    { weight: 6, arbitrary: fc.constantFrom({ do: 'failAgain' as const }) },
  ) satisfies fc.Arbitrary<Step>,
  40,
);

/** One caller, with its result and whether it still wants to call. */
interface Caller {
  withdrawn: boolean;
  entrance?: Entrance;
}

/** Callers as a reader has them: each ends its pass with exactly one method. */
class Callers {
  readonly clock = new FakeClock(1_000_000);
  readonly breaker = new CircuitBreaker(this.clock);
  readonly #all: Caller[] = [];
  /** Passes whose call has not ended. */
  readonly #passes: Pass[] = [];
  /** The state as the callers see it. */
  #isOpen = false;
  #probe: Pass | undefined;
  #notBefore = 0;
  #failures = 0;
  /** Failed expectations of callbacks, thrown after the step. */
  readonly #wrong: unknown[] = [];

  get waiting(): number {
    return this.#all.filter(({ entrance }) => !entrance).length;
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'enter') this.#enter(step.gone);
    else if (step.do === 'end') this.#end(this.#passes[step.which], step.how);
    else if (step.do === 'leave') this.#leave(step.which);
    else if (step.do === 'pass') await this.clock.advance(step.ms);
    else if (step.do === 'reset') this.#reset();
    else await this.#failAgain();
    await settled();
    if (this.#wrong.length > 0) throw this.#wrong[0];
  }

  /** Every call ends, and so does every probe that this brings. */
  async endAll(): Promise<void> {
    for (let rounds = 0; this.#passes.length > 0 && rounds < 1_000; rounds += 1) {
      this.#end(this.#passes[0], 'abandoned');
      await settled();
    }
  }

  #leave(which: number): void {
    const waiting = this.#all.filter(({ entrance }) => !entrance)[which];
    if (waiting) waiting.withdrawn = true;
  }

  #enter(gone: boolean): void {
    const caller: Caller = { withdrawn: gone };
    this.#all.push(caller);
    this.breaker
      .enter(caller)
      .then((entrance) => this.#entered(caller, entrance))
      .catch((error: unknown) => this.#wrong.push(error));
  }

  #entered(caller: Caller, entrance: Entrance): void {
    caller.entrance = entrance;
    const now = this.clock.now();
    if ('refused' in entrance) {
      expect(this.#isOpen, 'refused though nothing has failed').to.equal(true);
      expect(entrance.refused).to.include(REFUSED);
      expect(this.#probe, 'refused while a probe is under way').to.equal(undefined);
      expect(entrance.refused.retryAt, 'the time to come again').to.be.within(this.#notBefore, now + LONGEST);
      return;
    }
    this.#passes.push(entrance.pass);
    if (!this.#isOpen) return;
    expect(this.#probe, 'a second probe').to.equal(undefined);
    expect(caller.withdrawn, 'a probe by a caller that has left').to.equal(false);
    expect(now, 'the next probe').to.be.at.least(this.#notBefore);
    this.#probe = entrance.pass;
  }

  #end(pass: Pass | undefined, how: End): void {
    if (!pass) return;
    this.#passes.splice(this.#passes.indexOf(pass), 1);
    const isProbe = pass === this.#probe;
    if (isProbe) this.#probe = undefined;
    const wasOpen = this.#isOpen;
    if (how === 'failed') this.#fail(pass, isProbe);
    else this.breaker[how](pass);
    if (!wasOpen || !isProbe) return;
    if (how === 'succeeded') this.#isOpen = false;
    if (how === 'inconclusive') this.#notBefore = this.clock.now() + shortest(this.#failures);
    if (how === 'abandoned') this.#notBefore = this.clock.now();
  }

  #fail(pass: Pass, isProbe: boolean): void {
    const opens = !this.#isOpen || isProbe;
    this.breaker.failed(pass, REFUSED);
    if (!opens) return;
    this.#failures = this.#isOpen ? this.#failures + 1 : 1;
    this.#notBefore = this.clock.now() + shortest(this.#failures);
    this.#isOpen = true;
  }

  async #failAgain(): Promise<void> {
    await this.clock.advance(LONGEST);
    this.#enter(false);
    await settled();
    this.#end(this.#passes.at(-1), 'failed');
  }

  #reset(): void {
    this.breaker.reset();
    this.#isOpen = false;
    this.#probe = undefined;
  }
}

describe('a circuit breaker, for any order of calls and ends,', () => {
  it('lets one probe through at a time, never too soon, and refuses no caller without a failure', async () => {
    await holdsInTime(
      fc.asyncProperty(steps, async (given) => {
        const callers = new Callers();
        for (const step of given) await callers.take(step);
      }),
      150,
    );
  });

  it('leaves no caller waiting, and lets a caller through 20 s after the last end of a call', async () => {
    await holdsInTime(
      fc.asyncProperty(steps, async (given) => {
        const callers = new Callers();
        for (const step of given) await callers.take(step);
        await callers.endAll();
        expect(callers.waiting).to.equal(0);
        await callers.clock.advance(LONGEST);
        expect(await callers.breaker.enter()).to.have.property('pass');
      }),
    );
  });
});
