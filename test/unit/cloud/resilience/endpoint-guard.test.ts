// Several failures in a row close the way to an endpoint, a probe opens it, and the calls in flight are
// bounded.

import { expect } from 'chai';
import type { Pass } from '../../../../src/cloud/resilience/circuit-breaker.ts';
import { EndpointGuard, EndpointGuards } from '../../../../src/cloud/resilience/endpoint-guard.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const FAILED: Failure = { kind: 'ConnectionFailed', message: 'refused' };
const MINUTE = 60_000;

describe('an endpoint guard', () => {
  let clock: FakeClock;
  let guard: EndpointGuard;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    guard = new EndpointGuard(clock, { underway: 0 });
  });

  async function enter(): Promise<Pass> {
    const entrance = await guard.enter();
    expect(entrance).to.have.property('pass');
    return (entrance as { pass: Pass }).pass;
  }

  async function call(end: 'succeeded' | 'failed'): Promise<void> {
    const pass = await enter();
    guard.began();
    if (end === 'failed') guard.failed(pass, FAILED);
    else guard.succeeded(pass);
  }

  async function closed(): Promise<void> {
    for (let failures = 0; failures < 5; failures += 1) await call('failed');
    expect(await guard.enter()).to.have.property('refused');
  }

  it('lets calls through after four failures in a row, however many there are in all', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let failures = 0; failures < 4; failures += 1) await call('failed');
      await call('succeeded');
    }
    expect(await guard.enter()).to.have.property('pass');
  });

  it('refuses after the fifth failure in a row, also callers that have entered and not called yet', async () => {
    const before = await enter();
    await closed();
    expect(guard.refusal(before)).to.include(FAILED);
  });

  it('lets one probe through at a time, and all callers once it has succeeded', async () => {
    await closed();
    await clock.advance(20_000);
    const probe = await enter();
    guard.began();
    const next = guard.enter();
    guard.succeeded(probe);
    expect(await next).to.have.property('pass');
  });

  it('refuses again after one failed probe', async () => {
    await closed();
    await clock.advance(20_000);
    await call('failed');
    expect(await guard.enter()).to.have.property('refused');
  });

  it('refuses again after a failed probe also when an older call has succeeded meanwhile', async () => {
    const older = await enter();
    guard.began();
    await closed();
    await clock.advance(20_000);
    const probe = await enter();
    guard.began();
    guard.succeeded(older);
    guard.failed(probe, FAILED);
    expect(await guard.enter()).to.have.property('refused');
    await clock.advance(20_000);
    await call('succeeded');
    expect(await guard.enter()).to.have.property('pass');
  });

  it('lets another caller probe when the first did not call', async () => {
    await closed();
    await clock.advance(20_000);
    guard.abandoned(await enter());
    expect(await guard.enter()).to.have.property('pass');
  });

  it('allows 96 calls in flight, and spreads the retries of the others over 2.5 to 5 s', async () => {
    const passes: Pass[] = [];
    for (let calls = 0; calls < 96; calls += 1) {
      passes.push(await enter());
      expect(guard.refusal(passes.at(-1) as Pass)).to.equal(undefined);
      guard.began();
    }
    const late = await enter();
    const times = [1, 2, 3, 4].map(() => guard.refusal(late)?.retryAt ?? 0);
    for (const time of times) expect(time - clock.now()).to.be.within(2_500, 5_000);
    expect(new Set(times).size).to.be.greaterThan(1);
    expect(guard.refusal(late)?.kind).to.equal('ConnectionFailed');
    expect(guard.refusal(late)?.message).to.match(/^the endpoint is slow to answer; check the network/);
    guard.succeeded(passes[0] as Pass);
    expect(guard.refusal(late)).to.equal(undefined);
  });
});

describe('the endpoint guards of a credential', () => {
  let clock: FakeClock;
  let guards: EndpointGuards;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    guards = new EndpointGuards(clock);
  });

  it('are one for each endpoint, and forgotten after 10 min without use, unless calls are in flight', async () => {
    const busy = guards.of('https://busy.example', 'media');
    const unused = guards.of('https://unused.example', 'media');
    expect(unused).not.to.equal(busy);
    busy.began();
    await clock.advance(11 * MINUTE);
    guards.of('https://new.example', 'media');
    expect(guards.size).to.equal(2);
    expect(guards.of('https://busy.example', 'media')).to.equal(busy);
  });

  it('are kept for 10 min without use', async () => {
    const guard = guards.of('https://one.example', 'media');
    await clock.advance(9 * MINUTE);
    expect(guards.of('https://one.example', 'media')).to.equal(guard);
  });

  it('count the calls in flight of an endpoint until they end, however long that takes', async () => {
    const ours = guards.of('https://one.example', 'media');
    ours.began();
    await clock.advance(11 * MINUTE);
    guards.of('https://new.example', 'media');
    const theirs = guards.of('https://one.example', 'news');
    expect(theirs.calls.underway).to.equal(1);
    ours.succeeded(Symbol('call'));
    expect(theirs.calls.underway).to.equal(0);
    ours.began();
    ours.failed(Symbol('call'), FAILED);
    expect(theirs.calls.underway).to.equal(0);
    await clock.advance(11 * MINUTE);
    guards.of('https://new.example', 'media');
    expect(guards.of('https://one.example', 'sports').calls).not.to.equal(theirs.calls);
  });

  it('close for the namespace whose calls failed, and for no other', async () => {
    const [ours, theirs] = [
      guards.of('https://one.example', 'media'),
      guards.of('https://one.example', 'news'),
    ];
    for (let failures = 0; failures < 5; failures += 1) {
      const entrance = (await ours.enter()) as { pass: Pass };
      ours.began();
      ours.failed(entrance.pass, FAILED);
    }
    expect(await ours.enter()).to.have.property('refused');
    expect(await theirs.enter()).to.have.property('pass');
  });

  it('count the calls in flight of all namespaces to an endpoint', async () => {
    const [ours, theirs] = [
      guards.of('https://one.example', 'media'),
      guards.of('https://one.example', 'news'),
    ];
    for (let calls = 0; calls < 96; calls += 1) ours.began();
    const { pass } = (await theirs.enter()) as { pass: Pass };
    expect(theirs.refusal(pass)).to.include({ kind: 'ConnectionFailed' });
    expect(guards.of('https://two.example', 'news').refusal(pass)).to.equal(undefined);
  });
});
