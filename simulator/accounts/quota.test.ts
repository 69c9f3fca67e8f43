/** 6,000 calls a minute for one user: in any 60 s, for each account, and refused as the vendor does. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_TEMPORARY_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare, callWithSdk, codeOf, queryOf, RUNNING_JOB_ID } from '../test/test-client.ts';
import { Quota } from './quota.ts';
import { SlidingWindow } from './sliding-window.ts';

describe('a sliding window', () => {
  it('holds what is younger than its length, and remembers the most it ever held', () => {
    const window = new SlidingWindow(1_000);
    for (const time of [0, 500, 999]) window.add(time);
    expect(window.count(999)).to.equal(3);
    expect(window.count(1_000)).to.equal(2);
    expect(window.count(5_000)).to.equal(0);
    expect(window.most).to.equal(3);
  });

  it('counts a burst across the boundary of a clock second', () => {
    const window = new SlidingWindow(1_000);
    for (const time of [900, 950, 1_050, 1_100]) window.add(time);
    expect(window.most).to.equal(4);
  });

  it('lets go of what has left it', () => {
    const window = new SlidingWindow(10);
    for (let time = 0; time < 100_000; time++) window.add(time);
    expect(window.count(100_000)).to.equal(9);
    expect(window.at(0)).to.equal(99_991);
    expect(window.most).to.equal(10);
  });
});

describe('a quota', () => {
  it('is 6,000 in any 60 s by default, not in a minute of the clock', () => {
    const quota = new Quota(6_000);
    for (let call = 0; call < 6_000; call++) expect(quota.admit(59_000 + call / 10)).to.equal(0);
    expect(quota.admit(60_000)).to.be.greaterThan(0);
    expect(quota.admit(118_999)).to.be.greaterThan(0);
    expect(quota.admit(119_000)).to.equal(0);
  });

  it('returns the wait after which exactly the calls that left the window are free', () => {
    const quota = new Quota(2);
    quota.admit(0);
    quota.admit(10_000);
    expect(quota.admit(20_000)).to.equal(40_000);
    expect(quota.admit(60_000)).to.equal(0);
    expect(quota.admit(60_000)).to.equal(10_000);
  });

  it('is not spent by refused calls, but is by those of another tool', () => {
    const quota = new Quota(1);
    quota.admit(0);
    for (let time = 1; time < 60_000; time += 1_000) quota.admit(time);
    expect(quota.admit(60_000)).to.equal(0);
    const shared = new Quota(10);
    shared.spend(12, 0);
    expect(shared.admit(1)).to.equal(59_999);
  });

  it('that was lowered waits until enough calls have left', () => {
    const quota = new Quota(3);
    for (const time of [0, 1_000, 2_000]) quota.admit(time);
    quota.callsPerMinute = 1;
    expect(quota.admit(3_000)).to.equal(59_000);
    quota.callsPerMinute = 0;
    expect(quota.admit(200_000)).to.equal(60_000);
  });
});

describe('an account over its quota', () => {
  let skipped = 0;
  let cloud: Simulator;
  const now = () => Date.now() + skipped;
  before(async () => {
    cloud = await startSimulator({ callsPerMinute: 3, now });
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  it('is answered 400 Throttling.User with the wait, and let through after it', async () => {
    const date = () => ({ date: now() });
    for (let call = 0; call < 3; call++) expect(await codeOf(callBare(cloud, date()))).to.equal('OK');
    const refused = await callBare(cloud, date());
    expect(refused.status).to.equal(400);
    expect(await refused.json()).to.include({ Code: 'Throttling.User' });
    const wait = Number(refused.headers.get('x-acs-retry-after'));
    expect(wait).to.be.within(50_000, 60_000);
    expect(refused.headers.get('x-ratelimit-user-api')).to.equal(`Limit:3,Remain:0,TimeLeft:${wait}`);
    skipped += wait;
    expect(await codeOf(callBare(cloud, date()))).to.equal('OK');
  });

  it('is throttled with all its keys and operations, and no other account is', async () => {
    const theirs = { accessKeyID: 'LTAItheirs', accessKeySecret: 'theirs' };
    await cloud.createAccount({ accountID: 'theirs', callsPerMinute: 10 });
    await cloud.addKey({ accountID: 'theirs', ...theirs });
    await cloud.spendQuota({ accountID: DEFAULT_ACCOUNT_ID, calls: 2 });
    const dated = (options: object) => codeOf(callBare(cloud, { ...options, date: now() }));
    expect(await dated({ credentials: DEFAULT_TEMPORARY_KEY })).to.equal('OK');
    expect(await dated({})).to.equal('Throttling.User');
    expect(await dated({ action: 'ListEdgeTranscodeJob' })).to.equal('Throttling.User');
    expect(await dated({ credentials: theirs })).to.equal('JobNotFound');
  });

  it('spends calls that are refused later, but not those without a good key', async () => {
    const dated = (options: object) => codeOf(callBare(cloud, { ...options, date: now() }));
    const wrong = { accessKeyID: 'LTAIsimulator', accessKeySecret: 'wrong' };
    for (let call = 0; call < 5; call++)
      expect(await dated({ credentials: wrong })).to.equal('SignatureDoesNotMatch');
    for (let call = 0; call < 3; call++)
      expect(await dated({ query: queryOf('none') })).to.equal('JobNotFound');
    expect(await dated({})).to.equal('Throttling.User');
  });

  it('can have its quota changed', async () => {
    await cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, callsPerMinute: 0 });
    const outcome = await callWithSdk(cloud, {
      query: queryOf(RUNNING_JOB_ID),
      headers: { 'x-acs-date': `${new Date(now()).toISOString().slice(0, 19)}Z` },
    });
    expect([outcome.status, outcome.code]).to.deep.equal([400, 'Throttling.User']);
  });
});
