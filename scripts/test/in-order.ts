// What the tests of one `describe` and the runner agree on: steps of a story keep their order. Not mocha's
// `bail`: in a parallel run it ends the tests of all files.

import type { Suite } from 'mocha';

const ordered = new WeakSet<Suite>();

/** What is directly in this `describe`, tests or other `describe`s, are steps: each needs the one before. */
export function inOrder(suite: Suite): void {
  ordered.add(suite);
}

export function isInOrder(suite: Suite): boolean {
  return ordered.has(suite);
}
