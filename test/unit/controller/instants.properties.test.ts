// The earliest instant comes first and none is left behind, for any order of setting, deleting and taking.

import { expect } from 'chai';
import fc from 'fast-check';
import { Instants } from '../../../src/controller/instants.ts';
import { holds, sequence } from '../kit/for-any.ts';

type Step =
  | { readonly do: 'set'; readonly key: number; readonly at: number }
  | { readonly do: 'delete'; readonly key: number }
  | { readonly do: 'take' };

const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('set' as const), key: fc.nat(20), at: fc.nat(30) }) },
    fc.record({ do: fc.constant('delete' as const), key: fc.nat(20) }),
    fc.constant({ do: 'take' as const }),
  ),
  120,
);

describe('instants, for any order of setting, deleting and taking', () => {
  it('hold the last instant set for each key, and return the earliest first', () => {
    holds(
      fc.property(steps, (taken) => {
        const instants = new Instants<number>();
        const model = new Map<number, number>();
        for (const step of taken) {
          take(instants, model, step);
          expect(instants.size).to.equal(model.size);
          for (const key of [...model.keys(), 21]) expect(instants.get(key)).to.equal(model.get(key));
          const first = instants.first();
          expect(first?.at).to.equal(model.size > 0 ? Math.min(...model.values()) : undefined);
          if (first) expect(model.get(first.key)).to.equal(first.at);
        }
      }),
    );
  });

  it('are empty after they were cleared', () => {
    const instants = new Instants<string>();
    instants.set('a', 1);
    instants.clear();
    expect([instants.size, instants.get('a'), instants.first()]).to.deep.equal([0, undefined, undefined]);
  });
});

function take(instants: Instants<number>, model: Map<number, number>, step: Step): void {
  switch (step.do) {
    case 'set':
      instants.set(step.key, step.at);
      model.set(step.key, step.at);
      break;
    case 'delete':
      instants.delete(step.key);
      model.delete(step.key);
      break;
    case 'take': {
      const first = instants.first();
      if (!first) break;
      instants.delete(first.key);
      model.delete(first.key);
      break;
    }
  }
}
