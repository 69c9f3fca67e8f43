// A work queue hands out no key twice at a time and forgets none, for any order of adding, taking and
// finishing.

import { expect } from 'chai';
import fc from 'fast-check';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { holds, sequence } from '../kit/for-any.ts';

const KEYS = [0, 1, 2, 3, 4];

type Step = { readonly do: 'add' | 'done'; readonly key: number } | { readonly do: 'next' };

const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    fc.record({ do: fc.constantFrom('add' as const, 'done' as const), key: fc.constantFrom(...KEYS) }),
    fc.constant({ do: 'next' as const }),
  ),
  80,
);

/** What the queue should hold, kept in the plainest way. */
class Model {
  readonly queue = new WorkQueue<number>();
  /** Keys in the order in which they will be handed out. */
  readonly #waiting: number[] = [];
  readonly #working = new Map<number, { again: boolean }>();

  take(step: Step): void {
    if (step.do === 'add') this.#add(step.key);
    else if (step.do === 'next') this.#next();
    else this.#done(step.key);
    const waiting = KEYS.filter((key) => this.queue.isWaiting(key));
    expect(waiting).to.have.members(this.#waiting);
    expect(this.queue.working).to.equal(this.#working.size);
  }

  #add(key: number): void {
    this.queue.add(key);
    const work = this.#working.get(key);
    if (work) work.again = true;
    else if (!this.#waiting.includes(key)) this.#waiting.push(key);
  }

  #next(): void {
    const expected = this.#waiting.shift();
    expect(this.queue.next()).to.equal(expected);
    if (expected !== undefined) this.#working.set(expected, { again: false });
  }

  #done(key: number): void {
    const work = this.#working.get(key);
    if (!work) return;
    this.#working.delete(key);
    expect(this.queue.done(key)).to.equal(work.again);
    if (work.again) this.#waiting.push(key);
  }
}

describe('a work queue, for any order of adding, taking and finishing', () => {
  it('hands out keys in order, none twice at a time, and once more each that was added while in work', () => {
    holds(
      fc.property(steps, (given) => {
        const model = new Model();
        for (const step of given) model.take(step);
      }),
      100,
    );
  });
});
