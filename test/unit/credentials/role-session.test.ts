// A session is requested once, renewed ahead of its end, and never used past it.

import { expect } from 'chai';
import { RoleSession } from '../../../src/credentials/role-session.ts';
import type { Resolved } from '../../../src/credentials/secret-credential.ts';
import type { Assumed } from '../../../src/credentials/sts-port.ts';
import type { Failure, FailureKind } from '../../../src/job/model/failures.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';

const SECOND = 1_000;
const AWAY: Failure = { kind: 'ConnectionFailed', message: 'STS cannot be reached' };

describe('the session of a role', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let session: RoleSession;
  let asked: number;
  let lifeMs: number;
  /** What STS answers instead of a session. */
  let failure: Failure | undefined;
  /** While set, STS answers when it resolves. */
  let silence: Promise<void> | undefined;

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    session = sessionOf('media/account');
    asked = 0;
    lifeMs = 900 * SECOND;
    failure = undefined;
    silence = undefined;
  });

  async function assume(): Promise<Assumed> {
    asked += 1;
    const assumedAt = clock.now();
    const accessKey = { accessKeyID: `STS.${asked}`, accessKeySecret: 's', securityToken: 't' };
    const expiresAt = assumedAt + lifeMs;
    await silence;
    return failure ? { failure } : { key: { accessKey, assumedAt, expiresAt } };
  }

  function sessionOf(identity: string): RoleSession {
    return new RoleSession({ source: { identity, version: 'v1' }, assume, clock, logger });
  }

  function get(): Promise<Resolved> {
    return session.get();
  }

  function keyOf(resolved: Resolved | undefined): string | undefined {
    return resolved && 'credential' in resolved ? resolved.credential.accessKey.accessKeyID : undefined;
  }

  function failureOf(resolved: Resolved | undefined): Failure | undefined {
    return resolved && 'failure' in resolved ? resolved.failure : undefined;
  }

  function kindOf(resolved: Resolved | undefined): FailureKind | undefined {
    return failureOf(resolved)?.kind;
  }

  it('is requested once, however many callers need it', async () => {
    const keys = await Promise.all(Array.from({ length: 50 }, () => get()));
    expect(new Set(keys.map(keyOf))).to.deep.equal(new Set(['STS.1']));
    expect(asked).to.equal(1);
  });

  it('is known without waiting once STS has given it', async () => {
    expect(session.current()).to.equal(undefined);
    await get();
    expect(keyOf(session.current())).to.equal('STS.1');
    expect(asked).to.equal(1);
  });

  for (const seconds of [900, 3_600])
    it(`of ${seconds} s is renewed after about two thirds, while the old key serves`, async () => {
      lifeMs = seconds * SECOND;
      await get();
      await clock.advance(lifeMs * 0.59);
      expect(keyOf(await get())).to.equal('STS.1');
      expect(asked).to.equal(1);
      await clock.advance(lifeMs * 0.12);
      silence = new Promise(() => undefined);
      expect(keyOf(await get())).to.equal('STS.1');
      expect(keyOf(await get())).to.equal('STS.1');
      expect(asked).to.equal(2);
    });

  it('is not renewed at the same time as other sessions that began with it', async () => {
    const sessions = Array.from({ length: 100 }, (_, index) => sessionOf(`media/s${index}`));
    for (const each of sessions) await each.get();
    await clock.advance(lifeMs * 0.65);
    for (const each of sessions) each.current();
    expect(asked).to.be.within(110, 190);
  });

  it('replaces the old key once it is renewed', async () => {
    await get();
    await clock.advance(lifeMs * 0.75);
    await get();
    await clock.advance(0);
    const renewed = await get();
    expect(keyOf(renewed)).to.equal('STS.2');
    expect(renewed).to.have.nested.include({ 'credential.version': 'v1/2', 'credential.source': 'v1' });
  });

  it('serves until its end while it cannot be renewed, and not longer', async () => {
    await get();
    failure = AWAY;
    await clock.advance(lifeMs * 0.75);
    for (let left = lifeMs * 0.25 - 6 * SECOND; left > 0; left -= SECOND) {
      expect(keyOf(await get())).to.equal('STS.1');
      await clock.advance(SECOND);
    }
    await clock.advance(2 * SECOND);
    expect(kindOf(await get())).to.equal('ConnectionFailed');
    // 219 s at up to 20 s apart, and closer at first.
    expect(asked).to.be.within(12, 30);
    expect(logger.lines.map(({ level, fields }) => [level, fields])).to.deep.equal([
      ['warn', { identity: 'media/account', kind: 'ConnectionFailed' }],
    ]);
  });

  it('is available again within 20 s when STS is back', async () => {
    failure = AWAY;
    for (let second = 0; second < 120; second += 1) {
      await get();
      await clock.advance(SECOND);
    }
    const before = asked;
    expect(before).to.be.within(6, 20);
    failure = undefined;
    await clock.advance(20 * SECOND);
    expect(keyOf(await get())).to.equal(`STS.${before + 1}`);
  });

  it('fails for all callers after one attempt, and says when the next one is', async () => {
    failure = AWAY;
    const results = await Promise.all(Array.from({ length: 50 }, () => get()));
    expect(new Set(results.map(kindOf))).to.deep.equal(new Set(['ConnectionFailed']));
    expect(kindOf(await get())).to.equal('ConnectionFailed');
    expect(asked).to.equal(1);
    expect(failureOf(results[0])?.retryAt).to.be.within(clock.now() + 500, clock.now() + SECOND);
  });

  it('is not requested before the circuit breaker of STS allows it', async () => {
    failure = { ...AWAY, retryAt: clock.now() + 17 * SECOND };
    await get();
    await clock.advance(16 * SECOND);
    await get();
    expect(asked).to.equal(1);
    await clock.advance(SECOND);
    await get();
    expect(asked).to.equal(2);
  });

  it('is refused when it has already expired on arrival: the clock is wrong', async () => {
    lifeMs = 4 * SECOND;
    expect(kindOf(await get())).to.equal('ClockSkewed');
  });

  describe('whose key was refused', () => {
    it('is not used again', async () => {
      await get();
      session.markStale(clock.now());
      expect(keyOf(await get())).to.equal('STS.2');
    });

    it('stays in use when the call was sent before the session began', async () => {
      const sentAt = clock.now();
      await clock.advance(1);
      await get();
      session.markStale(sentAt);
      expect(keyOf(await get())).to.equal('STS.1');
    });

    it('is replaced once a minute and not at each refusal', async () => {
      for (let second = 0; second < 120; second += 1) {
        await get();
        session.markStale(clock.now());
        await clock.advance(SECOND);
      }
      expect(asked).to.be.within(2, 3);
    });
  });
});
