// How long a namespace that takes less than its fair share waits for permits, whatever the others do.

import { expect } from 'chai';
import fc from 'fast-check';
import { Backlog, type Waiting } from '../../../../src/cloud/budget/backlog.ts';
import { PRIORITIES, type Priority } from '../../../../src/job/model/cloud-port.ts';
import { holds } from '../../kit/for-any.ts';

/** How many calls a namespace may be ahead of its share, as `backlog.ts` says. */
const AHEAD = 5;
const PERMITS = 600;

/**
 * How a namespace behaves: `storm`: 300 requests of the priority at once, again as soon as they are served;
 * `trickle`: the next request as soon as the last one is served, so that its queue is short.
 */
interface Behaviour {
  readonly kind: 'storm' | 'trickle';
  readonly priorities: readonly Priority[];
  /** Permit at which it begins. */
  readonly from: number;
  /** Deadlines can be in the past, as those of polls that are late. */
  readonly lateBy: number;
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  kind: fc.constantFrom('storm' as const, 'trickle' as const),
  priorities: fc.subarray([...PRIORITIES], { minLength: 1 }),
  from: fc.nat(100),
  lateBy: fc.constantFrom(0, 10_000),
});

/** A namespace that asks for one permit of every `namespaces + slack`, which is less than its share. */
const victim = fc.record({ slack: fc.integer({ min: 1, max: 4 }), priority: fc.constantFrom(...PRIORITIES) });

function item(namespace: string, priority: Priority, deadline: number): Waiting {
  return { namespace, priority, deadline, withdrawn: false };
}

/** A backlog that namespaces of any behaviour share with the victim. A step is a permit. */
class Contest {
  readonly backlog = new Backlog<Waiting>();
  readonly #others: readonly Behaviour[];
  /** Number of requests of each other namespace that wait. */
  readonly #waiting: number[];
  /** The permit at which each request of the victim came. */
  readonly #since = new Map<Waiting, number>();
  /** How many permits each request of the victim waited for. */
  readonly waits: number[] = [];

  constructor(others: readonly Behaviour[]) {
    this.#others = others;
    this.#waiting = others.map(() => 0);
  }

  request(permit: number, priority: Priority): void {
    const mine = item('victim', priority, permit);
    this.#since.set(mine, permit);
    this.backlog.add(mine);
  }

  step(permit: number): void {
    for (const [index, other] of this.#others.entries())
      if (permit >= other.from && this.#waiting[index] === 0) this.#come(index, other, permit);
  }

  serve(permit: number): void {
    const served = this.backlog.next();
    if (!served) return;
    const since = this.#since.get(served);
    if (since === undefined) this.#waiting[Number(served.namespace)] = this.#left(served.namespace) - 1;
    else this.waits.push(permit - since);
    this.#since.delete(served);
  }

  /** Counts the requests that still wait. */
  end(permit: number): readonly number[] {
    return [...this.waits, ...Array.from(this.#since.values(), (at) => permit - at)];
  }

  #left(namespace: string): number {
    return this.#waiting[Number(namespace)] ?? 0;
  }

  #come(index: number, { kind, priorities, lateBy }: Behaviour, permit: number): void {
    const count = kind === 'storm' ? 300 : 1;
    for (const priority of priorities)
      for (let made = 0; made < count; made += 1)
        this.backlog.add(item(`${index}`, priority, permit - lateBy));
    this.#waiting[index] = count * priorities.length;
  }
}

/** Returns how many permits each request of the victim waited for. */
function waitsOf(
  others: readonly Behaviour[],
  { slack, priority }: { readonly slack: number; readonly priority: Priority },
): readonly number[] {
  const contest = new Contest(others);
  for (let permit = 0; permit < PERMITS; permit += 1) {
    contest.step(permit);
    if (permit % (others.length + 1 + slack) === 0) contest.request(permit, priority);
    contest.serve(permit);
  }
  return contest.end(PERMITS);
}

describe('a namespace that takes less than its fair share of the permits', () => {
  it('waits for a few permits of each other namespace, whatever these do', () => {
    holds(
      fc.property(fc.array(behaviour, { minLength: 1, maxLength: 8 }), victim, (others, mine) => {
        const waits = waitsOf(others, mine);
        expect(waits.length).to.be.greaterThan(0);
        expect(Math.max(...waits)).to.be.at.most((others.length + 1) * (1 + 2 * (AHEAD + 1)));
      }),
    );
  });

  it('gets an urgent permit next but one, while others with the same right come one after the other', () => {
    holds(
      fc.property(fc.array(behaviour, { minLength: 1, maxLength: 8 }), (others) => {
        const waits = waitsOf(others, { slack: 40, priority: 'urgent' });
        expect(Math.max(...waits)).to.be.at.most(2 * (others.length + 1));
      }),
    );
  });

  it('leaves what it does not use to the others', () => {
    const backlog = new Backlog<Waiting>();
    for (let index = 0; index < 100; index += 1) backlog.add(item('n0', 'scheduled', index));
    backlog.add(item('victim', 'scheduled', 0));
    const served = Array.from({ length: 101 }, () => backlog.next()?.namespace);
    expect(served.filter((each) => each === 'n0')).to.have.length(100);
  });
});
