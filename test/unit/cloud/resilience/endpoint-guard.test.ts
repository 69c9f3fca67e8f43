// The way to an endpoint: closed by several failures in a row, opened by a probe, and never crowded.

import { expect } from 'chai';
import type { Pass } from '../../../../src/cloud/resilience/circuit-breaker.ts';
import { Gate, Gates } from '../../../../src/cloud/resilience/endpoint-guard.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock } from '../../kit/fake-clock.ts';

const FAILED: Failure = { kind: 'ConnectionFailed', message: 'refused' };
const WANTED = new AbortController().signal;
const MINUTE = 60_000;

describe('a gate', () => {
  let clock: FakeClock;
  let gate: Gate;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    gate = new Gate(clock);
  });

  async function enter(): Promise<Pass> {
    const entrance = await gate.enter(WANTED);
    expect(entrance).to.have.property('pass');
    return (entrance as { pass: Pass }).pass;
  }

  async function call(end: 'succeeded' | 'failed'): Promise<void> {
    const pass = await enter();
    gate.began();
    if (end === 'failed') gate.failed(pass, FAILED);
    else gate.succeeded(pass);
  }

  async function closed(): Promise<void> {
    for (let failures = 0; failures < 5; failures += 1) await call('failed');
    expect(await gate.enter(WANTED)).to.have.property('refused');
  }

  it('stays open through four failures in a row, however many there are in all', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let failures = 0; failures < 4; failures += 1) await call('failed');
      await call('succeeded');
    }
    expect(await gate.enter(WANTED)).to.have.property('pass');
  });

  it('closes with the fifth, to those who have entered and not called yet as well', async () => {
    const before = await enter();
    await closed();
    expect(gate.refusal(before)).to.include(FAILED);
  });

  it('lets one probe through at a time, and everybody when it has come back well', async () => {
    await closed();
    await clock.advance(20_000);
    const probe = await enter();
    gate.began();
    const next = gate.enter(WANTED);
    gate.succeeded(probe);
    expect(await next).to.have.property('pass');
  });

  it('closes again with the first failure of a probe', async () => {
    await closed();
    await clock.advance(20_000);
    await call('failed');
    expect(await gate.enter(WANTED)).to.have.property('refused');
  });

  it('closes again with it also when an older call has come back well meanwhile, and probes on', async () => {
    const older = await enter();
    gate.began();
    await closed();
    await clock.advance(20_000);
    const probe = await enter();
    gate.began();
    gate.succeeded(older);
    gate.failed(probe, FAILED);
    expect(await gate.enter(WANTED)).to.have.property('refused');
    await clock.advance(20_000);
    await call('succeeded');
    expect(await gate.enter(WANTED)).to.have.property('pass');
  });

  it('lets another one probe when the first did not call', async () => {
    await closed();
    await clock.advance(20_000);
    gate.abandoned(await enter());
    expect(await gate.enter(WANTED)).to.have.property('pass');
  });

  it('has at most 96 calls under way, and tells the others to come again within 5 s, not all at once', async () => {
    const passes: Pass[] = [];
    for (let calls = 0; calls < 96; calls += 1) {
      passes.push(await enter());
      expect(gate.refusal(passes.at(-1) as Pass)).to.equal(undefined);
      gate.began();
    }
    const late = await enter();
    const times = [1, 2, 3, 4].map(() => gate.refusal(late)?.retryAt ?? 0);
    for (const time of times) expect(time - clock.now()).to.be.within(2_500, 5_000);
    expect(new Set(times).size).to.be.greaterThan(1);
    expect(gate.refusal(late)?.kind).to.equal('ConnectionFailed');
    gate.succeeded(passes[0] as Pass);
    expect(gate.refusal(late)).to.equal(undefined);
  });
});

describe('gates', () => {
  let clock: FakeClock;
  let gates: Gates;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    gates = new Gates(clock);
  });

  it('are one for each endpoint, and forgotten when unused for long, unless calls are under way', async () => {
    const busy = gates.of('https://busy.example', 'media');
    const unused = gates.of('https://unused.example', 'media');
    expect(unused).not.to.equal(busy);
    busy.began();
    await clock.advance(11 * MINUTE);
    gates.of('https://new.example', 'media');
    expect(gates.size).to.equal(2);
    expect(gates.of('https://busy.example', 'media')).to.equal(busy);
  });

  it('are closed to a namespace by what it asks for itself, and to no other', async () => {
    const [ours, theirs] = [
      gates.of('https://one.example', 'media'),
      gates.of('https://one.example', 'news'),
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
      gates.of('https://one.example', 'media'),
      gates.of('https://one.example', 'news'),
    ];
    for (let calls = 0; calls < 96; calls += 1) ours.began();
    const { pass } = (await theirs.enter(WANTED)) as { pass: Pass };
    expect(theirs.refusal(pass)).to.include({ kind: 'ConnectionFailed' });
    expect(gates.of('https://two.example', 'news').refusal(pass)).to.equal(undefined);
  });
});
