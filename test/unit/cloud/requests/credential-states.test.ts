// One circuit breaker for each credential, and one budget for each account, while they are in use.

import { expect } from 'chai';
import type { Account } from '../../../../src/cloud/budget/accounts.ts';
import {
  CredentialStates,
  type CredentialStatesOptions,
} from '../../../../src/cloud/requests/credential-states.ts';
import type { Request } from '../../../../src/cloud/requests/request.ts';
import type { Credential } from '../../../../src/credentials/credential.ts';
import type { StsCaller } from '../../../../src/credentials/sts-port.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { aRequest } from '../../kit/samples/a-request.ts';

const REFUSED = { kind: 'AuthenticationFailed', message: 'not this key' } as const;
const WANTED = new AbortController().signal;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type RequestAccount = Account<Request<unknown>>;

function credential(identity: string, version = 'one'): Credential {
  return { identity, version, accessKey: { accessKeyID: 'id', accessKeySecret: 'secret' } };
}

describe('credential states', () => {
  let clock: FakeClock;
  let states: CredentialStates;
  /** Credentials that objects name. */
  let named: Set<string>;
  beforeEach(() => {
    clock = new FakeClock();
    named = new Set();
    states = new CredentialStates({ callsPerMinute: 60, clock });
    states.keep((identity) => named.has(identity));
  });
  afterEach(() => states.close());

  function known(): string[] {
    return [...states].map(([identity]) => identity);
  }

  it('are separate for each credential, and the same for the same credential', async () => {
    const { state, account } = await states.of(credential('media/a'));
    expect(await states.of(credential('media/a'))).to.deep.equal({ state, account });
    expect(states.adopt(credential('media/a'))).to.equal(state);
    expect(states.find('media/a')).to.equal(state);
    const other = await states.of(credential('media/b'));
    expect(other.state.breaker).not.to.equal(state.breaker);
    expect(other.account.budget).not.to.equal(account.budget);
    expect(known()).to.deep.equal(['media/a', 'media/b']);
  });

  describe('with an endpoint of its own', () => {
    const own = { protocol: 'https', host: 'live.example.com' } as const;
    const vendor = { protocol: 'https', host: 'live-vpc.cn-shanghai.aliyuncs.com' } as const;

    beforeEach(() => {
      states.close();
      const sts = { accountOf: async () => ({ accountID: '1' }) };
      const endpoint = { protocol: 'https', host: 'gateway.example.com' } as const;
      states = new CredentialStates({ callsPerMinute: 60, clock, sts, endpoint });
    });

    async function accountOf(identity: string, endpoint?: Credential['endpoint']): Promise<string> {
      const { account } = await states.of({ ...credential(identity), ...(endpoint && { endpoint }) });
      return account.key;
    }

    it('spend no budget of the account, which pays for calls of the vendor alone', async () => {
      const victim = await accountOf('media/a');
      expect(victim).to.equal('account 1');
      const first = await accountOf('news/a', own);
      expect(first).not.to.equal(victim);
      expect(await accountOf('news/b', own)).to.equal(first);
      expect(await accountOf('radio/a', own)).not.to.equal(first);
      expect(await accountOf('news/c', { ...own, host: 'other.example.com' })).not.to.equal(first);
    });

    it('spend the budget of the account at endpoints of the vendor, and at the endpoint of the operator', async () => {
      expect(await accountOf('media/a', vendor)).to.equal('account 1');
      expect(await accountOf('media/b', { ...vendor, host: 'live.aliyuncs.com' })).to.equal('account 1');
      expect(await accountOf('media/c', { protocol: 'https', host: 'gateway.example.com' })).to.equal(
        'account 1',
      );
      for (const host of [
        'live.aliyuncs.com:8443',
        'live.aliyuncs.com.example.com',
        'live.oss-cn-shanghai.aliyuncs.com',
        'live.cn-shanghai.fc.aliyuncs.com',
      ])
        expect(await accountOf(`media/${host}`, { ...vendor, host }), host).not.to.equal('account 1');
      const plain = { ...vendor, protocol: 'http' } as const;
      expect(await accountOf('media/plain', plain)).not.to.equal('account 1');
    });
  });

  it('let a changed Secret call, on the same budget', async () => {
    const { state, account } = await states.of(credential('media/a'));
    const entrance = await state.breaker.enter();
    if ('pass' in entrance) state.breaker.failed(entrance.pass, REFUSED);
    await states.of(credential('media/a'));
    expect(await state.breaker.enter()).to.have.property('refused');
    const changed = await states.of(credential('media/a', 'two'));
    expect(changed.state).to.equal(state);
    expect(await state.breaker.enter()).to.have.property('pass');
    expect(changed.account.budget).to.equal(account.budget);
    expect([state.credential.version, account.members]).to.deep.equal(['two', 1]);
  });

  it('expire 10 min after their last use, unless requests wait', async () => {
    const { account } = await states.of(credential('media/waiting'));
    account.budget.backlog.add(aRequest());
    const unused = await states.of(credential('media/unused'));
    await clock.advance(6 * MINUTE);
    await states.of(credential('media/used'));
    await clock.advance(6 * MINUTE);
    await states.of(credential('media/new'));
    expect(known()).to.deep.equal(['media/waiting', 'media/used', 'media/new']);
    expect([account.members, unused.account.members]).to.deep.equal([1, 0]);
  });

  it('last while an object names their credential, however rarely it is polled', async () => {
    named = new Set(['media/daily']);
    const { account } = await states.of(credential('media/daily'));
    await clock.advance(24 * 60 * MINUTE);
    await states.of(credential('media/other'));
    expect((await states.of(credential('media/daily'))).account).to.equal(account);
    named = new Set();
    await clock.advance(11 * MINUTE);
    await states.of(credential('media/new'));
    expect(known()).to.deep.equal(['media/new']);
  });

  it('begin again after they expired, with one member of their account', async () => {
    const before = await states.of(credential('media/a'));
    await clock.advance(11 * MINUTE);
    const { state, account } = await states.of(credential('media/a'));
    expect(state).not.to.equal(before.state);
    expect([account.members, account.budget.isClosed]).to.deep.equal([1, false]);
  });

  it('close every budget in the end', async () => {
    const all = [await states.of(credential('media/a')), await states.of(credential('media/b'))];
    states.close();
    expect(all.map(({ account }) => account.budget.isClosed)).to.deep.equal([true, true]);
  });

  it('end every wait while their key is refused in the end', async () => {
    const { state } = await states.of(credential('media/a'));
    const entrance = await state.breaker.enter();
    if ('pass' in entrance) state.breaker.failed(entrance.pass, REFUSED);
    let ended = 0;
    void state.breaker.untilRetry(WANTED).then(() => (ended += 1));
    await settled();
    expect(ended).to.equal(0);
    states.close();
    await settled();
    expect(ended).to.equal(1);
  });
});

describe('credential states and their accounts', () => {
  let clock: FakeClock;
  let states: CredentialStates;
  /** The calls of STS, and the credential that each was for. */
  let asked: { caller: StsCaller; key: string }[];
  /** The account of each key; STS refuses a key that is not here. */
  let accounts: Record<string, string>;
  /** STS answers after this. */
  let silence: Promise<void> | undefined;
  beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    accounts = {};
    silence = undefined;
    start({ accountOf });
  });
  afterEach(() => states.close());

  function start(sts: CredentialStatesOptions['sts']): void {
    states = new CredentialStates({ callsPerMinute: 60, clock, sts });
  }

  const accountOf: NonNullable<CredentialStatesOptions['sts']>['accountOf'] = async (
    caller,
    { accessKeyID },
  ) => {
    asked.push({ caller, key: accessKeyID });
    // The account when STS is called, not when it answers.
    const accountID = accounts[accessKeyID];
    await silence;
    return accountID ? { accountID } : { failure: REFUSED };
  };

  function key(identity: string, accessKeyID: string, more: Partial<Credential> = {}): Credential {
    const accessKey = { accessKeyID, accessKeySecret: 'secret' };
    return { identity, version: accessKeyID, accessKey, ...more };
  }

  async function use(one: Credential): Promise<RequestAccount> {
    return (await states.of(one)).account;
  }

  async function share(one: Credential, other: Credential): Promise<boolean> {
    return (await use(one)) === (await use(other));
  }

  /** Has STS say nothing until the returned function is called. */
  function silenceSts(): () => Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    silence = promise;
    return async () => {
      silence = undefined;
      resolve();
      await settled();
    };
  }

  it('share a budget when their keys are of one account, across namespaces', async () => {
    accounts = { k1: '1', k2: '1', k3: '3' };
    const [a, b, c] = [key('media/a', 'k1'), key('news/b', 'k2'), key('media/c', 'k3')];
    expect(await share(a, b)).to.equal(true);
    expect(await share(a, c)).to.equal(false);
    expect((await use(a)).members).to.equal(2);
  });

  it('call STS once for each credential, for its namespace', async () => {
    accounts = { k1: '1', k2: '1' };
    for (let times = 0; times < 5; times += 1)
      await Promise.all([use(key('media/a', 'k1')), use(key('media/a', 'k1')), use(key('default', 'k2'))]);
    expect(asked).to.deep.equal([
      { caller: { namespace: 'media', identity: 'media/a' }, key: 'k1' },
      { caller: { namespace: '', identity: 'default' }, key: 'k2' },
    ]);
    expect((await use(key('media/a', 'k1'))).members).to.equal(2);
  });

  it('have no account before STS answers, and then that one', async () => {
    accounts = { k1: '1' };
    const answer = silenceSts();
    const account = use(key('media/a', 'k1'));
    await clock.advance(2_900);
    expect(states.find('media/a')?.account).to.equal(undefined);
    await answer();
    expect((await account).key).to.equal('account 1');
    expect(clock.timers).to.equal(0);
  });

  it('are accounts of their own after 3 s without an answer, and move when it comes, with their calls', async () => {
    accounts = { k1: '1' };
    const answer = silenceSts();
    const waits = use(key('media/a', 'k1'));
    await clock.advance(3_000);
    const alone = await waits;
    expect(alone.key).to.equal('alone media/a');
    for (let calls = 0; calls < 7; calls += 1) alone.budget.spend();
    await answer();
    const account = await use(key('media/a', 'k1'));
    expect(account.key).to.equal('account 1');
    expect(account.budget.history.total(clock.now())).to.equal(7);
    expect([account.members, alone.members, asked.length]).to.deep.equal([1, 0, 1]);
  });

  it('are accounts of their own while STS refuses, and call it again at growing intervals', async () => {
    const [a, b] = [key('media/a', 'k1'), key('media/b', 'k2')];
    for (let minute = 0; minute < 8 * 60; minute += 1) {
      expect(await share(a, b)).to.equal(false);
      await clock.advance(MINUTE);
    }
    expect(asked.length).to.be.within(2 * 9, 2 * 25);
    accounts = { k1: '1', k2: '1' };
    for (let minute = 0; minute < 60; minute += 1) {
      await share(a, b);
      await clock.advance(MINUTE);
    }
    expect(await share(a, b)).to.equal(true);
  });

  it('need not wait while STS is called again', async () => {
    await use(key('media/a', 'k1'));
    await clock.advance(MINUTE);
    const answer = silenceSts();
    accounts = { k1: '1' };
    expect((await use(key('media/a', 'k1'))).key).to.equal('alone media/a');
    expect(asked).to.have.length(2);
    // The call is not repeated, although it takes long and other requests need the account meanwhile.
    accounts = {};
    await clock.advance(5 * MINUTE);
    expect((await use(key('media/a', 'k1'))).key).to.equal('alone media/a');
    await answer();
    expect((await use(key('media/a', 'k1'))).key).to.equal('account 1');
    expect(asked).to.have.length(2);
  });

  it('join the account of a replaced key, whatever was known of the old one', async () => {
    accounts = { k1: '1', k2: '1', new: '3' };
    const b = key('media/b', 'k2');
    const old = await use(key('media/a', 'k1'));
    expect(await use(b)).to.equal(old);
    expect(states.adopt(key('media/a', 'new')).account).to.equal(undefined);
    expect((await use(key('media/a', 'new'))).key).to.equal('account 3');
    expect([old.members, asked.length]).to.deep.equal([1, 3]);
  });

  it('are accounts of their own when the replaced key is of no account', async () => {
    accounts = { k1: '1', k2: '1' };
    const b = key('media/b', 'k2');
    expect(await share(key('media/a', 'k1'), b)).to.equal(true);
    expect(await share(key('media/a', 'stolen'), b)).to.equal(false);
  });

  it('do not take a late answer about the old key for one about the new key', async () => {
    accounts = { k1: '1', k2: '1' };
    const b = key('media/b', 'k2');
    await use(b);
    const answer = silenceSts();
    const [old, next] = [use(key('media/a', 'k1')), use(key('media/a', 'other'))];
    await answer();
    expect((await next).key).to.equal('alone media/a');
    // A request that came with the old key gets the account of the new one.
    expect(await old).to.equal(await next);
    expect(await share(key('media/a', 'other'), b)).to.equal(false);
    expect((await use(b)).members).to.equal(1);
  });

  it('give a replaced key 3 s of its own to be known', async () => {
    const answer = silenceSts();
    const old = use(key('media/a', 'k1'));
    await clock.advance(2_000);
    const next = use(key('media/a', 'k2'));
    await clock.advance(2_900);
    expect(states.find('media/a')?.account).to.equal(undefined);
    await clock.advance(100);
    expect((await next).key).to.equal('alone media/a');
    expect(await old).to.equal(await next);
    await answer();
  });

  it('are one member of one account when a key is replaced and put back during the call of STS', async () => {
    accounts = { k1: '1', k2: '2' };
    const answer = silenceSts();
    const all = ['k1', 'k2', 'k1', 'k2', 'k1'].map((id) => use(key('media/a', id)));
    await answer();
    const [account] = await Promise.all(all);
    expect([account?.key, account?.members]).to.deep.equal(['account 1', 1]);
  });

  it('are one member of one account when a key is replaced and put back after 3 s without an answer', async () => {
    accounts = { k1: '1', k2: '2' };
    const answer = silenceSts();
    const all = ['k1', 'k2', 'k1'].map((id) => use(key('media/a', id)));
    await clock.advance(3_000);
    const alone = await all[0];
    expect([alone?.key, alone?.members]).to.deep.equal(['alone media/a', 1]);
    await answer();
    const account = await use(key('media/a', 'k1'));
    expect([account.key, account.members, alone?.members]).to.deep.equal(['account 1', 1, 0]);
  });

  it('stay with their account through the renewals of a role’s session', async () => {
    accounts = { s1: '1', k2: '1' };
    const b = key('media/b', 'k2');
    const renewed = (serial: number) => key('media/a', `s${serial}`, { version: `v/${serial}`, source: 'v' });
    expect(await share(renewed(1), b)).to.equal(true);
    expect(await share(renewed(2), b)).to.equal(true);
    expect(asked).to.have.length(2);
  });

  it('ignore an answer that comes after they expired', async () => {
    accounts = { k1: '1' };
    const answer = silenceSts();
    const waits = use(key('media/a', 'k1'));
    await clock.advance(3_000);
    const alone = await waits;
    await clock.advance(11 * MINUTE);
    expect(states.find('media/a')).to.equal(undefined);
    await answer();
    expect([alone.members, states.find('media/a')]).to.deep.equal([0, undefined]);
    expect((await use(key('media/b', 'k1'))).members).to.equal(1);
  });

  describe('that name their account', () => {
    beforeEach(() => start(undefined));

    it('share a budget within their namespace', async () => {
      const [a, b] = [key('media/a', 'k1', { accountID: '1' }), key('media/b', 'k2', { accountID: '1' })];
      expect(await share(a, b)).to.equal(true);
      expect(await share(a, key('media/c', 'k3', { accountID: '3' }))).to.equal(false);
      expect(await share(a, key('media/d', 'k4'))).to.equal(false);
    });

    it('share no budget with another namespace, nor with the operator’s own credentials', async () => {
      const a = key('media/a', 'k1', { accountID: '1' });
      expect(await share(a, key('news/b', 'k2', { accountID: '1' }))).to.equal(false);
      expect(await share(a, key('default', 'k3'))).to.equal(false);
    });

    it('share it while STS does not answer, and move to the account of their own key when it does', async () => {
      start({ accountOf });
      accounts = { k1: '1', liar: '2', k3: '1' };
      const theirs = key('news/c', 'k3');
      const [a, liar] = [
        key('media/a', 'k1', { accountID: '1' }),
        key('media/b', 'liar', { accountID: '1' }),
      ];
      const answer = silenceSts();
      const all = [a, liar, theirs].map((each) => use(each));
      await clock.advance(3_000);
      const [mine, liars, other] = await Promise.all(all);
      expect(mine).to.equal(liars);
      expect(other).not.to.equal(mine);
      await answer();
      expect(await share(a, liar)).to.equal(false);
      expect(await share(a, theirs)).to.equal(true);
      expect(await share(liar, theirs)).to.equal(false);
    });
  });
});
