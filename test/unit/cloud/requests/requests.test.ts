// The life of a request: what the contract of the reader cannot bring about at will.

import { expect } from 'chai';
import type { LiveClient } from '../../../../src/cloud/client/live-client.ts';
import { SIGNATURE_NONCE_USED } from '../../../../src/cloud/client/map-error.ts';
import { CredentialStates } from '../../../../src/cloud/requests/credential-states.ts';
import type { Request } from '../../../../src/cloud/requests/request.ts';
import { Requests } from '../../../../src/cloud/requests/requests.ts';
import type { Resolved } from '../../../../src/credentials/secret-credential.ts';
import type { CredentialReference, Destination } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { aKey, aRequest, callResult, DESTINATION } from '../../kit/samples/a-request.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const MINUTE = 60_000;
/** More than any test needs: a request that read its Secret without end would let the tests hang. */
const MOST_READS = 100_000;
const OTHER_ENDPOINT = { ...DESTINATION, endpoint: 'https://live.eu-central-1.aliyuncs.com' };

describe('requests', () => {
  let time: SteppedTime;
  let states: CredentialStates;
  let requests: Requests;
  /** What the Secret holds now, and what is known of it without reading it. */
  let held: Resolved;
  let fresh: Resolved | undefined;
  let reads: number;
  /** The Secret is fresh again once it has been read. */
  let isKeyRefused: boolean;
  /** Whether a request that waits for the Secret gets what is known, until the key is refused. */
  let isCached: boolean;
  /** The namespace whose Secret is stale at each permit. */
  let staleIn: string | undefined;
  let destination: Destination;
  /** If set, the second read of the Secret waits for this. */
  let secondRead: Promise<void> | undefined;
  let mayCall: boolean;
  /** The versions of the keys that calls were made with, and what ends each call. */
  let calls: {
    version: string;
    namespace: string;
    at: number;
    end: (outcome: FailureKind | 'answered', code?: string) => void;
  }[];
  /** Results in the order in which they left. */
  let finished: Request<unknown>[];
  /** Requests that left without a result, as they start again after a call. */
  let restarted: Request<unknown>[];
  let waits: [priority: string, seconds: number][];

  beforeEach(() => {
    mayCall = true;
    time = new SteppedTime();
    held = aKey('one');
    fresh = held;
    reads = 0;
    isKeyRefused = false;
    isCached = false;
    staleIn = undefined;
    destination = DESTINATION;
    secondRead = undefined;
    calls = [];
    finished = [];
    restarted = [];
    waits = [];
    start(6_000);
  });
  afterEach(() => {
    requests.close();
    time.restore();
  });

  /** @param accountOf the answer of STS; undefined: the operator may not call it */
  function start(
    callsPerMinute: number,
    accountOf?: (
      key: string,
    ) => Promise<{ accountID: string } | { failure: { kind: FailureKind; message: string } }>,
  ): void {
    const sts = accountOf && {
      accountOf: (_: unknown, { accessKeyID }: { accessKeyID: string }) => accountOf(accessKeyID),
    };
    states = new CredentialStates({ callsPerMinute, clock: time, sts });
    const observer = {
      waited: (priority: string, seconds: number) => void waits.push([priority, seconds]),
    };
    requests = new Requests({ credentials, states, client, clock: time, mayCall: () => mayCall, observer });
    void collect(requests);
  }

  async function collect({ finished: ends }: Requests): Promise<void> {
    for (let items = await ends.next(); items.length > 0; items = await ends.next())
      for (const each of items) (each.result ? finished : restarted).push(each);
  }

  const credentials = {
    resolve: async () => {
      reads += 1;
      if (reads > MOST_READS) throw new Error('a request reads its Secret without end');
      if (reads === 2) await secondRead;
      if (isKeyRefused) fresh = held;
      isKeyRefused = false;
      return (isCached && fresh) || held;
    },
    fresh: ({ namespace }: CredentialReference) => (namespace === staleIn ? undefined : fresh),
    markStale: () => {
      isKeyRefused = fresh !== undefined;
      fresh = undefined;
    },
  };
  const call: LiveClient['call'] = ({ read }, { credential: { namespace } }, { version }) =>
    new Promise((resolve) => {
      const at = time.now();
      const end = (outcome: FailureKind | 'answered', code: string = outcome) => {
        const result = callResult(outcome, at, read({ Job: { JobId: 'j' } }));
        resolve(result.kind === 'failed' ? { ...result, failed: { ...result.failed, code } } : result);
      };
      calls.push({ version, namespace, at, end });
    });
  const client = { destinationOf: () => destination, call };

  function submit(more: Parameters<typeof aRequest>[1] = {}): Request<unknown> {
    const request = aRequest('account', more);
    requests.submit(request);
    return request;
  }

  function outcome(...of: Request<unknown>[]): (string | undefined)[] {
    return of.map(({ result }) => (result?.kind === 'failed' ? result.failure.kind : result?.kind));
  }

  function waiting(): number {
    return [...states].reduce((sum, [, { account }]) => sum + (account?.budget.backlog.total ?? 0), 0);
  }

  function versions(): string[] {
    return calls.map(({ version }) => version);
  }

  /** Five calls that could not reach the endpoint: the guard lets no call go there. */
  async function closeEndpoint(): Promise<void> {
    for (let failures = 0; failures < 5; failures += 1) {
      submit();
      await time.pass(50);
      calls.at(-1)?.end('ConnectionFailed');
      await time.pass(1);
    }
  }

  it('make one call with a permit, and leave with its answer', async () => {
    const request = submit();
    await time.pass(50);
    expect(versions()).to.deep.equal(['one']);
    expect(finished).to.deep.equal([]);
    calls[0]?.end('answered');
    await time.pass(50);
    expect(outcome(request)).to.deep.equal(['answered']);
    expect(finished).to.deep.equal([request]);
    expect(calls).to.have.length(1);
  });

  it('report how long each waited for its permit, by priority', async () => {
    requests.close();
    start(60);
    submit({ priority: 'urgent' });
    submit({ priority: 'retry' });
    await time.pass(3_000);
    expect(waits.map(([priority]) => priority)).to.deep.equal(['urgent', 'retry']);
    expect(waits[1]?.[1]).to.be.within(2, 2.2);
  });

  it('cost their namespace a permit only if they use it', async () => {
    requests.close();
    start(60);
    // Each request of this namespace starts again once, without the permit that came for it.
    staleIn = 'news';
    for (let each = 0; each < 20; each += 1)
      for (const namespace of ['news', 'media']) submit({ namespace, deadline: each });
    await time.pass(20_000, 20);
    const first = calls.slice(0, 16).map(({ namespace }) => namespace);
    // Half, but for the moments in which all its requests are on their way back.
    expect(first.filter((namespace) => namespace === 'news').length).to.be.within(7, 8);
  });

  it('are withdrawn when their permit comes and no call may be made any more', async () => {
    const request = submit();
    mayCall = false;
    await time.pass(50);
    expect(calls).to.deep.equal([]);
    expect(outcome(...finished)).to.deep.equal(['withdrawn']);
    expect(finished).to.deep.equal([request]);
  });

  it('say in their failure whether a call was made', async () => {
    await closeEndpoint();
    const refused = submit();
    await time.pass(50);
    expect(outcome(refused)).to.deep.equal(['ConnectionFailed']);
    const isCalled = ({ result }: Request<unknown>) => result?.kind === 'failed' && !result.notCalled;
    expect(finished.map(isCalled)).to.deep.equal([...Array(5).fill(true), false]);
  });

  it('make no call after the end, whether they wait already or come later', async () => {
    submit();
    await time.pass(1);
    requests.close();
    submit();
    await time.pass(100);
    expect(calls).to.deep.equal([]);
  });

  it('read a Secret that has become stale without a permit, and call with what it holds then', async () => {
    requests.close();
    start(60);
    fresh = undefined;
    const request = submit();
    await time.pass(1_100, 10);
    expect(calls).to.deep.equal([]);
    fresh = held = aKey('two');
    await time.pass(3_300, 10);
    expect(reads).to.be.at.least(2);
    expect(versions()).to.deep.equal(['two']);
    calls[0]?.end('answered');
    await time.pass(1);
    expect(outcome(request)).to.deep.equal(['answered']);
  });

  it('call with the newest key of a role’s session that was renewed while they waited', async () => {
    fresh = held = aKey('session 1', { source: 'role' });
    const request = submit();
    await time.pass(1);
    fresh = held = aKey('session 2', { source: 'role' });
    await time.pass(50);
    expect(versions()).to.deep.equal(['session 2']);
    calls[0]?.end('answered');
    await time.pass(1);
    expect([outcome(request), reads]).to.deep.equal([['answered'], 1]);
  });

  it('call even when the Secret is stale at each permit', async () => {
    fresh = undefined;
    const request = submit();
    await time.pass(100);
    calls[0]?.end('answered');
    await time.pass(1);
    expect(outcome(request)).to.deep.equal(['answered']);
    expect(calls).to.have.length(1);
  });

  it('do not go back to an old key after another request has read its replacement', async () => {
    requests.close();
    const asked: string[] = [];
    start(60, async (key) => {
      asked.push(key);
      return { accountID: key };
    });
    fresh = undefined;
    const old = submit({ deadline: 9 });
    // Read again at the first permit: the Secret is stale from now on at each permit.
    await time.pass(1_200, 10);
    expect([reads, calls.length]).to.deep.equal([2, 0]);
    held = aKey('two');
    const next = submit({ deadline: 1 });
    await time.pass(4_500, 10);
    for (const { end } of calls) end('answered');
    await time.pass(1);
    expect(outcome(old, next)).to.deep.equal(['answered', 'answered']);
    expect(versions()).to.deep.equal(['two', 'two']);
    expect(asked).to.deep.equal(['one', 'two']);
  });

  it('leave without a call when the Secret is gone at the permit', async () => {
    const request = submit();
    await time.pass(1);
    fresh = held = { failure: { kind: 'CredentialsNotFound', message: 'gone' } };
    await time.pass(50);
    expect(outcome(request)).to.deep.equal(['CredentialsNotFound']);
    expect(finished).to.deep.equal([request]);
    expect(calls).to.deep.equal([]);
  });

  it('release all objects that wait while their key is refused when its Secret is deleted', async () => {
    submit();
    await time.pass(50);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(1);
    let released = 0;
    for (let each = 0; each < 3; each += 1)
      void states
        .find('media/account')
        ?.breaker.untilRetry(new AbortController().signal)
        .then(() => {
          released += 1;
        });
    await time.pass(1);
    expect(released).to.equal(0);
    fresh = held = { failure: { kind: 'ConnectionFailed', message: 'no answer' } };
    submit();
    await time.pass(1);
    expect(released).to.equal(0);
    fresh = held = { failure: { kind: 'CredentialsNotFound', message: 'gone' } };
    submit();
    await time.pass(1);
    expect(released).to.equal(3);
  });

  it('do not blame a new key for the refusal of the old one', async () => {
    const old = submit();
    await time.pass(50);
    fresh = held = aKey('two');
    const next = submit();
    await time.pass(50);
    expect(versions()).to.deep.equal(['one', 'two']);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(50);
    calls[1]?.end('answered');
    calls[2]?.end('answered');
    await time.pass(1);
    expect(versions()).to.deep.equal(['one', 'two', 'two']);
    expect(outcome(old, next)).to.deep.equal(['answered', 'answered']);
  });

  it('try a replaced key once, and leave with the refusal of the second', async () => {
    const request = submit();
    await time.pass(50);
    fresh = held = aKey('two');
    calls[0]?.end('AuthenticationFailed');
    await time.pass(50);
    fresh = held = aKey('three');
    calls[1]?.end('AuthenticationFailed');
    await time.pass(50);
    expect(calls).to.have.length(2);
    expect(outcome(request)).to.deep.equal(['AuthenticationFailed']);
  });

  it('leave with the refusal of their key and with when it is tried again', async () => {
    const request = submit();
    await time.pass(50);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(50);
    const { result } = request;
    expect(result?.kind === 'failed' && result.failure.retryAt).to.be.within(time.now(), time.now() + 5_000);
  });

  it('that wait for a probe are not refused with its key, but call with the one that replaced it', async () => {
    submit();
    await time.pass(50);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(6_000, 100);
    const both = [submit(), submit()];
    await time.pass(50);
    expect(versions(), 'one is the probe').to.deep.equal(['one', 'one']);
    held = aKey('two');
    calls[1]?.end('AuthenticationFailed');
    await time.pass(50);
    expect(versions()).to.deep.equal(['one', 'one', 'two', 'two']);
    for (const { end } of calls.slice(2)) end('answered');
    await time.pass(1);
    expect(outcome(...both)).to.deep.equal(['answered', 'answered']);
  });

  describe('while their Secret is known to give no key', () => {
    const gone: Resolved = { failure: { kind: 'CredentialsNotFound', message: 'gone' } };
    beforeEach(() => {
      fresh = held = gone;
      isCached = true;
    });

    it('read it and call with what it holds now, if a user waits for the answer', async () => {
      held = aKey('two');
      const [scheduled, urgent] = [submit(), submit({ priority: 'urgent' })];
      await time.pass(50);
      expect(outcome(scheduled)).to.deep.equal(['CredentialsNotFound']);
      expect(versions()).to.deep.equal(['two']);
      calls[0]?.end('answered');
      await time.pass(1);
      expect(outcome(urgent)).to.deep.equal(['answered']);
    });

    it('read it once more, and leave with the failure, if it still gives none', async () => {
      const urgent = submit({ priority: 'urgent' });
      await time.pass(50);
      expect(outcome(urgent)).to.deep.equal(['CredentialsNotFound']);
      expect(finished).to.deep.equal([urgent]);
      expect(reads).to.equal(2);
    });
  });

  describe('while their key is known to be refused', () => {
    beforeEach(async () => {
      submit();
      await time.pass(50);
      calls[0]?.end('AuthenticationFailed');
      await time.pass(1_100, 100);
      isCached = true;
    });

    it('read the Secret and call with what it holds now, if a user waits for the answer', async () => {
      held = aKey('two');
      const [scheduled, urgent] = [submit(), submit({ priority: 'urgent' })];
      await time.pass(50);
      expect(outcome(scheduled)).to.deep.equal(['AuthenticationFailed']);
      expect(versions()).to.deep.equal(['one', 'two']);
      calls[1]?.end('answered');
      await time.pass(1);
      expect(outcome(urgent)).to.deep.equal(['answered']);
    });

    it('leave with the failure and make no call, if the Secret still holds the same key', async () => {
      const urgent = submit({ priority: 'urgent' });
      await time.pass(50);
      expect(outcome(urgent)).to.deep.equal(['AuthenticationFailed']);
      expect(versions()).to.deep.equal(['one']);
    });
  });

  it('take no permit while their key is known to be refused', async () => {
    submit();
    await time.pass(50);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(50);
    const late = submit();
    await time.pass(1);
    expect([outcome(late), waiting(), calls.length]).to.deep.equal([['AuthenticationFailed'], 0, 1]);
  });

  it('leave without a call when their key is refused while they wait, all with one permit', async () => {
    requests.close();
    start(600);
    submit();
    await time.pass(250);
    const late = [1, 2, 3].map(() => submit());
    await time.pass(1);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(220);
    expect(outcome(...late)).to.deep.equal(Array(3).fill('AuthenticationFailed'));
    expect(calls).to.have.length(1);
    expect(waits).to.have.length(1);
  });

  it('call again, once, when the nonce of the signature was used before', async () => {
    const request = submit();
    for (let each = 0; each < 2; each += 1) {
      await time.pass(50);
      calls[each]?.end('ServerError', SIGNATURE_NONCE_USED);
    }
    await time.pass(50);
    expect(calls).to.have.length(2);
    expect([restarted, finished]).to.deep.equal([[request], [request]]);
    expect(outcome(request)).to.deep.equal(['ServerError']);
  });

  it('leave without a call or a permit when their endpoint cannot be reached, and say when to come again', async () => {
    await closeEndpoint();
    const request = submit();
    await time.pass(1);
    const { result } = request;
    expect(outcome(request)).to.deep.equal(['ConnectionFailed']);
    expect(result?.kind === 'failed' && result.failure.retryAt).to.be.within(time.now(), time.now() + 5_000);
    expect(result?.kind === 'failed' && result.destination).to.equal(DESTINATION);
    expect(calls).to.have.length(5);
  });

  it('leave with the next permit, and take none, when their endpoint goes away while they wait', async () => {
    requests.close();
    start(60);
    for (let each = 0; each < 5; each += 1) submit();
    await time.pass(5_500, 10);
    const late = [1, 2, 3].map(() => submit());
    await time.pass(0);
    await time.pass(1);
    for (const { end } of calls) end('ConnectionFailed');
    await time.pass(1_100, 10);
    expect(outcome(...late)).to.deep.equal(Array(3).fill('ConnectionFailed'));
    expect(calls).to.have.length(5);
    expect(waits).to.have.length(5);
  });

  it('go to another endpoint while the first cannot be reached', async () => {
    await closeEndpoint();
    destination = OTHER_ENDPOINT;
    submit();
    await time.pass(50);
    expect(calls).to.have.length(6);
  });

  it('start again when the Secret has come to name another endpoint while they waited', async () => {
    requests.close();
    start(60);
    submit();
    await time.pass(500, 10);
    destination = OTHER_ENDPOINT;
    await time.pass(1_000, 10);
    // The first permit is not used.
    expect(calls).to.deep.equal([]);
    await time.pass(1_000, 10);
    expect(calls).to.have.length(1);
  });

  it('make no call once withdrawn, and keep no place in the backlog', async () => {
    const request = submit();
    await time.pass(2);
    expect(waiting()).to.equal(1);
    requests.withdraw(request);
    requests.withdraw(request);
    expect(waiting()).to.equal(0);
    await time.pass(100);
    expect(calls).to.deep.equal([]);
    submit();
    await time.pass(50);
    expect(calls).to.have.length(1);
    expect(finished).to.deep.equal([]);
  });

  it('make no call when withdrawn while a stale Secret is read again', async () => {
    fresh = undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    secondRead = promise;
    const request = submit();
    await time.pass(100);
    expect([reads, finished.length]).to.deep.equal([2, 0]);
    requests.withdraw(request);
    resolve();
    await time.pass(50);
    expect(calls).to.deep.equal([]);
    expect([finished.length, waiting()]).to.deep.equal([0, 0]);
  });

  it('end as their call ends when they are withdrawn during it, once', async () => {
    const request = submit();
    await time.pass(50);
    requests.withdraw(request);
    expect(finished).to.deep.equal([]);
    calls[0]?.end('JobNotFound');
    await time.pass(50);
    expect(outcome(request)).to.deep.equal(['JobNotFound']);
    requests.withdraw(request);
    await time.pass(50);
    expect(finished).to.deep.equal([request]);
  });

  it('pass the probe of a refused key on when the probing request is withdrawn', async () => {
    requests.close();
    start(60);
    submit();
    await time.pass(1_500);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(6_000, 50);
    const [probe, next] = [submit(), submit()];
    await time.pass(1);
    requests.withdraw(probe);
    await time.pass(2_500, 10);
    expect(calls).to.have.length(2);
    fresh = held;
    calls[1]?.end('answered');
    await time.pass(1);
    expect(outcome(probe, next)).to.deep.equal([undefined, 'answered']);
  });

  it('do not pause an account that others share for a throttling by the Secret’s own endpoint', async () => {
    const own = { endpoint: { protocol: 'https', host: 'live.example.com' }, accountID: '1' } as const;
    fresh = held = aKey('one', own);
    submit();
    await time.pass(50);
    const { credential } = aKey('k', { identity: 'media/other', accountID: '1' });
    const { account } = await states.of(credential);
    const before = account.budget.callsPerSecond;
    calls[0]?.end('Throttled');
    await time.pass(1);
    expect(account.budget.callsPerSecond).to.equal(before);
  });

  it('pause the account for a throttling by the vendor’s endpoint', async () => {
    submit();
    await time.pass(50);
    const budget = states.find('media/account')?.account?.budget;
    const before = budget?.callsPerSecond ?? 0;
    calls[0]?.end('Throttled');
    await time.pass(1);
    expect(budget?.callsPerSecond).to.equal(before / 2);
    submit();
    await time.pass(450);
    expect(calls).to.have.length(1);
  });

  it('all get their permits after a pause', async () => {
    submit();
    await time.pass(50);
    calls[0]?.end('Throttled');
    await time.pass(1);
    const all = Array.from({ length: 50 }, () => submit());
    await time.pass(5_000, 5);
    for (const { end } of calls) end('answered');
    await time.pass(1);
    expect(outcome(...all)).to.deep.equal(Array(50).fill('answered'));
    expect(calls).to.have.length(51);
  });

  describe('whose account STS knows', () => {
    /** When STS answers, ms after the question. */
    let answerMs: number;
    let accounts: Record<string, string>;
    beforeEach(() => {
      answerMs = 100;
      accounts = { one: '1', two: '2' };
      requests.close();
      start(60, async (key) => {
        await time.sleep(answerMs);
        const accountID = accounts[key];
        return accountID ? { accountID } : { failure: { kind: 'ServerError', message: '' } };
      });
    });

    function account(): string | undefined {
      return states.find('media/account')?.account?.key;
    }

    it('wait for the account before their first permit', async () => {
      submit();
      await time.pass(90);
      expect([account(), waiting()]).to.deep.equal([undefined, 0]);
      await time.pass(20);
      expect([account(), waiting()]).to.deep.equal(['account 1', 1]);
    });

    it('wait for the account 3 s at most', async () => {
      answerMs = 10_000;
      submit();
      await time.pass(2_990, 10);
      expect([account(), waiting()]).to.deep.equal([undefined, 0]);
      await time.pass(20);
      expect([account(), waiting()]).to.deep.equal(['alone media/account', 1]);
    });

    it('go back when STS answers late, and the calls until then count for the account', async () => {
      answerMs = 10_000;
      const all = Array.from({ length: 9 }, () => submit());
      await time.pass(9_990, 10);
      const separately = calls.length;
      expect(separately).to.be.within(5, 8);
      await time.pass(20, 10);
      const { budget } = states.find('media/account')?.account ?? expect.fail();
      expect(account()).to.equal('account 1');
      expect(budget.history.total(time.now())).to.equal(separately);
      await time.pass(6_000, 10);
      for (const { end } of calls) end('answered');
      await time.pass(1);
      expect(outcome(...all)).to.deep.equal(Array(9).fill('answered'));
      expect([calls.length, finished.length]).to.deep.equal([9, 9]);
    });

    it('go back from the old backlog when the key is replaced, and call under the new account', async () => {
      const all = Array.from({ length: 5 }, () => submit());
      await time.pass(200, 10);
      const old = states.find('media/account')?.account?.budget ?? expect.fail();
      expect(old.backlog.total).to.equal(5);
      fresh = held = aKey('two');
      all.push(submit());
      await time.pass(20_000, 20);
      expect(old.backlog.total).to.equal(0);
      expect(account()).to.equal('account 2');
      expect(versions()).to.deep.equal(Array(6).fill('two'));
      expect(old.history.total(time.now())).to.equal(0);
      for (const { end } of calls) end('answered');
      await time.pass(1);
      expect(outcome(...all)).to.deep.equal(Array(6).fill('answered'));
      expect([calls.length, finished.length]).to.deep.equal([6, 6]);
    });

    it('notice a replaced key with their permit, and call under the new account', async () => {
      const request = submit();
      await time.pass(200, 10);
      fresh = held = aKey('two');
      await time.pass(3_000, 10);
      expect([account(), ...versions()]).to.deep.equal(['account 2', 'two']);
      calls[0]?.end('answered');
      await time.pass(1);
      expect(outcome(request)).to.deep.equal(['answered']);
    });

    it('call when their key was replaced long ago, while they waited for another request’s probe', async () => {
      submit();
      await time.pass(1_500, 10);
      for (let failures = 0; failures < 5; failures += 1) {
        calls.at(-1)?.end('ConnectionFailed');
        await time.pass(20, 10);
        if (failures === 4) break;
        submit();
        await time.pass(1_100, 10);
      }
      await time.pass(6_000, 10);
      submit();
      await time.pass(1_100, 10);
      const waits = submit();
      await time.pass(100, 10);
      expect([calls.length, outcome(waits)]).to.deep.equal([6, [undefined]]);
      fresh = held = aKey('two');
      // This request finds that the key was replaced; the old account is forgotten meanwhile.
      submit();
      await time.pass(2 * MINUTE, 100);
      calls[5]?.end('answered');
      await time.pass(3_000, 10);
      for (const { end } of calls) end('answered');
      await time.pass(10);
      expect(outcome(waits)).to.deep.equal(['answered']);
    });
  });

  describe('to an endpoint that their Secret names', () => {
    beforeEach(() => {
      fresh = held = aKey('one', { endpoint: { protocol: 'https', host: 'own.example' } });
    });

    it('are 8 at once for a namespace; the others wait without a failure, and call when one ends', async () => {
      const all = Array.from({ length: 20 }, () => submit());
      await time.pass(5_000, 10);
      expect([calls.length, [...requests.parked].length]).to.deep.equal([8, 12]);
      expect(outcome(...all)).to.deep.equal(Array(20).fill(undefined));
      for (let ended = 0; ended < 20; ended += 1) {
        calls[ended]?.end('answered');
        await time.pass(100, 10);
        expect(calls.length, `after ${ended + 1} answers`).to.equal(Math.min(20, 9 + ended));
      }
      expect(outcome(...all)).to.deep.equal(Array(20).fill('answered'));
      expect([...requests.parked]).to.deep.equal([]);
    });

    it('leave the permits of their account to other namespaces', async () => {
      for (let count = 0; count < 20; count += 1) submit();
      await time.pass(1_000, 10);
      const other = submit({ namespace: 'news' });
      await time.pass(100, 10);
      expect(calls.length).to.equal(9);
      calls[8]?.end('answered');
      await time.pass(1);
      expect(outcome(other)).to.deep.equal(['answered']);
    });

    it('can be withdrawn while they wait, and make no call', async () => {
      const all = Array.from({ length: 10 }, () => submit());
      await time.pass(1_000, 10);
      for (const request of all) requests.withdraw(request);
      expect(all.filter(({ withdrawn }) => withdrawn)).to.have.length(2);
      for (const { end } of calls) end('answered');
      await time.pass(1_000, 10);
      expect([calls.length, finished.length]).to.deep.equal([8, 8]);
    });

    it('do not wait for withdrawn ones', async () => {
      const all = Array.from({ length: 1_000 }, () => submit());
      await time.pass(15_000, 10);
      for (const request of all) requests.withdraw(request);
      submit();
      await time.pass(100, 10);
      calls[0]?.end('answered');
      await time.pass(100, 10);
      expect(calls.length).to.equal(9);
    });

    it('get the failure when the endpoint turns out to be unreachable while they wait', async () => {
      const all = Array.from({ length: 30 }, () => submit());
      await time.pass(1_000, 10);
      for (const { end } of calls) end('ConnectionFailed');
      await time.pass(1_000, 10);
      expect(outcome(...all)).to.deep.equal(Array(30).fill('ConnectionFailed'));
      expect(calls.length).to.equal(8);
    });

    it('make no call once all is closed', async () => {
      for (let count = 0; count < 10; count += 1) submit();
      await time.pass(1_000, 10);
      requests.close();
      for (const { end } of calls) end('answered');
      await time.pass(1_000, 10);
      expect(calls.length).to.equal(8);
    });

    it('that the operator names instead are 96 at once', async () => {
      fresh = held = aKey('one');
      for (let count = 0; count < 100; count += 1) submit();
      await time.pass(5_000, 10);
      expect(calls.length).to.equal(96);
    });
  });
});
