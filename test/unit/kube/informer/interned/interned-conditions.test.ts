// Interned conditions read as those they were made of, and thousands of them take little memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { CONDITION_TYPES, type Condition } from '../../../../../src/api/conditions.ts';
import { rfc3339 } from '../../../../../src/base/clock.ts';
import {
  ConditionInterner,
  type InternedConditions,
} from '../../../../../src/kube/informer/interned-conditions.ts';
import { holds } from '../../../kit/for-any.ts';

const seconds = fc.integer({ min: 1_700_000_000, max: 1_700_000_003 });
const dates = fc.oneof(
  seconds.map((each) => rfc3339(new Date(each * 1_000))),
  fc.constantFrom(
    '',
    'yesterday',
    '2023-11-14T22:13:20.5Z',
    '2023-11-14T22:13:20+00:00',
    '+275761-01-01T00:00:00Z',
  ),
);
const conditions: fc.Arbitrary<Condition[]> = fc.array(
  fc.record({
    type: fc.constantFrom(...CONDITION_TYPES),
    status: fc.constantFrom('True' as const, 'False' as const),
    reason: fc.constant('ObservationSucceeded' as const),
    message: fc.constantFrom('', 'it is so', 'it is not'),
    lastTransitionTime: dates,
    observedGeneration: fc.nat(2),
  }),
);

/** Conditions with dates of their own, like those of jobs started at different times. */
function started(second: number): Condition[] {
  return CONDITION_TYPES.map((type, index) => ({
    type,
    status: 'True',
    reason: 'ObservationSucceeded',
    message: 'the job was observed and the status is fresh',
    lastTransitionTime: rfc3339(new Date(1_700_000_000_000 + (index < 2 ? 0 : second) * 1_000)),
    observedGeneration: 1,
  }));
}

describe('interned conditions', () => {
  it('read as the conditions that they were made of, whatever was interned before', () => {
    const interner = new ConditionInterner();
    holds(
      fc.property(conditions, (given) => {
        expect([...interner.intern(given)]).to.deep.equal(given);
      }),
    );
  });

  it('read the same each time', () => {
    const held = new ConditionInterner().intern(started(7));
    expect([...held]).to.deep.equal([...held]);
  });

  it('keep fields that a newer operator may have written', () => {
    const [given] = started(0);
    const more = { ...given, severity: 'Info' } as unknown as Condition;
    expect([...new ConditionInterner().intern([more])]).to.deep.equal([more]);
  });

  it('read the same after many others were interned', () => {
    const interner = new ConditionInterner();
    const [first] = started(0);
    const given = Array.from({ length: 2_000 }, (_, index) => [
      { ...first, message: `${index}` } as Condition,
    ]);
    const held = given.map((each) => interner.intern(each));
    expect(held.map((each) => [...each])).to.deep.equal(given);
  });

  it('take a fifth of the memory of plain ones', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const interner = new ConditionInterner();
    const grown = (make: (index: number) => Condition[] | InternedConditions) => {
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      const kept = Array.from({ length: 4_000 }, (_, index) => make(index));
      collectGarbage();
      return (process.memoryUsage().heapUsed - before) / kept.length;
    };
    const parsed = (index: number): Condition[] => JSON.parse(JSON.stringify(started(index)));
    expect(grown((index) => interner.intern(parsed(index)))).to.be.below(grown(parsed) / 5);
  });
});
