// Loaded into mocha where SHUFFLE is set: runs the tests of each file in another order, so that a test which
// depends on another one fails. The order follows from the number and the file's name: the file has the same
// order alone and beside others. What is directly in a `describe` that is in order stays so.

import { hash } from 'node:crypto';
import { basename } from 'node:path';
import type { Context, Suite } from 'mocha';
import { isInOrder } from './in-order.ts';

/** @throws an Error that says what SHUFFLE may be */
export function shuffleNumber(text: string): number {
  if (!/^\d+$/.test(text))
    throw new Error(`SHUFFLE=${text} is not a whole number; give one, such as SHUFFLE=7`);
  return Number(text);
}

/** Returns a linear congruential generator of numbers from 0 to below 1. */
function generator(seed: string): () => number {
  let state = hash('sha256', seed, 'buffer').readUInt32LE();
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffle(items: unknown[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
}

function shuffleAll(suites: Suite[], random: () => number): void {
  for (const suite of suites) {
    if (!isInOrder(suite)) {
      shuffle(suite.tests, random);
      shuffle(suite.suites, random);
    }
    shuffleAll(suite.suites, random);
  }
}

export const mochaHooks = {
  beforeAll(this: Context): void {
    const root = this.test?.parent;
    if (!root) return;
    const number = shuffleNumber(process.env.SHUFFLE ?? '');
    const files = [...Map.groupBy(root.suites, ({ file = '' }) => file)];
    for (const [file, suites] of files) {
      const random = generator(`${number} ${basename(file)}`);
      shuffle(suites, random);
      shuffleAll(suites, random);
    }
    root.suites = files.flatMap(([, suites]) => suites);
  },
};
