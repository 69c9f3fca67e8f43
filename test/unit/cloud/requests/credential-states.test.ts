// One circuit for each credential, and one budget for each account, while they are in use.

import { expect } from 'chai';
import type { Credential } from '../../../../src/cloud/client/credential.ts';

import type { StsCaller } from '../../../../src/cloud/credentials/sts.ts';
import { Sessions, type SessionsOptions } from '../../../../src/cloud/requests/credential-states.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';

const REFUSED = { kind: 'AuthenticationFailed', message: 'not this key' } as const;
const WANTED = new AbortController().signal;
const MINUTE = 60_000;

function credential(identity: string, version = 'one'): Credential {
  return { identity, version, accessKey: { accessKeyID: 'id', accessKeySecret: 'secret' } };
}

describe('sessions', () => {
  let clock: FakeClock;
  let sessions: Sessions;
  /** Credentials that objects name. */
  let named: Set<string>;
  beforeEach(() => {
    clock = new FakeClock();
    named = new Set();
    sessions = new Sessions({ callsPerMinute: 60, clock, isWanted: (identity) => named.has(identity) });
  });
  afterEach(() => {
    for (const [, { budget }] of sessions) budget.close();
  });

  it('are one for each credential, and the same for the same', () => {
    const session = sessions.of(credential('media/a'));
    expect(sessions.of(credential('media/a'))).to.equal(session);
    expect(sessions.of(credential('media/b')).circuit).not.to.equal(session.circuit);
    expect(sessions.of(credential('media/b')).budget).not.to.equal(session.budget);
    expect([...sessions].map(([identity]) => identity)).to.deep.equal(['media/a', 'media/b']);
  });

  it('try a changed Secret anew, on the same budget', async () => {
    const { circuit, budget } = sessions.of(credential('media/a'));
    const entrance = await circuit.enter(WANTED);
    if ('pass' in entrance) circuit.failed(entrance.pass, REFUSED);
    expect(await sessions.of(credential('media/a')).circuit.enter(WANTED)).to.have.property('refused');
    const changed = sessions.of(credential('media/a', 'two'));
    expect(await changed.circuit.enter(WANTED)).to.have.property('pass');
    expect(changed.budget).to.equal(budget);
    expect(changed.version).to.equal('two');
  });

  it('are forgotten when nobody has used them for long, unless somebody waits', async () => {
    const { budget } = sessions.of(credential('media/waiting'));
    const nothing = { ready: () => true, call: async () => undefined, dismissed: () => undefined };
    budget.add({
      priority: 'scheduled',
      namespace: 'media',
      deadline: 0,
      withdrawn: false,
      waitingSince: 0,
      ...nothing,
    });
    sessions.of(credential('media/unused'));
    await clock.advance(6 * MINUTE);
    sessions.of(credential('media/used'));
    await clock.advance(6 * MINUTE);
    sessions.of(credential('media/new'));
    expect([...sessions].map(([identity]) => identity)).to.deep.equal([
      'media/waiting',
      'media/used',
      'media/new',
    ]);
  });

  it('last while an object names their credential, though it be polled once a day', async () => {
    named = new Set(['media/daily']);
    const { budget } = sessions.of(credential('media/daily'));
    await clock.advance(24 * 60 * MINUTE);
    sessions.of(credential('media/other'));
    expect(sessions.of(credential('media/daily')).budget).to.equal(budget);
    named = new Set();
    await clock.advance(11 * MINUTE);
    sessions.of(credential('media/new'));
    expect([...sessions].map(([identity]) => identity)).to.deep.equal(['media/new']);
  });
});

describe('sessions and their accounts', () => {
  let clock: FakeClock;
  let sessions: Sessions;
  /** What STS was asked, and by whom. */
  let asked: { caller: StsCaller; key: string }[];
  /** The account of each key; a key that is not here is of nobody's. */
  let accounts: Record<string, string>;
  let silence: Promise<void> | undefined;
  beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    accounts = {};
    silence = undefined;
    sessions = sessionsWith({ accountOf });
  });
  afterEach(() => {
    for (const [, { budget }] of sessions) budget.close();
  });

  function sessionsWith(sts: SessionsOptions['sts']): Sessions {
    return new Sessions({ callsPerMinute: 60, clock, sts });
  }

  const accountOf: NonNullable<SessionsOptions['sts']>['accountOf'] = async (caller, { accessKeyID }) => {
    asked.push({ caller, key: accessKeyID });
    // As it is when it is asked.
    const accountID = accounts[accessKeyID];
    await silence;
    return accountID ? { accountID } : { failure: REFUSED };
  };

  function key(identity: string, accessKeyID: string, more: Partial<Credential> = {}): Credential {
    const accessKey = { accessKeyID, accessKeySecret: 'secret' };
    return { identity, version: accessKeyID, accessKey, ...more };
  }

  function share(one: Credential, other: Credential): boolean {
    return sessions.of(one).budget === sessions.of(other).budget;
  }

  it('share a budget once they prove to be of one account, across namespaces', async () => {
    accounts = { k1: '1', k2: '1', k3: '3' };
    const [a, b, c] = [key('media/a', 'k1'), key('news/b', 'k2'), key('media/c', 'k3')];
    expect(share(a, b)).to.equal(false);
    sessions.of(c);
    await settled();
    expect(share(a, b)).to.equal(true);
    expect(share(a, c)).to.equal(false);
  });

  it('ask once for each credential, on behalf of its namespace', async () => {
    accounts = { k1: '1', k2: '1' };
    for (let times = 0; times < 5; times += 1) {
      sessions.of(key('media/a', 'k1'));
      sessions.of(key('default', 'k2'));
      await settled();
    }
    expect(asked).to.deep.equal([
      { caller: { namespace: 'media', identity: 'media/a' }, key: 'k1' },
      { caller: { namespace: '', identity: 'default' }, key: 'k2' },
    ]);
  });

  it('ask beside: a session is there before the answer', () => {
    silence = new Promise(() => undefined);
    expect(sessions.of(key('media/a', 'k1')).budget).not.to.equal(undefined);
    expect(asked).to.have.length(1);
  });

  it('are accounts by themselves while nobody says whose they are, and are asked about again more and more rarely', async () => {
    const [a, b] = [key('media/a', 'k1'), key('media/b', 'k2')];
    for (let minute = 0; minute < 8 * 60; minute += 1) {
      expect(share(a, b)).to.equal(false);
      await clock.advance(MINUTE);
    }
    expect(asked.length).to.be.within(2 * 9, 2 * 25);
    accounts = { k1: '1', k2: '1' };
    for (let minute = 0; minute < 60; minute += 1) {
      share(a, b);
      await clock.advance(MINUTE);
    }
    expect(share(a, b)).to.equal(true);
  });

  it('keep nothing of what was said about the key of before', async () => {
    accounts = { k1: '1', k2: '1' };
    const b = key('media/b', 'k2');
    expect(share(key('media/a', 'k1'), b)).to.equal(false);
    await settled();
    expect(share(key('media/a', 'k1'), b)).to.equal(true);
    expect(share(key('media/a', 'stolen'), b)).to.equal(false);
    await settled();
    expect(share(key('media/a', 'stolen'), b)).to.equal(false);
  });

  it('take no late answer about the key of before for one about the key of now', async () => {
    accounts = { k1: '1', k2: '1' };
    const b = key('media/b', 'k2');
    sessions.of(b);
    await settled();
    const answered = Promise.withResolvers<void>();
    silence = answered.promise;
    sessions.of(key('media/a', 'k1'));
    sessions.of(key('media/a', 'other'));
    answered.resolve();
    await settled();
    expect(share(key('media/a', 'other'), b)).to.equal(false);
  });

  it('stay of one account through the renewals of a role’s session', async () => {
    accounts = { s1: '1', k2: '1' };
    const b = key('media/b', 'k2');
    const renewed = (serial: number) => key('media/a', `s${serial}`, { version: `v/${serial}`, source: 'v' });
    sessions.of(renewed(1));
    sessions.of(b);
    await settled();
    expect(share(renewed(1), b)).to.equal(true);
    expect(share(renewed(2), b)).to.equal(true);
    expect(asked).to.have.length(2);
  });

  describe('that name their account', () => {
    beforeEach(() => {
      sessions = sessionsWith(undefined);
    });

    it('share a budget within their namespace', () => {
      const [a, b] = [key('media/a', 'k1', { accountID: '1' }), key('media/b', 'k2', { accountID: '1' })];
      expect(share(a, b)).to.equal(true);
      expect(share(a, key('media/c', 'k3', { accountID: '3' }))).to.equal(false);
      expect(share(a, key('media/d', 'k4'))).to.equal(false);
    });

    it('share none with another namespace, nor with the operator’s own', () => {
      const a = key('media/a', 'k1', { accountID: '1' });
      expect(share(a, key('news/b', 'k2', { accountID: '1' }))).to.equal(false);
      expect(share(a, key('default', 'k3'))).to.equal(false);
    });

    it('wrongly are found out, and those they named are not touched', async () => {
      sessions = sessionsWith({ accountOf });
      accounts = { k1: '1', liar: '2', k3: '1' };
      const theirs = key('news/c', 'k3');
      const [a, liar] = [
        key('media/a', 'k1', { accountID: '1' }),
        key('media/b', 'liar', { accountID: '1' }),
      ];
      expect(share(a, liar)).to.equal(true);
      expect(share(liar, theirs)).to.equal(false);
      await settled();
      expect(share(a, liar)).to.equal(false);
      expect(share(a, theirs)).to.equal(true);
      expect(share(liar, theirs)).to.equal(false);
    });
  });
});
