// Work on many items holds up no other work for long, and its result is as without turns.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { forEachInTurns, sortInTurns } from '../../../src/overview/in-turns.ts';

const MANY = 60_000;

describe('work in turns of the event loop', () => {
  it('sorts as `toSorted` does, and keeps the order of equal items', async () => {
    const keys = fc.array(fc.nat(500), { minLength: 1 });
    const cases = fc.sample(fc.tuple(keys, fc.integer({ min: 1, max: 9_000 })), { numRuns: 8, seed: 1 });
    for (const [some, length] of cases) {
      const all = Array.from({ length }, (_, index) => ({ index, key: some[index % some.length] ?? 0 }));
      const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key;
      const order = (items: readonly { index: number }[]) => items.map(({ index }) => index).join();
      expect(order(await sortInTurns(all, byKey))).to.equal(order(all.toSorted(byKey)));
    }
    expect(await sortInTurns([], () => 0)).to.deep.equal([]);
  });

  it('lets other work run in between', async () => {
    const numbers = Array.from({ length: MANY }, (_, index) => (index * 7_919) % MANY);
    let steps = 0;
    let most = 0;
    let isOver = false;
    const otherWork = (async () => {
      while (!isOver) {
        most = Math.max(most, steps);
        steps = 0;
        await nextTurn();
      }
    })();
    await forEachInTurns(numbers, () => (steps += 1));
    await sortInTurns(numbers, (a, b) => {
      steps += 1;
      return a - b;
    });
    isOver = true;
    await otherWork;
    most = Math.max(most, steps);
    // Sorting 2,000 items takes 2,000 × log2(2,000) comparisons at most.
    expect(most).to.be.within(1, 22_000);
  });

  it('handles each item once, in its order', async () => {
    const seen: number[] = [];
    const numbers = Array.from({ length: 5_000 }, (_, index) => index);
    await forEachInTurns(numbers, (number) => seen.push(number), 7);
    expect(seen).to.deep.equal(numbers);
  });
});
