// When entries expire, what keeps them, and how often the map walks over all of them.
import { expect } from 'chai';
import { ExpiringMap } from '../../../src/base/expiring-map.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';

const lifetimeMs = 60_000;

describe('expiring map', () => {
  it('returns an entry until its lifetime is over', () => {
    const clock = new FakeClock();
    const map = new ExpiringMap<string, number>({ clock, lifetimeMs });
    map.set('a', 1);
    clock.skip(lifetimeMs - 1);
    expect(map.get('a')).to.equal(1);
    clock.skip(1);
    expect(map.get('a')).to.equal(undefined);
    expect(map.size).to.equal(0);
  });

  it('renews the lifetime by `use` and `set`, not by `get`', () => {
    const clock = new FakeClock();
    const map = new ExpiringMap<string, number>({ clock, lifetimeMs });
    for (const key of ['read', 'used', 'set']) map.set(key, 1);
    clock.skip(lifetimeMs - 1);
    map.get('read');
    map.use('used');
    map.set('set', 2);
    clock.skip(lifetimeMs - 1);
    expect([map.get('read'), map.use('used'), map.get('set')]).to.deep.equal([undefined, 1, 2]);
  });

  it('replaces a value without a longer life for its entry, and none that has expired', () => {
    const clock = new FakeClock();
    const map = new ExpiringMap<string, number>({ clock, lifetimeMs });
    map.set('a', 1);
    const end = clock.now() + lifetimeMs;
    clock.skip(lifetimeMs - 1);
    map.replace('a', 2);
    expect([map.get('a'), map.expiresAt('a')]).to.deep.equal([2, end]);
    clock.skip(1);
    map.replace('a', 3);
    map.replace('never set', 3);
    expect([map.get('a'), map.expiresAt('a'), map.size]).to.deep.equal([undefined, undefined, 0]);
  });

  it('keeps an expired entry while it is in use', () => {
    const clock = new FakeClock();
    const busy = new Set(['a']);
    const map = new ExpiringMap<string, number>({ clock, lifetimeMs, isInUse: (_, key) => busy.has(key) });
    map.set('a', 1);
    clock.skip(10 * lifetimeMs);
    map.set('b', 2);
    expect(map.get('a')).to.equal(1);
    busy.delete('a');
    expect(map.get('a')).to.equal(undefined);
  });

  it('reports expired entries once, and neither deleted nor replaced ones', () => {
    const clock = new FakeClock();
    const expired: [string, number][] = [];
    const onExpired = (value: number, key: string) => void expired.push([key, value]);
    const map = new ExpiringMap<string, number>({ clock, lifetimeMs, onExpired });
    for (const key of ['looked up', 'walked over', 'deleted', 'replaced']) map.set(key, 1);
    map.delete('deleted');
    clock.skip(lifetimeMs - 1);
    map.set('replaced', 2);
    clock.skip(1);
    map.get('looked up');
    map.set('new', 3);
    map.get('walked over');
    expect(expired).to.deep.equal([
      ['looked up', 1],
      ['walked over', 1],
    ]);
  });

  it('iterates over the entries that have not expired', () => {
    const clock = new FakeClock();
    const map = new ExpiringMap<string, number>({ clock, lifetimeMs });
    map.set('old', 1);
    clock.skip(1);
    map.set('new', 2);
    clock.skip(lifetimeMs - 1);
    expect([...map]).to.deep.equal([['new', 2]]);
  });

  it('walks over its entries at most once per lifetime', () => {
    const clock = new FakeClock();
    let checks = 0;
    const isInUse = () => {
      checks += 1;
      return true;
    };
    const map = new ExpiringMap<number, number>({ clock, lifetimeMs, isInUse });
    for (let key = 0; key < 100; key += 1) map.set(key, key);
    clock.skip(lifetimeMs);
    for (let key = 100; key < 1_000; key += 1) map.set(key, key);
    expect(checks).to.equal(100);
  });
});
