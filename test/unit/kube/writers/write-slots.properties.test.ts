/**
 * Holds for any order of writes of any sizes: no namespace has all slots, large objects and those of unknown
 * size are written one after another, and no namespace waits while nothing is under way.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { MOST_IN_FLIGHT, WriteSlots } from '../../../../src/kube/writers/write-slots.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { holds, sequence } from '../../kit/for-any.ts';

const SMALL = 4_000;
const LARGE = 1_100_000;

/** Objects of a namespace have one size. */
const NAMESPACES: Readonly<Record<string, number>> = { ads: LARGE, films: SMALL, news: SMALL, sport: LARGE };
const namespace = fc.constantFrom(...Object.keys(NAMESPACES));

type Step =
  | { readonly do: 'begin'; readonly namespace: string; readonly times: number }
  | { readonly do: 'end'; readonly namespace: string; readonly fails: boolean };

const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    fc.record({ do: fc.constant('begin' as const), namespace, times: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ do: fc.constant('end' as const), namespace, fails: fc.boolean() }),
  ),
  60,
);

/** Begins writes as the status writer does: only those that may. */
class Writing {
  readonly slots = new WriteSlots(new FakeClock());
  /** Namespaces of the writes under way. */
  readonly underWay: string[] = [];
  /** Namespaces whose last write was answered. */
  readonly #known = new Set<string>();

  take(step: Step): void {
    if (step.do === 'end') this.end(step.namespace, step.fails);
    else for (let time = 0; time < step.times; time += 1) this.#begin(step.namespace);
  }

  end(of: string, fails: boolean): void {
    const place = this.underWay.indexOf(of);
    if (place < 0) return;
    this.underWay.splice(place, 1);
    if (fails) {
      this.slots.failed(of);
      this.#known.delete(of);
    } else {
      this.slots.stored(of, NAMESPACES[of] ?? 0);
      this.#known.add(of);
    }
  }

  #begin(of: string): void {
    if (!this.slots.mayBegin(of)) return;
    if (!this.#known.has(of)) expect(this.underWay).to.not.include(of);
    else if (NAMESPACES[of] === LARGE)
      expect(this.underWay.filter((each) => this.#isLarge(each))).to.deep.equal([]);
    this.underWay.push(of);
    this.slots.began(of);
    expect(this.underWay.filter((each) => each === of).length).to.be.at.most(MOST_IN_FLIGHT - 2);
  }

  #isLarge(of: string): boolean {
    return this.#known.has(of) && NAMESPACES[of] === LARGE;
  }
}

describe('the slots of status writes, for any order of writes', () => {
  it('leave two for other namespaces, and go to one large object at a time', () => {
    holds(
      fc.property(steps, (given) => {
        const writing = new Writing();
        for (const step of given) writing.take(step);
      }),
      200,
    );
  });

  it('are free for each namespace when nothing is under way', () => {
    holds(
      fc.property(steps, (given) => {
        const writing = new Writing();
        for (const step of given) writing.take(step);
        for (const each of [...writing.underWay]) writing.end(each, false);
        expect(Object.keys(NAMESPACES).filter((each) => !writing.slots.mayBegin(each))).to.deep.equal([]);
      }),
      100,
    );
  });

  it('are all but two for a namespace with small objects, whatever other namespaces have', () => {
    const writing = new Writing();
    for (const namespace of ['ads', 'news']) {
      writing.take({ do: 'begin', namespace, times: 20 });
      writing.end(namespace, false);
    }
    writing.take({ do: 'begin', namespace: 'ads', times: 20 });
    writing.take({ do: 'begin', namespace: 'news', times: 20 });
    expect(writing.underWay).to.deep.equal(['ads', ...Array(MOST_IN_FLIGHT - 2).fill('news')]);
  });
});
