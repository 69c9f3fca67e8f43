// Which fault of a soak comes next.

import { expect } from 'chai';
import { inTurn } from '../../../../scripts/soak/phase.ts';

describe('inTurn', () => {
  const fault = (name: string) => ({ name, run: () => Promise.resolve() });
  const others = [fault('a'), fault('b')];

  function names(first: string | undefined, faults: typeof others): (string | undefined)[] {
    const turns = inTurn(first === undefined ? undefined : fault(first), faults);
    return Array.from({ length: 5 }, () => turns.next().value?.name);
  }

  it('makes the first fault once, and then the others again and again', () => {
    expect(names('first', others)).to.deep.equal(['first', 'a', 'b', 'a', 'b']);
    expect(names(undefined, others)).to.deep.equal(['a', 'b', 'a', 'b', 'a']);
  });

  it('ends where there are no others', () => {
    expect(names(undefined, [])[0]).to.equal(undefined);
    expect(names('first', []).slice(0, 2)).to.deep.equal(['first', undefined]);
  });
});
