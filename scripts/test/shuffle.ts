// Loaded into mocha where SHUFFLE is set: runs the tests of each file in an order that follows from that
// number, so that a test which depends on another one fails. What is directly in a `describe` that is
// in order stays so.

import type { Context, Suite } from 'mocha';
import { isInOrder } from './in-order.ts';

let state = Number(process.env.SHUFFLE) >>> 0;

/** A linear congruential generator: below 1. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

function shuffle(items: unknown[]): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
}

function shuffleAll(suite: Suite): void {
  if (!isInOrder(suite)) {
    shuffle(suite.tests);
    shuffle(suite.suites);
  }
  suite.suites.forEach(shuffleAll);
}

export const mochaHooks = {
  beforeAll(this: Context): void {
    if (this.test?.parent) shuffleAll(this.test.parent);
  },
};
