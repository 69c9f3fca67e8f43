// A work queue hands out no key twice at a time, forgets none, and serves those parties in turn that may
// start, for any order of adding, taking and finishing.

import { expect } from 'chai';
import fc from 'fast-check';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { holds, sequence } from '../kit/for-any.ts';

const KEYS = [0, 1, 2, 3, 4];

/** Three parties: two have two keys each, the third has one. */
function partyOf(key: number): string {
  return `party-${key % 3}`;
}

type Step =
  | { readonly do: 'add' | 'done'; readonly key: number }
  | { readonly do: 'next'; readonly barred: string | undefined };

const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    fc.record({ do: fc.constantFrom('add' as const, 'done' as const), key: fc.constantFrom(...KEYS) }),
    fc.record({ do: fc.constant('next' as const), barred: fc.constantFrom(undefined, 'party-0', 'party-1') }),
  ),
  80,
);

/** What the queue should hold, kept in the plainest way. */
class Model {
  readonly queue = new WorkQueue<number, number>((key) => key, partyOf);
  /** Keys of each party in the order in which they will be handed out. The first party is next. */
  readonly #waiting: { readonly party: string; readonly keys: number[] }[] = [];
  readonly #working = new Map<number, { again: boolean }>();

  take(step: Step): void {
    if (step.do === 'add') this.#add(step.key);
    else if (step.do === 'next') this.#next(step.barred);
    else this.#done(step.key);
    const waiting = KEYS.filter((key) => this.queue.isWaiting(key));
    expect(waiting).to.have.members(this.#waiting.flatMap(({ keys }) => keys));
    expect([...this.queue.underWay.keys()]).to.have.members([...this.#working.keys()]);
  }

  #add(key: number): void {
    this.queue.add(key);
    const work = this.#working.get(key);
    if (work) work.again = true;
    else this.#wait(key);
  }

  #next(barred: string | undefined): void {
    const place = this.#waiting.findIndex(({ party }) => party !== barred);
    const passed = this.#waiting.splice(0, place);
    const first = place < 0 ? undefined : this.#waiting.shift();
    const expected = first?.keys.shift();
    this.#waiting.push(...passed);
    if (first && first.keys.length > 0) this.#waiting.push(first);
    expect(this.queue.next((party) => party !== barred)).to.equal(expected);
    if (expected !== undefined) this.#working.set(expected, { again: false });
  }

  #done(key: number): void {
    const work = this.#working.get(key);
    if (!work) return;
    this.#working.delete(key);
    expect(this.queue.done(key)).to.equal(work.again);
    if (work.again) this.#wait(key);
  }

  #wait(key: number): void {
    const party = partyOf(key);
    const known = this.#waiting.find((each) => each.party === party);
    if (!known) this.#waiting.push({ party, keys: [key] });
    else if (!known.keys.includes(key)) known.keys.push(key);
  }
}

describe('a work queue, for any order of adding, taking and finishing', () => {
  it('serves parties in turn, hands out no key twice at a time, and once more each that was added in work', () => {
    holds(
      fc.property(steps, (given) => {
        const model = new Model();
        for (const step of given) model.take(step);
      }),
      100,
    );
  });
});
