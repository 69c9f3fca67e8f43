// Which caller goes next, for any order in which callers come and leave.

import { expect } from 'chai';
import fc from 'fast-check';
import { Backlog, type Waiting } from '../../../../src/cloud/budget/backlog.ts';
import { PRIORITIES, type Priority } from '../../../../src/job/model/cloud-port.ts';
import { holds, sequence } from '../../kit/for-any.ts';

/** Least number of ten permits in a row for a priority in which callers always wait. */
const SHARES: Readonly<Record<Priority, number>> = { urgent: 5, scheduled: 4, retry: 1 };

/** An urgent caller waits for one permit of another priority at most. */
const URGENT_WITHIN = 2;

type Step =
  | { readonly do: 'add'; readonly priority: Priority; readonly deadline: number }
  | { readonly do: 'withdraw'; readonly which: number }
  | { readonly do: 'next' | 'clear' };

const add = fc.record({
  do: fc.constant('add' as const),
  priority: fc.constantFrom(...PRIORITIES),
  deadline: fc.nat(50),
});
const withdraw = fc.record({ do: fc.constant('withdraw' as const), which: fc.nat(30) });
const next = fc.constant({ do: 'next' as const });
const clear = fc.constant({ do: 'clear' as const });
const steps = sequence(
  fc.oneof(
    { weight: 50, arbitrary: add },
    { weight: 15, arbitrary: withdraw },
    { weight: 40, arbitrary: next },
    { weight: 1, arbitrary: clear },
  ) satisfies fc.Arbitrary<Step>,
  120,
);

/** What a backlog should hold, kept in the simplest way. */
class Model {
  readonly backlog = new Backlog<Waiting>();
  readonly waiting = new Set<Waiting>();
  /** Permits given since each priority was last empty, or last got one. */
  readonly passedOver: Record<Priority, number> = { urgent: 0, scheduled: 0, retry: 0 };

  take(step: Step): void {
    if (step.do === 'add')
      this.#add({ priority: step.priority, deadline: step.deadline, namespace: 'media', withdrawn: false });
    else if (step.do === 'withdraw') this.#withdraw([...this.waiting][step.which]);
    else if (step.do === 'clear') this.#clear();
    else this.#next();
    for (const priority of PRIORITIES) {
      const waiting = this.ofPriority(priority).length;
      expect(this.backlog.size(priority), priority).to.equal(waiting);
      if (waiting === 0) this.passedOver[priority] = 0;
    }
    expect(this.backlog.total).to.equal(this.waiting.size);
  }

  ofPriority(priority: Priority): Waiting[] {
    return [...this.waiting].filter((item) => item.priority === priority);
  }

  #add(item: Waiting): void {
    this.waiting.add(item);
    this.backlog.add(item);
  }

  #withdraw(item: Waiting | undefined): void {
    if (!item) return;
    this.waiting.delete(item);
    this.backlog.withdraw(item);
    this.backlog.withdraw(item);
  }

  #clear(): void {
    expect([...this.backlog]).to.have.members([...this.waiting]);
    this.backlog.clear();
    for (const { withdrawn } of this.waiting) expect(withdrawn).to.equal(true);
    this.waiting.clear();
  }

  #next(): void {
    const item = this.backlog.next();
    if (!item) {
      expect(this.waiting.size, 'waiting although no caller is next').to.equal(0);
      return;
    }
    expect(this.waiting.has(item), 'was returned before, or was withdrawn').to.equal(true);
    const earliest = Math.min(...this.ofPriority(item.priority).map(({ deadline }) => deadline));
    expect(item.deadline, `in ${item.priority}`).to.equal(earliest);
    for (const priority of PRIORITIES)
      this.passedOver[priority] =
        item.priority === priority || this.ofPriority(priority).length === 0
          ? 0
          : this.passedOver[priority] + 1;
    this.waiting.delete(item);
  }
}

describe('for any order in which callers come, leave and are called', () => {
  it('no caller is lost or called twice, and the earliest deadline of a priority goes first', () => {
    holds(
      fc.property(steps, (given) => {
        const model = new Model();
        for (const step of given) model.take(step);
        while (model.waiting.size > 0) model.take({ do: 'next' });
        expect(model.backlog.next()).to.equal(undefined);
      }),
      100,
    );
  });

  it('no priority starves: urgent waits for one permit of another, scheduled and retry for fewer than ten', () => {
    holds(
      fc.property(steps, (given) => {
        const model = new Model();
        for (const step of given) {
          model.take(step);
          expect(model.passedOver.urgent).to.be.below(URGENT_WITHIN);
          expect(Math.max(...PRIORITIES.map((priority) => model.passedOver[priority]))).to.be.below(10);
        }
      }),
      100,
    );
  });

  it('a priority in which callers always wait gets its share of any ten permits', () => {
    const crowded = fc.subarray([...PRIORITIES], { minLength: 1 });
    holds(
      fc.property(crowded, sequence(fc.constantFrom(...PRIORITIES), 60), (full, others) => {
        const taken = permitsOf(full, others);
        for (let end = 10; end <= taken.length; end += 1)
          for (const priority of full) {
            const share = taken.slice(end - 10, end).filter((is) => is === priority).length;
            expect(share, `${priority} up to permit ${end}`).to.be.at.least(SHARES[priority]);
          }
      }),
    );
  });
});

/**
 * The priority that each permit went to. The priorities `full` never run empty, and one more caller comes
 * before each permit.
 */
function permitsOf(full: readonly Priority[], others: readonly Priority[]): (Priority | undefined)[] {
  const backlog = new Backlog<Waiting>();
  const come = (priority: Priority) =>
    backlog.add({ priority, namespace: 'media', deadline: 0, withdrawn: false });
  for (const priority of full) for (const _ of others) come(priority);
  return others.map((priority) => {
    come(priority);
    return backlog.next()?.priority;
  });
}
