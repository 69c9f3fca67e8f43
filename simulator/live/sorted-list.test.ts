/** A list that stays in order whatever is added and removed. */
import { expect } from 'chai';
import { SortedList } from './sorted-list.ts';

describe('a sorted list', () => {
  it('is in order, both ways, after any adding and removing', () => {
    const list = new SortedList<number>((a, b) => a - b);
    const kept = new Set<number>();
    // A full cycle of a generator with modulus 1,009, which is prime: every number once, in no order.
    let number = 1;
    for (let step = 0; step < 1_008; step++) {
      number = (number * 11) % 1_009;
      list.add(number);
      kept.add(number);
      if (step % 3 === 0) {
        const [oldest = 0] = kept;
        kept.delete(oldest);
        list.remove(oldest);
      }
    }
    const expected = [...kept].sort((a, b) => a - b);
    expect(expected).to.have.length(672);
    expect([...list.ascending()]).to.deep.equal(expected);
    expect([...list.descending()]).to.deep.equal(expected.toReversed());
  });

  it('does not change when a missing item is removed', () => {
    const list = new SortedList<number>((a, b) => a - b);
    list.add(1);
    for (const number of [0, 2]) list.remove(number);
    expect([...list.ascending()]).to.deep.equal([1]);
  });
});
