// Which credentials share a budget, from when on, and which earlier calls count.

import { expect } from 'chai';
import { type Account, Accounts } from '../../../../src/cloud/budget/accounts.ts';
import { aCaller, addCallers, type Caller } from '../../kit/callers.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const N = 600;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('accounts', () => {
  let time: SteppedTime;
  let accounts: Accounts<Caller>;
  /** When calls were made, by account. */
  let calls: Map<Account<Caller>, number[]>;
  beforeEach(() => {
    time = new SteppedTime();
    accounts = new Accounts({ callsPerMinute: N, clock: time });
    calls = new Map();
  });
  afterEach(() => {
    accounts.close();
    time.restore();
  });

  function want(account: Account<Caller>, count: number): void {
    const sent = calls.get(account) ?? [];
    calls.set(account, sent);
    addCallers(account.budget, time, sent, count);
  }

  /** Moves a member, and its waiting callers with it, as requests do. */
  function move(from: Account<Caller>, key: string): Account<Caller> {
    const to = accounts.move(from, key);
    const waiting = [...from.budget.backlog];
    for (const caller of waiting) from.budget.backlog.withdraw(caller);
    want(to, waiting.length);
    return to;
  }

  /** The most calls of all accounts in any 60 s that end after `from`. */
  function mostPerMinute(from = 0): number {
    const times = [...calls.values()].flat().sort((a, b) => a - b);
    const ends = times.filter((end) => end >= from);
    return Math.max(0, ...ends.map((end) => times.filter((at) => at > end - MINUTE && at <= end).length));
  }

  function made(account: Account<Caller>): number {
    return calls.get(account)?.length ?? 0;
  }

  it('share a budget under the same key, and count their members', () => {
    const [one, other] = [accounts.join('account 1'), accounts.join('account 2')];
    expect(one.budget).not.to.equal(other.budget);
    const again = accounts.join('account 1');
    expect(again.budget).to.equal(one.budget);
    expect([one.members, other.members]).to.deep.equal([2, 1]);
    accounts.leave(again);
    expect(one.members).to.equal(1);
    expect([...accounts].map(({ key }) => key)).to.deep.equal(['account 1', 'account 2']);
  });

  it('have separate budgets for a proved account and for one that a Secret only names', () => {
    const [proved, named] = [accounts.join('account 1'), accounts.join('said in media 1')];
    expect(named.budget).not.to.equal(proved.budget);
  });

  it('keep the budget of an account that a member moves to where it is', () => {
    const one = accounts.join('account 1');
    expect(accounts.move(one, 'account 1')).to.equal(one);
    expect(one.members).to.equal(1);
  });

  it('keep to one budget when two members prove at once to be of one account, and use it', async () => {
    const [one, other] = [accounts.join('alone a'), accounts.join('alone b')];
    want(one, 2 * N);
    want(other, 2 * N);
    await time.pass(SECOND, 10);
    expect(move(one, 'account 1')).to.equal(move(other, 'account 1'));
    await time.pass(2 * MINUTE, 50);
    expect(mostPerMinute()).to.be.within(0.97 * N, N);
  });

  it('wait until the calls of members that moved late have left the minute', async () => {
    const [one, other] = [accounts.join('alone a'), accounts.join('alone b')];
    want(one, 5 * N);
    want(other, 5 * N);
    await time.pass(MINUTE, 50);
    expect(mostPerMinute()).to.be.greaterThan(1.9 * N);
    move(one, 'account 1');
    move(other, 'account 1');
    const joined = time.now();
    await time.pass(2 * MINUTE, 50);
    const after = [...calls.values()].flat().filter((at) => at > joined);
    // Twice the budget was spent: half of it has to leave the window first.
    expect(Math.min(...after) - joined).to.be.within(25 * SECOND, 35 * SECOND);
    expect(mostPerMinute(Math.min(...after))).to.be.at.most(N);
    expect(after.length).to.be.greaterThan(0.9 * 1.4 * N);
  });

  for (const others of [0, 1])
    it(`keep the pause and the lower rate of a throttling when a member moves, with ${others} left behind`, async () => {
      const from = accounts.join('said in media 1');
      for (let other = 0; other < others; other += 1) accounts.join('said in media 1');
      const full = from.budget.callsPerSecond;
      from.budget.throttled(time.now(), 10 * SECOND);
      await time.pass(SECOND, 10);
      const to = accounts.move(from, 'account 1');
      expect(to.budget.callsPerSecond).to.equal(full / 2);
      want(to, 100);
      await time.pass(8_900, 10);
      expect(made(to)).to.equal(0);
      await time.pass(10 * SECOND, 10);
      expect(made(to)).to.be.within(40, 60);
    });

  it('do not move the calls of a budget that other members still spend', async () => {
    const [one, other] = [accounts.join('said in media 1'), accounts.join('said in media 1')];
    want(one, N);
    await time.pass(20 * SECOND, 50);
    const account = accounts.move(other, 'account 2');
    expect(account.budget.history.total(time.now())).to.equal(0);
    expect(one.members).to.equal(1);
  });

  it('are not paused by a member that changes its key to and fro', async () => {
    const other = accounts.join('account 1');
    let one = accounts.join('account 1');
    want(other, 3 * N);
    for (let change = 0; change < 30; change += 1) {
      want(one, 5);
      await time.pass(SECOND, 10);
      accounts.leave(one);
      one = accounts.move(accounts.join('alone a'), 'account 1');
    }
    const before = made(other);
    await time.pass(30 * SECOND, 50);
    expect(made(other) - before).to.be.greaterThan(0.9 * (N / 2));
  });

  it('remember the calls of a member that left, for a member that joins within a minute', async () => {
    const one = accounts.join('account 1');
    want(one, N / 2);
    await time.pass(30 * SECOND, 50);
    accounts.leave(one);
    await time.pass(10 * SECOND, 50);
    const again = accounts.join('account 1');
    expect(again.budget).to.equal(one.budget);
    want(again, 3 * N);
    await time.pass(90 * SECOND, 50);
    expect(mostPerMinute()).to.be.at.most(N);
  });

  it('forget a budget a minute after its last member left', async () => {
    const { budget } = accounts.join('account 1');
    accounts.leave(accounts.join('account 1'));
    await time.pass(62 * SECOND, 1_000);
    expect(budget.isClosed).to.equal(false);
    accounts.leave(accounts.join('account 1'));
    for (const account of accounts) accounts.leave(account);
    await time.pass(59 * SECOND, 1_000);
    expect(budget.isClosed).to.equal(false);
    await time.pass(3 * SECOND, 1_000);
    expect(budget.isClosed).to.equal(true);
    expect([...accounts]).to.deep.equal([]);
    expect(accounts.join('account 1').budget).not.to.equal(budget);
  });

  it('keep a budget that a member has joined again within the minute', async () => {
    const one = accounts.join('account 1');
    accounts.leave(one);
    await time.pass(50 * SECOND, 1_000);
    accounts.join('account 1');
    await time.pass(2 * MINUTE, 1_000);
    expect(one.budget.isClosed).to.equal(false);
  });

  it('count the minute from when the last member left, not an earlier one', async () => {
    const one = accounts.join('account 1');
    accounts.leave(one);
    await time.pass(50 * SECOND, 1_000);
    accounts.join('account 1');
    accounts.leave(one);
    await time.pass(50 * SECOND, 1_000);
    expect(one.budget.isClosed).to.equal(false);
    await time.pass(12 * SECOND, 1_000);
    expect(one.budget.isClosed).to.equal(true);
  });

  it('do not close a budget whose last member left while requests wait in it', async () => {
    const one = accounts.join('account 1');
    const caller = aCaller(async () => undefined);
    one.budget.backlog.add(caller);
    accounts.leave(one);
    await time.pass(3 * MINUTE, 1_000);
    expect(one.budget.isClosed).to.equal(false);
    one.budget.backlog.withdraw(caller);
    await time.pass(62 * SECOND, 1_000);
    expect(one.budget.isClosed).to.equal(true);
  });

  it('close all budgets at once when the process ends', () => {
    const all = [accounts.join('account 1'), accounts.join('account 2')];
    accounts.close();
    expect(all.map(({ budget }) => budget.isClosed)).to.deep.equal([true, true]);
  });
});
