// Who shares a budget, from when on, and what of before counts.

import { expect } from 'chai';
import { Accounts, type Member } from '../../../../src/cloud/budget/accounts.ts';
import type { Caller } from '../../../../src/cloud/budget/budget.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const N = 600;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('accounts', () => {
  let time: SteppedTime;
  let accounts: Accounts;
  let members: Member[];
  /** When calls were made, by member. */
  let calls: Map<Member, number[]>;
  beforeEach(() => {
    time = new SteppedTime();
    accounts = new Accounts({ callsPerMinute: N, clock: time });
    members = [];
    calls = new Map();
  });
  afterEach(() => {
    for (const member of members) accounts.leave(member);
    time.restore();
  });

  function join(key: string): Member {
    const member = accounts.join(key);
    members.push(member);
    calls.set(member, []);
    return member;
  }

  /** Adds callers of a member, each of which calls with its turn. */
  function want(member: Member, times: number): void {
    for (let index = 0; index < times; index += 1) {
      const caller: Caller = {
        priority: 'scheduled',
        deadline: time.now(),
        namespace: 'media',
        withdrawn: false,
        waitingSince: 0,
        payer: member,
        ready: () => true,
        call: async () => void calls.get(member)?.push(time.now()),
        dismissed: () => undefined,
      };
      member.budget.add(caller);
    }
  }

  /** The most calls of all members in any 60 s that end after `from`. */
  function mostPerMinute(from = 0): number {
    const times = [...calls.values()].flat().sort((a, b) => a - b);
    const ends = times.filter((end) => end >= from);
    return Math.max(0, ...ends.map((end) => times.filter((at) => at > end - MINUTE && at <= end).length));
  }

  function made(member: Member): number {
    return calls.get(member)?.length ?? 0;
  }

  it('are budgets of their own until they prove to be one', async () => {
    const [one, other] = [join('alone a'), join('alone b')];
    expect(one.budget).not.to.equal(other.budget);
    accounts.move(one, 'account 1');
    accounts.move(other, 'account 1');
    expect(one.budget).to.equal(other.budget);
    expect(one.isShared).to.equal(true);
  });

  it('that are known before anybody shares them keep their budget', () => {
    const one = join('alone a');
    const { budget } = one;
    accounts.move(one, 'account 1');
    expect(one.budget).to.equal(budget);
    expect(one.isShared).to.equal(false);
  });

  it('that prove to be one at once keep to one budget from the start on, and use it', async () => {
    const [one, other] = [join('alone a'), join('alone b')];
    want(one, 2 * N);
    want(other, 2 * N);
    await time.pass(SECOND, 10);
    accounts.move(one, 'account 1');
    accounts.move(other, 'account 1');
    await time.pass(2 * MINUTE, 50);
    expect(mostPerMinute()).to.be.within(0.97 * N, N);
  });

  it('that prove to be one late repay what they spent together', async () => {
    const [one, other] = [join('alone a'), join('alone b')];
    want(one, 5 * N);
    want(other, 5 * N);
    await time.pass(MINUTE, 50);
    expect(mostPerMinute()).to.be.greaterThan(1.9 * N);
    accounts.move(one, 'account 1');
    accounts.move(other, 'account 1');
    const joined = time.now();
    await time.pass(2 * MINUTE, 50);
    const after = [...calls.values()].flat().filter((at) => at > joined);
    // Of twice the budget, half has to leave the window before there is room again.
    expect(Math.min(...after) - joined).to.be.within(25 * SECOND, 35 * SECOND);
    expect(mostPerMinute(Math.min(...after))).to.be.at.most(N);
    expect(after.length).to.be.greaterThan(0.9 * 1.4 * N);
  });

  it('that prove to be one serve who waited in either, and nobody twice', async () => {
    const [one, other] = [join('alone a'), join('alone b')];
    want(one, 50);
    want(other, 50);
    await time.pass(100, 10);
    accounts.move(one, 'account 1');
    accounts.move(other, 'account 1');
    await time.pass(20 * SECOND, 50);
    expect([made(one), made(other)]).to.deep.equal([50, 50]);
  });

  it('whose key has changed leave with their own callers, and count for the account what was its', async () => {
    const [one, other] = [join('account 1'), join('account 1')];
    want(one, N);
    want(other, N);
    await time.pass(10 * SECOND, 10);
    const [before, others] = [made(one), made(other)];
    accounts.restart(one, 'alone a');
    expect(one.budget).not.to.equal(other.budget);
    await time.pass(20 * SECOND, 50);
    // Each has a budget of its own now.
    expect(made(one) - before).to.be.within(190, 200);
    expect(made(other) - others).to.be.within(190, 200);
    accounts.move(one, 'account 1');
    await time.pass(90 * SECOND, 50);
    expect(mostPerMinute(time.now() - 20 * SECOND)).to.be.at.most(N);
  });

  it('are not paused by a credential that changes its key to and fro', async () => {
    const [one, other] = [join('account 1'), join('account 1')];
    want(other, 3 * N);
    for (let change = 0; change < 30; change += 1) {
      want(one, 5);
      await time.pass(SECOND, 10);
      accounts.restart(one, 'alone a');
      accounts.move(one, 'account 1');
    }
    const before = made(other);
    await time.pass(30 * SECOND, 50);
    expect(made(other) - before).to.be.greaterThan(0.9 * (N / 2));
  });

  it('remember what was spent by a key that went, for those that come within a minute', async () => {
    const one = join('account 1');
    want(one, 3 * N);
    await time.pass(30 * SECOND, 50);
    accounts.restart(one, 'alone a');
    await time.pass(SECOND, 50);
    const other = join('account 1');
    want(other, 3 * N);
    await time.pass(10 * SECOND, 50);
    accounts.move(one, 'account 1');
    expect(one.budget).to.equal(other.budget);
    const joined = time.now();
    await time.pass(90 * SECOND, 50);
    const after = [...calls.values()].flat().filter((at) => at > joined);
    expect(mostPerMinute(Math.min(...after))).to.be.at.most(N);
  });

  it('forget after a minute without anybody', async () => {
    const one = join('account 1');
    const { budget } = one;
    accounts.restart(one, 'alone a');
    await time.pass(62 * SECOND, 1_000);
    expect(join('account 1').budget).not.to.equal(budget);
  });

  it('that a Secret only names share nothing with those that are proved', () => {
    const [proved, said] = [join('account 1'), join('said in media 1')];
    expect(said.budget).not.to.equal(proved.budget);
  });

  describe('that are asked about', () => {
    beforeEach(() => {
      accounts = new Accounts({ callsPerMinute: N, clock: time }, true);
    });

    it('make a call for a key that may be another account’s, and more when nobody can tell', async () => {
      const one = join('alone a');
      want(one, N);
      await time.pass(2 * SECOND, 10);
      expect(made(one)).to.equal(1);
      await time.pass(2 * SECOND, 10);
      expect(made(one)).to.be.greaterThan(5);
    });

    it('make a call for a key that has changed since, though nothing was known of the one before', async () => {
      const one = join('alone a');
      want(one, N);
      await time.pass(5 * SECOND, 10);
      const before = made(one);
      accounts.restart(one, 'alone a');
      await time.pass(2 * SECOND, 10);
      expect(made(one) - before).to.equal(1);
      await time.pass(2 * SECOND, 10);
      expect(made(one) - before).to.be.greaterThan(5);
    });

    it('make a call for a key that has changed to and fro', async () => {
      const [one, other] = [join('alone a'), join('alone b')];
      want(one, N);
      for (const member of [other, one]) accounts.move(member, 'account 1');
      await time.pass(5 * SECOND, 10);
      accounts.restart(one, 'alone a');
      await time.pass(5 * SECOND, 10);
      accounts.move(one, 'account 1');
      const before = made(one);
      accounts.restart(one, 'alone a');
      await time.pass(2 * SECOND, 10);
      expect(made(one) - before).to.equal(1);
    });
  });

  it('end with the last who uses them', () => {
    const [one, other] = [join('account 1'), join('account 1')];
    const { budget } = one;
    accounts.leave(one);
    expect(accounts.join('account 1').budget).to.equal(budget);
    accounts.leave(other);
    expect(accounts.join('account 1').budget).to.equal(budget);
  });
});
