// Never one key twice at a time, and none forgotten: for any order of adding, taking and finishing.

import { expect } from 'chai';
import fc from 'fast-check';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { holds, sequence } from '../kit/for-any.ts';

type Step = { readonly do: 'add' | 'done'; readonly key: number } | { readonly do: 'next' };

const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    fc.record({ do: fc.constantFrom('add' as const, 'done' as const), key: fc.nat(4) }),
    fc.constant({ do: 'next' as const }),
  ),
  80,
);

/** What the queue should say, kept in the plainest way. */
class Model {
  readonly queue = new WorkQueue<number>();
  /** In the order in which they will come. */
  readonly #waiting: number[] = [];
  readonly #working = new Map<number, { again: boolean }>();

  take(step: Step): void {
    if (step.do === 'add') this.#add(step.key);
    else if (step.do === 'next') this.#next();
    else this.#done(step.key);
    expect(this.queue).to.include({ waiting: this.#waiting.length, working: this.#working.size });
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

describe('for any order of adding, taking and finishing', () => {
  it('keys come in their order, none twice at a time, and each that was added in work once more', () => {
    holds(
      fc.property(steps, (given) => {
        const model = new Model();
        for (const step of given) model.take(step);
      }),
      100,
    );
  });
});
