// Sessions are asked for once, renewed ahead, and never used past their end.

import { expect } from 'chai';
import { type RoleSession, RoleSessions } from '../../../../src/cloud/credentials/role-session.ts';
import type { Assumed } from '../../../../src/cloud/credentials/sts.ts';
import type { Failure, FailureKind } from '../../../../src/job/model/failures.ts';
import { FakeClock } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const SECOND = 1_000;
const AWAY: Failure = { kind: 'ConnectionFailed', message: 'STS cannot be reached' };

describe('sessions of roles', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let sessions: RoleSessions;
  let asked: number;
  let lifeMs: number;
  /** What STS answers instead of a session. */
  let failure: Failure | undefined;
  /** While set, STS takes its time. */
  let silence: Promise<void> | undefined;

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    sessions = new RoleSessions({ clock, logger });
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

  function get(version = 'v1'): Promise<RoleSession> {
    return sessions.get('media/account', version, assume);
  }

  function keyOf(session: RoleSession | undefined): string | undefined {
    return session && 'accessKey' in session ? session.accessKey.accessKeyID : undefined;
  }

  function kindOf(session: RoleSession | undefined): FailureKind | undefined {
    return session && 'failure' in session ? session.failure.kind : undefined;
  }

  it('are asked for once, however many need one', async () => {
    const keys = await Promise.all(Array.from({ length: 50 }, () => get()));
    expect(new Set(keys.map(keyOf))).to.deep.equal(new Set(['STS.1']));
    expect(asked).to.equal(1);
  });

  it('are known without waiting once they are there', async () => {
    expect(sessions.current('media/account', 'v1', assume)).to.equal(undefined);
    await get();
    expect(keyOf(sessions.current('media/account', 'v1', assume))).to.equal('STS.1');
    expect(asked).to.equal(1);
  });

  for (const seconds of [900, 3_600])
    it(`of ${seconds} s are renewed at about two thirds, beside: nobody waits for it`, async () => {
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

  it('are renewed at times of their own', async () => {
    for (let index = 0; index < 100; index += 1) await sessions.get(`media/s${index}`, 'v1', assume);
    await clock.advance(lifeMs * 0.65);
    for (let index = 0; index < 100; index += 1) sessions.current(`media/s${index}`, 'v1', assume);
    expect(asked).to.be.within(110, 190);
  });

  it('that were renewed take the place of the old', async () => {
    await get();
    await clock.advance(lifeMs * 0.75);
    await get();
    await clock.advance(0);
    const session = await get();
    expect(keyOf(session)).to.equal('STS.2');
    expect(session).to.have.property('serial', 2);
  });

  it('serve until their end while they cannot be renewed, and not longer', async () => {
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

  it('are had again soon when STS is back', async () => {
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

  it('that cannot be had are told to all, with when to ask again, and asked for by one', async () => {
    failure = AWAY;
    const told = await Promise.all(Array.from({ length: 50 }, () => get()));
    expect(new Set(told.map(kindOf))).to.deep.equal(new Set(['ConnectionFailed']));
    expect(kindOf(await get())).to.equal('ConnectionFailed');
    expect(asked).to.equal(1);
    const [first] = told;
    const retryAt = first && 'failure' in first ? first.failure.retryAt : 0;
    expect(retryAt).to.be.within(clock.now() + 500, clock.now() + SECOND);
  });

  it('are asked for again no sooner than STS’s own circuit says', async () => {
    failure = { ...AWAY, retryAt: clock.now() + 17 * SECOND };
    await get();
    await clock.advance(16 * SECOND);
    await get();
    expect(asked).to.equal(1);
    await clock.advance(SECOND);
    await get();
    expect(asked).to.equal(2);
  });

  it('that are over when they come are refused: the clock is wrong', async () => {
    lifeMs = 4 * SECOND;
    expect(kindOf(await get())).to.equal('ClockSkewed');
  });

  it('of a changed source are asked for anew, at once', async () => {
    failure = AWAY;
    await get();
    failure = undefined;
    expect(keyOf(await get('v2'))).to.equal('STS.2');
  });

  describe('in doubt', () => {
    it('are not used again', async () => {
      await get();
      sessions.doubt('media/account', clock.now());
      expect(keyOf(await get())).to.equal('STS.2');
    });

    it('are kept where the call was sent before they were had', async () => {
      const sentAt = clock.now();
      await clock.advance(1);
      await get();
      sessions.doubt('media/account', sentAt);
      expect(keyOf(await get())).to.equal('STS.1');
    });

    it('are replaced once a minute and not at each refusal', async () => {
      for (let second = 0; second < 120; second += 1) {
        await get();
        sessions.doubt('media/account', clock.now());
        await clock.advance(SECOND);
      }
      expect(asked).to.be.within(2, 3);
    });

    it('may be nobody’s', () => sessions.doubt('default', clock.now()));
  });
});
