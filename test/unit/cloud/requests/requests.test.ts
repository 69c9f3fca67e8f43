// One observation on its way round: what the contract of the reader cannot bring about at will.

import { expect } from 'chai';
import type { CallResult } from '../../../../src/cloud/client/job-call.ts';
import type { Resolved } from '../../../../src/cloud/credentials/secret-credential.ts';
import { Sessions } from '../../../../src/cloud/requests/credential-states.ts';
import { Observation } from '../../../../src/cloud/requests/request.ts';
import type { Answer, Destination } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const REFERENCE = { credential: { namespace: 'media', name: 'account' }, clusterID: 'c', jobID: 'j' };
const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };

function keyOf(version: string): Resolved {
  const accessKey = { accessKeyID: 'id', accessKeySecret: 'secret' };
  return { credential: { identity: 'media/account', version, accessKey } };
}

describe('an observation', () => {
  let time: SteppedTime;
  let sessions: Sessions;
  /** What the Secret holds now, and what is known of it without another look. */
  let held: Resolved;
  let fresh: Resolved | undefined;
  let resolves: number;
  let asked: Destination;
  /** Set: the third look at the Secret waits for this. */
  let thirdLook: Promise<void> | undefined;
  /** The versions of the keys that calls were made with, and how each ends. */
  let mayCall: boolean;
  let calls: { version: string; end: (kind: FailureKind | 'observed') => void }[];

  beforeEach(() => {
    mayCall = true;
    time = new SteppedTime();
    sessions = new Sessions({ callsPerMinute: 6_000, clock: time });
    held = keyOf('one');
    fresh = held;
    resolves = 0;
    asked = DESTINATION;
    thirdLook = undefined;
    calls = [];
  });
  afterEach(() => {
    for (const [, { budget }] of sessions) budget.close();
    time.restore();
  });

  const credentials = {
    resolve: async () => {
      resolves += 1;
      if (resolves === 3) await thirdLook;
      return held;
    },
    fresh: () => fresh,
    doubt: () => {
      fresh = undefined;
    },
  };
  const jobCall = {
    destinationOf: () => asked,
    make: (_reference: unknown, { version }: { version: string }) =>
      new Promise<CallResult>((resolve) => calls.push({ version, end: (kind) => resolve(resultOf(kind)) })),
  };

  function begin(signal = new AbortController().signal): { answers: Answer[]; observation: Observation } {
    const answers: Answer[] = [];
    const parts = { credentials, sessions, jobCall, clock: time, mayCall: () => mayCall };
    const ended = (answer: Answer) => void answers.push(answer);
    const owner = { reference: REFERENCE, calling: () => undefined, ended };
    const observation = new Observation(parts, { priority: 'scheduled', deadline: 0 }, owner);
    // As who asked for it does.
    signal.addEventListener('abort', () => observation.isCalling || observation.leave());
    observation.begin();
    return { answers, observation };
  }

  function outcome(answers: readonly Answer[]): string[] {
    return answers.map((answer) => (answer.kind === 'failed' ? answer.failure.kind : answer.kind));
  }

  it('calls with its turn, once, and ends with the answer', async () => {
    const { answers } = begin();
    await time.pass(50);
    expect(calls.map(({ version }) => version)).to.deep.equal(['one']);
    calls[0]?.end('observed');
    await time.pass(50);
    expect(outcome(answers)).to.deep.equal(['observed']);
  });

  it('is withdrawn when its turn has come and no call may be made any more', async () => {
    const { answers } = begin();
    mayCall = false;
    await time.pass(50);
    expect(calls).to.deep.equal([]);
    expect(outcome(answers)).to.deep.equal(['withdrawn']);
  });

  it('gives its turn up for a Secret that has become old, reads it, and calls with what it holds then', async () => {
    fresh = undefined;
    held = keyOf('one');
    const { answers } = begin();
    await time.pass(15);
    expect(calls).to.deep.equal([]);
    fresh = held = keyOf('two');
    await time.pass(50);
    expect(resolves).to.be.at.least(2);
    expect(calls.map(({ version }) => version)).to.deep.equal(['two']);
    calls[0]?.end('observed');
    await time.pass(1);
    expect(outcome(answers)).to.deep.equal(['observed']);
  });

  it('calls all the same when the Secret becomes old at each turn', async () => {
    fresh = undefined;
    const { answers } = begin();
    await time.pass(100);
    calls[0]?.end('observed');
    await time.pass(1);
    expect(outcome(answers)).to.deep.equal(['observed']);
  });

  it('takes the refusal of a key that has been replaced meanwhile for nothing against the new one', async () => {
    const old = begin();
    await time.pass(50);
    fresh = held = keyOf('two');
    const next = begin();
    await time.pass(50);
    expect(calls.map(({ version }) => version)).to.deep.equal(['one', 'two']);
    calls[0]?.end('AuthenticationFailed');
    await time.pass(50);
    calls[1]?.end('observed');
    calls[2]?.end('observed');
    await time.pass(1);
    expect(calls.map(({ version }) => version)).to.deep.equal(['one', 'two', 'two']);
    expect([...outcome(old.answers), ...outcome(next.answers)]).to.deep.equal(['observed', 'observed']);
  });

  it('goes round once for a replaced key, and tells the refusal of the second', async () => {
    const { answers } = begin();
    await time.pass(50);
    fresh = held = keyOf('two');
    calls[0]?.end('AuthenticationFailed');
    await time.pass(50);
    fresh = held = keyOf('three');
    calls[1]?.end('AuthenticationFailed');
    await time.pass(50);
    expect(calls).to.have.length(2);
    expect(outcome(answers)).to.deep.equal(['AuthenticationFailed']);
  });

  it('is told when its endpoint cannot be reached, without a call or a turn, and when to come again', async () => {
    for (let failures = 0; failures < 5; failures += 1) {
      begin();
      await time.pass(50);
      calls.at(-1)?.end('ConnectionFailed');
      await time.pass(1);
    }
    const { answers } = begin();
    await time.pass(1);
    expect(outcome(answers)).to.deep.equal(['ConnectionFailed']);
    const [answer] = answers;
    expect(answer?.kind === 'failed' && answer.failure.retryAt).to.be.within(time.now(), time.now() + 5_000);
    expect(calls).to.have.length(5);
  });

  it('that waits while its endpoint goes away is told so with the next turn, and takes none', async () => {
    for (let waiting = 0; waiting < 5; waiting += 1) begin();
    await time.pass(100);
    const late = [1, 2, 3].map(() => begin());
    await time.pass(0);
    for (const call of calls) call.end('ConnectionFailed');
    await time.pass(15);
    expect(late.map(({ answers }) => outcome(answers))).to.deep.equal(Array(3).fill(['ConnectionFailed']));
    expect(calls).to.have.length(5);
  });

  it('makes its call to another endpoint all the same', async () => {
    for (let failures = 0; failures < 5; failures += 1) {
      begin();
      await time.pass(50);
      calls.at(-1)?.end('ConnectionFailed');
      await time.pass(1);
    }
    asked = { ...DESTINATION, endpoint: 'https://live.eu-central-1.aliyuncs.com' };
    begin();
    await time.pass(50);
    expect(calls).to.have.length(6);
  });

  it('goes round again when the Secret has come to name another endpoint while it waited', async () => {
    begin();
    await time.pass(1);
    asked = { ...DESTINATION, endpoint: 'https://live.eu-central-1.aliyuncs.com' };
    await time.pass(11);
    expect(calls).to.deep.equal([]);
    await time.pass(20);
    expect(calls).to.have.length(1);
  });

  it('that is left makes no call, and takes nothing of its budget’s order', async () => {
    const abort = new AbortController();
    const { answers } = begin(abort.signal);
    await time.pass(2);
    abort.abort();
    expect(outcome(answers)).to.deep.equal(['withdrawn']);
    for (const [, { budget }] of sessions) expect(budget.total).to.equal(0);
    await time.pass(100);
    expect(calls).to.deep.equal([]);
    begin();
    await time.pass(50);
    expect(calls).to.have.length(1);
  });

  it('that is left while its Secret is read in its turn makes no call', async () => {
    fresh = undefined;
    const abort = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    thirdLook = promise;
    const { answers } = begin(abort.signal);
    await time.pass(100);
    expect([resolves, answers.length]).to.deep.equal([3, 0]);
    abort.abort();
    expect(outcome(answers)).to.deep.equal(['withdrawn']);
    resolve();
    await time.pass(50);
    expect(outcome(answers)).to.deep.equal(['withdrawn']);
    expect(calls).to.deep.equal([]);
    for (const [, { budget }] of sessions) expect(budget.total).to.equal(0);
  });

  it('that is ended while its call is made ends at once, and once', async () => {
    const { answers, observation } = begin();
    await time.pass(50);
    observation.leave();
    expect(outcome(answers)).to.deep.equal(['withdrawn']);
    calls[0]?.end('observed');
    await time.pass(50);
    expect(answers).to.have.length(1);
  });

  it('pauses nobody who has come to share its account meanwhile, when its Secret’s own endpoint says to', async () => {
    const own = { endpoint: { protocol: 'https', host: 'live.example.com' }, accountID: '1' } as const;
    fresh = held = 'credential' in held ? { credential: { ...held.credential, ...own } } : held;
    begin();
    await time.pass(50);
    const other = { identity: 'media/other', version: 'one', accountID: '1' };
    const { budget } = sessions.of({ ...other, accessKey: { accessKeyID: 'id', accessKeySecret: 'secret' } });
    const before = budget.callsPerSecond;
    calls[0]?.end('Throttled');
    await time.pass(1);
    expect(budget.callsPerSecond).to.equal(before);
  });

  it('ends as it ends when it is not wanted any more while its call is made', async () => {
    const abort = new AbortController();
    const { answers } = begin(abort.signal);
    await time.pass(50);
    abort.abort();
    expect(answers).to.deep.equal([]);
    calls[0]?.end('JobNotFound');
    await time.pass(1);
    expect(outcome(answers)).to.deep.equal(['JobNotFound']);
  });
});

function resultOf(kind: FailureKind | 'observed'): CallResult {
  if (kind === 'observed')
    return { answer: { kind, job: {}, destination: DESTINATION, sentAt: 0 }, sentAt: 0 };
  const failure = { kind, message: 'as planned' };
  return { answer: { kind: 'failed', failure, sentAt: 0 }, failed: { failure, code: kind }, sentAt: 0 };
}
