// An expiring map holds the entries of a plain map that removes each entry at the instant it expires, for any
// order of calls.
import { expect } from 'chai';
import fc from 'fast-check';
import { ExpiringMap } from '../../../src/base/expiring-map.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';
import { holds, sequence } from '../kit/for-any.ts';

const LIFETIME_MS = 10;
const KEYS = 4;

interface Value {
  isInUse: boolean;
}

type Step =
  | { readonly do: 'set'; readonly key: number; readonly isInUse: boolean }
  | { readonly do: 'get' | 'use' | 'delete' | 'release'; readonly key: number }
  | { readonly do: 'wait'; readonly ms: number };

const key = fc.nat(KEYS - 1);
const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    fc.record({ do: fc.constant('set' as const), key, isInUse: fc.boolean() }),
    fc.record({ do: fc.constantFrom('get' as const, 'use', 'delete', 'release'), key }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(LIFETIME_MS + 2) }),
  ),
  60,
);

/** A plain map that removes each entry at the instant it expires. */
class Model {
  readonly entries = new Map<number, { readonly value: Value; expiresAt: number }>();
  readonly expired: Value[] = [];

  tidy(now: number): void {
    for (const [key, { value, expiresAt }] of this.entries) {
      if (now < expiresAt || value.isInUse) continue;
      this.entries.delete(key);
      this.expired.push(value);
    }
  }
}

describe('expiring map, for any order of calls', () => {
  it('holds the entries of a map that removes each at the instant it expires', () => {
    holds(
      fc.property(steps, (taken) => {
        const clock = new FakeClock(0);
        const expired: Value[] = [];
        const map = new ExpiringMap<number, Value>({
          clock,
          lifetimeMs: LIFETIME_MS,
          isInUse: (value) => value.isInUse,
          onExpired: (value) => void expired.push(value),
        });
        const model = new Model();
        for (const step of taken) {
          take(map, model, clock, step);
          model.tidy(clock.now());
          expect(new Map(map)).to.deep.equal(
            new Map(Array.from(model.entries, ([key, { value }]) => [key, value])),
          );
          expect(map.size).to.be.at.least(model.entries.size);
        }
        for (let key = 0; key < KEYS; key += 1) map.get(key);
        expect(map.size).to.equal(model.entries.size);
        expect(new Set(expired)).to.deep.equal(new Set(model.expired));
        expect(expired).to.have.lengthOf(model.expired.length);
      }),
    );
  });
});

function take(map: ExpiringMap<number, Value>, model: Model, clock: FakeClock, step: Step): void {
  const now = clock.now();
  switch (step.do) {
    case 'set': {
      const value = { isInUse: step.isInUse };
      // A `set` may replace an expired entry that the map has not removed yet. The lookup removes it first,
      // as in the model.
      map.get(step.key);
      map.set(step.key, value);
      model.entries.set(step.key, { value, expiresAt: now + LIFETIME_MS });
      break;
    }
    case 'get':
      expect(map.get(step.key)).to.equal(model.entries.get(step.key)?.value);
      break;
    case 'use': {
      const entry = model.entries.get(step.key);
      expect(map.use(step.key)).to.equal(entry?.value);
      if (entry) entry.expiresAt = now + LIFETIME_MS;
      break;
    }
    case 'delete':
      // The lookup removes an expired entry first, as in the model.
      map.get(step.key);
      map.delete(step.key);
      model.entries.delete(step.key);
      break;
    case 'release': {
      const value = model.entries.get(step.key)?.value;
      if (value) value.isInUse = false;
      break;
    }
    case 'wait':
      clock.skip(step.ms);
      break;
  }
}
