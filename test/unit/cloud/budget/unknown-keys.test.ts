// Many keys of one account, before the account is known: their calls wait until STS gives it.

import { expect } from 'chai';
import type { LiveClient } from '../../../../src/cloud/client/live-client.ts';
import { CredentialStates } from '../../../../src/cloud/requests/credential-states.ts';
import { Requests } from '../../../../src/cloud/requests/requests.ts';
import type { CredentialReference } from '../../../../src/job/model/cloud-port.ts';
import { aKey, aRequest, callResult, DESTINATION } from '../../kit/samples/a-request.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const N = 1_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Secrets are read this often, so keys become known to the operator this often. */
const KEY_EVERY_MS = 200;
const CALLS_OF_EACH = 40;

describe('keys of one account that are not known to be', () => {
  let time: SteppedTime;
  let sent: number[];
  let requests: Requests;
  let states: CredentialStates;
  /** When STS answers, ms after the question, and what. */
  let answerMs: number;
  let accountOf: (key: string) => string | undefined;
  /** The keys of the Secrets that hold another one than at first. */
  let replaced: Map<string, string>;
  beforeEach(() => {
    time = new SteppedTime();
    sent = [];
    answerMs = 300;
    accountOf = () => '1';
    replaced = new Map();
    start();
  });
  afterEach(() => {
    requests.close();
    time.restore();
  });

  /** @param hasSts whether the operator may call STS */
  function start(hasSts = true): void {
    const answered = async (key: string) => {
      await time.sleep(answerMs);
      const accountID = accountOf(key);
      return accountID ? { accountID } : { failure: { kind: 'ServerError', message: '' } as const };
    };
    const sts = {
      accountOf: (_: unknown, { accessKeyID }: { accessKeyID: string }) => answered(accessKeyID),
    };
    states = new CredentialStates({ callsPerMinute: N, clock: time, sts: hasSts ? sts : undefined });
    const held = ({ name = '' }: CredentialReference) =>
      aKey(replaced.get(name) ?? name, { identity: `media/${name}` });
    const credentials = {
      resolve: async (reference: CredentialReference) => held(reference),
      fresh: held,
      markStale: () => undefined,
    };
    const call: LiveClient['call'] = async ({ read }) => {
      sent.push(time.now());
      return callResult('answered', time.now(), read({ Job: { JobId: 'j' } }));
    };
    const client = { destinationOf: () => DESTINATION, call };
    requests = new Requests({ credentials, states, client, clock: time });
  }

  /** @param name of the Secret, and of its first key */
  function want(name: string, calls: number): void {
    for (let index = 0; index < calls; index += 1) requests.submit(aRequest(name, { deadline: time.now() }));
  }

  async function wantEach(keys: number): Promise<void> {
    for (let key = 0; key < keys; key += 1) {
      want(`key-${key}`, CALLS_OF_EACH);
      await time.pass(KEY_EVERY_MS, 20);
    }
  }

  function mostPerMinute(): number {
    return Math.max(0, ...sent.map((end) => sent.filter((at) => at > end - MINUTE && at <= end).length));
  }

  it('never exceed one budget, a restart in the middle of it included, and use it', async () => {
    await wantEach(40);
    await time.pass(MINUTE, 20);
    requests.close();
    start();
    const restarted = sent.length;
    await wantEach(40);
    await time.pass(MINUTE, 20);
    expect(mostPerMinute()).to.be.within(0.97 * N, N);
    expect(sent.length - restarted).to.be.greaterThan(0.95 * (68 / 60) * N);
  });

  it('never exceed one budget when all become known together', async () => {
    for (let key = 0; key < 40; key += 1) want(`key-${key}`, CALLS_OF_EACH);
    await time.pass(2 * MINUTE, 20);
    expect(mostPerMinute()).to.be.within(0.97 * N, N);
  });

  it('repay what they called separately when STS answered after 3 s', async () => {
    answerMs = 10 * SECOND;
    for (let key = 0; key < 5; key += 1) want(`key-${key}`, N);
    await time.pass(answerMs + SECOND, 20);
    const separately = sent.length;
    expect(separately).to.be.greaterThan(0.5 * N);
    await time.pass(3 * MINUTE, 20);
    expect(mostPerMinute()).to.be.at.most(N);
  });

  it('wait with every call until the account is known', async () => {
    want('key', 10);
    await time.pass(answerMs, 20);
    expect(sent).to.have.length(0);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('wait no longer when STS does not know the account', async () => {
    accountOf = () => undefined;
    want('key', 10);
    await time.pass(answerMs + SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('wait for 3 s when STS does not answer', async () => {
    answerMs = MINUTE;
    want('key', 10);
    await time.pass(3 * SECOND, 20);
    expect(sent).to.have.length(0);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('do not wait where the operator may not call STS', async () => {
    requests.close();
    start(false);
    want('key', 10);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('wait again when the Secret holds another key', async () => {
    want('key', 1);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(1);
    const before = states.find('media/key')?.account;
    accountOf = () => '2';
    replaced.set('key', 'other');
    want('key', 10);
    await time.pass(answerMs - 20, 20);
    expect(sent).to.have.length(1);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(11);
    expect(states.find('media/key')?.account).not.to.equal(before);
  });
});
