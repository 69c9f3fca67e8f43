// No caller waits for ever at a guard, however the calls end that it let through.

import { expect } from 'chai';
import fc from 'fast-check';
import type { Pass } from '../../../../src/cloud/resilience/circuit-breaker.ts';
import { EndpointGuard } from '../../../../src/cloud/resilience/endpoint-guard.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { holdsInTime, sequence } from '../../kit/for-any.ts';

const UNREACHABLE: Failure = { kind: 'ConnectionFailed', message: 'no answer' };

/** The longest between two probes, ms. */
const LONGEST = 20_000;

const steps = sequence(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant({ do: 'enter' as const }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom('failed' as const, 'failed' as const, 'succeeded' as const, 'abandoned' as const),
        which: fc.nat(8),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'pass' as const }) },
  ),
  60,
);

class Callers {
  readonly clock = new FakeClock(1_000_000);
  readonly guard = new EndpointGuard(this.clock, { underway: 0 });
  readonly passes: Pass[] = [];
  waiting = 0;

  enter(): void {
    this.waiting += 1;
    void this.guard.enter().then((entrance) => {
      this.waiting -= 1;
      if ('pass' in entrance) this.passes.push(entrance.pass);
    });
  }

  end(pass: Pass | undefined, how: 'succeeded' | 'failed' | 'abandoned'): void {
    if (!pass) return;
    this.passes.splice(this.passes.indexOf(pass), 1);
    if (how === 'abandoned') {
      this.guard.abandoned(pass);
      return;
    }
    this.guard.began();
    if (how === 'failed') this.guard.failed(pass, UNREACHABLE);
    else this.guard.succeeded(pass);
  }
}

describe('an endpoint guard, for any order of calls and ends,', () => {
  it('leaves no caller waiting, and lets a caller through 20 s after the last end of a call', async () => {
    await holdsInTime(
      fc.asyncProperty(steps, fc.constantFrom('failed', 'succeeded', 'abandoned'), async (given, lastly) => {
        const callers = new Callers();
        for (const step of given) {
          if (step.do === 'enter') callers.enter();
          else if (step.do === 'pass') await callers.clock.advance(LONGEST);
          else callers.end(callers.passes[step.which], step.do);
          await settled();
        }
        for (; callers.passes.length > 0; await settled()) callers.end(callers.passes[0], lastly);
        expect([callers.waiting, callers.guard.calls.underway]).to.deep.equal([0, 0]);
        await callers.clock.advance(LONGEST);
        callers.enter();
        await settled();
        expect(callers.passes).to.have.length(1);
      }),
      200,
    );
  });
});
