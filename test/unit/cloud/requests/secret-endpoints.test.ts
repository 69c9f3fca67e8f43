// What one namespace may make the operator do at the endpoints that its Secrets name.

import { expect } from 'chai';
import { SecretEndpoints } from '../../../../src/cloud/requests/secret-endpoints.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const KIB = 1_024;

describe('the endpoints that Secrets of a namespace name', () => {
  let clock: FakeClock;
  let resumed: string[];
  let endpoints: SecretEndpoints<string>;
  beforeEach(() => {
    clock = new FakeClock();
    resumed = [];
    endpoints = new SecretEndpoints({ clock, resume: (item) => resumed.push(item) });
  });

  function begun(namespace: string, tries: number): number {
    const gate = endpoints.of(namespace);
    return Array.from({ length: tries }, () => gate.begin()).filter(Boolean).length;
  }

  /** Calls that a namespace makes in 10 s, if always 8 items try and each answer takes this work. */
  async function callsIn10s(work: number): Promise<number> {
    let calls = 0;
    const attempt = () => {
      const gate = endpoints.of('media');
      if (!gate.begin()) return gate.park('item');
      calls += 1;
      gate.ended(work);
      gate.park('item');
    };
    endpoints = new SecretEndpoints({ clock, resume: attempt });
    attempt();
    await clock.advance(10_000);
    return calls;
  }

  it('get 8 calls at once, whatever their number', () => {
    expect(begun('media', 50)).to.equal(8);
    expect(begun('news', 50)).to.equal(8);
  });

  it('get another call when one ends, and the first that waits is resumed', async () => {
    begun('media', 8);
    const gate = endpoints.of('media');
    for (const item of ['a', 'b', 'c']) gate.park(item);
    await clock.advance(60_000);
    expect(resumed).to.deep.equal([]);
    gate.ended(0);
    await clock.advance(10);
    expect(resumed[0]).to.equal('a');
    expect(begun('media', 50)).to.equal(1);
  });

  it('resume the next when the one before does not call after all', async () => {
    begun('media', 8);
    const gate = endpoints.of('media');
    for (const item of ['a', 'b', 'c']) gate.park(item);
    gate.withdraw('b');
    gate.ended(0);
    await clock.advance(100);
    expect(resumed).to.deep.equal(['a', 'c']);
    expect(clock.timers).to.equal(0);
  });

  it('get 120 short calls a second', async () => {
    expect(await callsIn10s(0)).to.be.within(1_000, 1_220);
  });

  it('get 100 usual calls a second, the largest budget of an account', async () => {
    expect(await callsIn10s(2 * KIB)).to.be.within(900, 1_100);
  });

  it('get 24 calls a second if all answers are as long as they may be', async () => {
    expect(await callsIn10s(64 * KIB)).to.be.within(200, 265);
  });

  it('get 3.6 pages a second if all pages are as long as they may be', async () => {
    expect(await callsIn10s(512 * KIB)).to.be.within(33, 45);
  });

  it('are bounded for each namespace apart', async () => {
    begun('media', 1);
    endpoints.of('media').ended(10_000 * KIB);
    endpoints.of('media').park('a');
    expect([begun('media', 1), begun('news', 1)]).to.deep.equal([0, 1]);
    await clock.advance(1_000);
    expect(resumed).to.deep.equal([]);
  });

  it('are forgotten after 10 min without use, unless items wait or calls are in flight', async () => {
    const [unused, waiting] = [endpoints.of('unused'), endpoints.of('waiting')];
    begun('waiting', 8);
    await clock.advance(11 * 60_000);
    expect(endpoints.of('waiting')).to.equal(waiting);
    expect(endpoints.of('unused')).not.to.equal(unused);
  });

  it('resume nothing once closed, and leave no timer', async () => {
    begun('media', 8);
    endpoints.of('media').park('a');
    endpoints.of('media').ended(0);
    endpoints.close();
    expect(clock.timers).to.equal(0);
    await clock.advance(1_000);
    expect(resumed).to.deep.equal([]);
  });
});
