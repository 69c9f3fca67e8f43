// Many keys of one account that nobody knows yet to be: what they call before counts, and is little.

import { expect } from 'chai';
import type { Caller } from '../../../../src/cloud/budget/budget.ts';
import { type Session, Sessions } from '../../../../src/cloud/requests/credential-states.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const N = 1_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** As often as Secrets are read, and so keys become known to the operator. */
const KEY_EVERY_MS = 200;
const CALLS_OF_EACH = 100;

describe('keys of one account that are not known to be', () => {
  let time: SteppedTime;
  let sent: number[];
  let sessions: Sessions;
  /** When STS answers, ms after it was asked, and what. */
  let answerMs: number;
  let accountOf: (key: string) => string | undefined;
  beforeEach(() => {
    time = new SteppedTime();
    sent = [];
    answerMs = 300;
    accountOf = () => '1';
    sessions = start();
  });
  afterEach(() => {
    stop();
    time.restore();
  });

  function start(): Sessions {
    const answered = async (key: string) => {
      await time.sleep(answerMs);
      const accountID = accountOf(key);
      return accountID ? { accountID } : { failure: { kind: 'ServerError', message: '' } as const };
    };
    const sts = {
      accountOf: (_: unknown, { accessKeyID }: { accessKeyID: string }) => answered(accessKeyID),
    };
    return new Sessions({ callsPerMinute: N, clock: time, sts });
  }

  function stop(): void {
    for (const [, { budget }] of sessions) budget.close();
  }

  /** @param identity of the Secret that holds the key */
  function use(key: string, identity = `media/${key}`): Session {
    const accessKey = { accessKeyID: key, accessKeySecret: 'secret' };
    return sessions.of({ identity, version: key, accessKey });
  }

  function want({ budget, member }: Session, calls: number): void {
    for (let index = 0; index < calls; index += 1) {
      const caller: Caller = {
        priority: 'scheduled',
        deadline: time.now(),
        namespace: 'media',
        withdrawn: false,
        waitingSince: 0,
        payer: member,
        ready: () => true,
        call: async () => void sent.push(time.now()),
        dismissed: () => undefined,
      };
      budget.add(caller);
    }
  }

  async function wantEach(keys: number): Promise<void> {
    for (let key = 0; key < keys; key += 1) {
      want(use(`key-${key}`), CALLS_OF_EACH);
      await time.pass(KEY_EVERY_MS, 20);
    }
  }

  function mostPerMinute(): number {
    return Math.max(0, ...sent.map((end) => sent.filter((at) => at > end - MINUTE && at <= end).length));
  }

  it('keep to one budget, a restart in the middle of it included, and use it', async () => {
    await wantEach(40);
    await time.pass(MINUTE, 20);
    stop();
    sessions = start();
    const restarted = sent.length;
    await wantEach(40);
    await time.pass(MINUTE, 20);
    expect(mostPerMinute()).to.be.within(0.97 * N, N);
    expect(sent.length - restarted).to.be.greaterThan(0.95 * (68 / 60) * N);
  });

  it('wait with all but a call until it is known whose they are', async () => {
    want(use('key'), 10);
    await time.pass(answerMs, 20);
    expect(sent).to.have.length(1);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('wait no longer when STS does not know', async () => {
    accountOf = () => undefined;
    want(use('key'), 10);
    await time.pass(answerMs + SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('wait for 3 s when STS says nothing', async () => {
    answerMs = MINUTE;
    want(use('key'), 10);
    await time.pass(3 * SECOND, 20);
    expect(sent).to.have.length(1);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('do not wait when nobody is asked', async () => {
    stop();
    sessions = new Sessions({ callsPerMinute: N, clock: time });
    want(use('key'), 10);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });

  it('wait again when the key is another one', async () => {
    const { budget } = use('key');
    await time.pass(SECOND, 20);
    accountOf = () => '2';
    const changed = use('other', 'media/key');
    expect(changed.budget).not.to.equal(budget);
    want(changed, 10);
    await time.pass(answerMs - 20, 20);
    expect(sent).to.have.length(1);
    await time.pass(SECOND, 20);
    expect(sent).to.have.length(10);
  });
});
