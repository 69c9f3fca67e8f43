// The earliest deadline goes first, and what was withdrawn takes neither a turn nor much memory.

import { expect } from 'chai';
import { DeadlineQueue, type Entry } from '../../../src/ratelimit/deadline-queue.ts';

describe('a queue by deadline', () => {
  const item = (deadline: number): Entry => ({ deadline, withdrawn: false });

  function queueOf(...deadlines: number[]): { queue: DeadlineQueue<Entry>; items: Entry[] } {
    const items = deadlines.map(item);
    const queue = new DeadlineQueue(items[0] as Entry);
    for (const each of items.slice(1)) queue.push(each);
    return { queue, items };
  }

  function withdraw(queue: DeadlineQueue<Entry>, ...items: Entry[]): void {
    for (const each of items) {
      each.withdrawn = true;
      queue.withdrew();
    }
  }

  it('gives the earliest first, and says how many wait', () => {
    const { queue } = queueOf(30, 10, 20);
    expect([queue.size, queue.earliest]).to.deep.equal([3, 10]);
    expect([queue.pop(), queue.pop()].map((each) => each?.deadline)).to.deep.equal([10, 20]);
    expect([queue.size, queue.earliest]).to.deep.equal([1, 30]);
    queue.pop();
    expect([queue.size, queue.earliest, queue.pop()]).to.deep.equal([0, Number.POSITIVE_INFINITY, undefined]);
    expect(queue.size).to.equal(0);
  });

  it('passes over what was withdrawn', () => {
    const { queue, items } = queueOf(10, 20, 30, 40);
    withdraw(queue, items[0] as Entry, items[2] as Entry);
    expect([queue.size, queue.earliest]).to.deep.equal([2, 20]);
    expect([...queue].map(({ deadline }) => deadline).sort((a, b) => a - b)).to.deep.equal([20, 40]);
    expect([queue.pop(), queue.pop(), queue.pop()].map((each) => each?.deadline)).to.deep.equal([
      20,
      40,
      undefined,
    ]);
  });

  it('keeps the order of the others when many are withdrawn', () => {
    const { queue, items } = queueOf(...Array.from({ length: 200 }, (_, index) => (index * 37) % 200));
    withdraw(queue, ...items.filter(({ deadline }) => deadline % 20 > 0));
    const rest = Array.from({ length: 10 }, () => queue.pop()?.deadline);
    expect(rest).to.deep.equal([0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
    expect([queue.size, queue.pop()]).to.deep.equal([0, undefined]);
  });

  it('holds no more withdrawn items than waiting ones and 32, and looks at each item a few times for that', () => {
    let looks = 0;
    /** A queue whose items are withdrawn but for the first. It counts how often it looks at an item. */
    const withdrawnBut = (waiting: number, count: number) => {
      looks = 0;
      let left = count;
      const items = Array.from(
        { length: count },
        (_, deadline): Entry => ({
          deadline,
          get withdrawn() {
            looks += 1;
            return deadline >= left;
          },
        }),
      );
      const queue = new DeadlineQueue(items[0] as Entry);
      for (const each of items.slice(1)) queue.push(each);
      while (left > waiting) {
        left -= 1;
        queue.withdrew();
      }
      return queue;
    };
    withdrawnBut(1, 1 + 1 + 32);
    expect(looks).to.equal(0);
    const queue = withdrawnBut(10, 10_000);
    expect(looks).to.be.below(3 * 10_000);
    looks = 0;
    expect([...queue].map(({ deadline }) => deadline)).to.have.members([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(looks).to.be.at.most(10 + 10 + 32);
  });
});
