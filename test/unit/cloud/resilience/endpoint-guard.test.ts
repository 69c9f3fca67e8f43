// The way to an endpoint: closed by several failures in a row, opened by a probe, and never crowded.

import { expect } from 'chai';
import type { Pass } from '../../../../src/cloud/resilience/circuit-breaker.ts';
import { EndpointGuard, EndpointGuards } from '../../../../src/cloud/resilience/endpoint-guard.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock } from '../../kit/fake-clock.ts';

const FAILED: Failure = { kind: 'ConnectionFailed', message: 'refused' };
const WANTED = new AbortController().signal;
const MINUTE = 60_000;

describe('a guard', () => {
  let clock: FakeClock;
  let guard: EndpointGuard;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    guard = new EndpointGuard(clock, { underway: 0 });
  });

  async function enter(): Promise<Pass> {
    const entrance = await guard.enter(WANTED);
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
    expect(await guard.enter(WANTED)).to.have.property('refused');
  }

  it('stays open through four failures in a row, however many there are in all', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let failures = 0; failures < 4; failures += 1) await call('failed');
      await call('succeeded');
    }
    expect(await guard.enter(WANTED)).to.have.property('pass');
  });

  it('closes with the fifth, to those who have entered and not called yet as well', async () => {
    const before = await enter();
    await closed();
    expect(guard.refusal(before)).to.include(FAILED);
  });

  it('lets one probe through at a time, and everybody when it has come back well', async () => {
    await closed();
    await clock.advance(20_000);
    const probe = await enter();
    guard.began();
    const next = guard.enter(WANTED);
    guard.succeeded(probe);
    expect(await next).to.have.property('pass');
  });

  it('closes again with the first failure of a probe', async () => {
    await closed();
    await clock.advance(20_000);
    await call('failed');
    expect(await guard.enter(WANTED)).to.have.property('refused');
  });

  it('closes again with it also when an older call has come back well meanwhile, and probes on', async () => {
    const older = await enter();
    guard.began();
    await closed();
    await clock.advance(20_000);
    const probe = await enter();
    guard.began();
    guard.succeeded(older);
    guard.failed(probe, FAILED);
    expect(await guard.enter(WANTED)).to.have.property('refused');
    await clock.advance(20_000);
    await call('succeeded');
    expect(await guard.enter(WANTED)).to.have.property('pass');
  });

  it('lets another one probe when the first did not call', async () => {
    await closed();
    await clock.advance(20_000);
    guard.abandoned(await enter());
    expect(await guard.enter(WANTED)).to.have.property('pass');
  });

  it('has at most 96 calls under way, and tells the others to come again within 5 s, not all at once', async () => {
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
    guard.succeeded(passes[0] as Pass);
    expect(guard.refusal(late)).to.equal(undefined);
  });
});

describe('guards', () => {
  let clock: FakeClock;
  let guards: EndpointGuards;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    guards = new EndpointGuards(clock);
  });

  it('are one for each endpoint, and forgotten when unused for long, unless calls are under way', async () => {
    const busy = guards.of('https://busy.example', 'media');
    const unused = guards.of('https://unused.example', 'media');
    expect(unused).not.to.equal(busy);
    busy.began();
    await clock.advance(11 * MINUTE);
    guards.of('https://new.example', 'media');
    expect(guards.size).to.equal(2);
    expect(guards.of('https://busy.example', 'media')).to.equal(busy);
  });

  it('are closed to a namespace by what it asks for itself, and to no other', async () => {
    const [ours, theirs] = [
      guards.of('https://one.example', 'media'),
      guards.of('https://one.example', 'news'),
    ];
    for (let failures = 0; failures < 5; failures += 1) {
      const entrance = (await ours.enter(WANTED)) as { pass: Pass };
      ours.began();
      ours.failed(entrance.pass, FAILED);
    }
    expect(await ours.enter(WANTED)).to.have.property('refused');
    expect(await theirs.enter(WANTED)).to.have.property('pass');
  });

  it('count the calls of all namespaces that are under way to an endpoint', async () => {
    const [ours, theirs] = [
      guards.of('https://one.example', 'media'),
      guards.of('https://one.example', 'news'),
    ];
    for (let calls = 0; calls < 96; calls += 1) ours.began();
    const { pass } = (await theirs.enter(WANTED)) as { pass: Pass };
    expect(theirs.refusal(pass)).to.include({ kind: 'ConnectionFailed' });
    expect(guards.of('https://two.example', 'news').refusal(pass)).to.equal(undefined);
  });
});
