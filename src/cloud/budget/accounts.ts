/**
 * Which credentials share a budget: those of one account. Each is an account by itself until its account is known, and while that is
 * being asked it makes only a few calls; then it moves, with whoever waits for it and with the calls that it made, so that no sliding
 * 60 s has more than one budget.
 */

import { SlidingWindow } from '../ratelimit/sliding-window.ts';
import { Budget, type BudgetOptions, type Payer } from './budget.ts';

/** Calls count for a minute: who comes back by then has to find them. */
const REMEMBERED_MS = 61_000;

interface Account {
  key: string;
  readonly budget: Budget;
  readonly members: Set<Member>;
  /** Clock `now` when the last member went. */
  emptiedAt: number;
}

/** One credential's part in an account. */
export class Member implements Payer {
  /** Of the calls with the key in use now. */
  history = new SlidingWindow();
  account: Account;

  constructor(account: Account) {
    this.account = account;
    account.members.add(this);
  }

  get budget(): Budget {
    return this.account.budget;
  }

  /** Whether others spend the same budget. */
  get isShared(): boolean {
    return this.account.members.size > 1;
  }
}

export class Accounts {
  readonly #options: BudgetOptions;
  readonly #areAsked: boolean;
  readonly #accounts = new Map<string, Account>();

  /** @param areAsked whether each member will be moved, or its budget trusted */
  constructor(options: BudgetOptions, areAsked = false) {
    this.#options = options;
    this.#areAsked = areAsked;
  }

  /** A member of what is taken to be its account. */
  join(key: string): Member {
    return new Member(this.#presumed(key));
  }

  /** The key is another one: what the old one did is the old account's, which remembers it as long as it counts. */
  restart(member: Member, key: string): void {
    member.history = new SlidingWindow();
    const { account } = member;
    if (key !== account.key) this.#transfer(member, this.#presumed(key));
    else if (!member.isShared) this.#distrust(account);
  }

  /** It was another account's all along, or is now. */
  move(member: Member, key: string): void {
    const from = member.account;
    const to = this.#accounts.get(key);
    if (to === from) return;
    if (!to && from.members.size === 1) this.#rename(from, key);
    else this.#transfer(member, to ?? this.#create(key));
  }

  /** The last one closes the account's budget. */
  leave(member: Member): void {
    const { account } = member;
    account.members.delete(member);
    if (account.members.size === 0) this.#end(account);
  }

  #transfer(member: Member, to: Account): void {
    const from = member.account;
    member.account = to;
    to.members.add(member);
    to.budget.adopt(from.budget.release(member), member.history);
    from.members.delete(member);
    if (from.members.size > 0) return;
    const { clock } = this.#options;
    const emptiedAt = clock.now();
    from.emptiedAt = emptiedAt;
    // Unless somebody has come back and gone again meanwhile.
    const isForgotten = () => from.members.size === 0 && from.emptiedAt === emptiedAt;
    clock.after(REMEMBERED_MS, () => isForgotten() && this.#end(from));
  }

  #end(account: Account): void {
    account.budget.close();
    if (this.#accounts.get(account.key) === account) this.#accounts.delete(account.key);
  }

  #rename(account: Account, key: string): void {
    this.#accounts.delete(account.key);
    account.key = key;
    account.budget.rename(key);
    account.budget.trust();
    this.#accounts.set(key, account);
  }

  #presumed(key: string): Account {
    const account = this.#accounts.get(key) ?? this.#create(key);
    if (account.members.size === 0) this.#distrust(account);
    return account;
  }

  /** Whoever is its only member now has a key that nothing is known of. */
  #distrust({ budget }: Account): void {
    if (this.#areAsked) budget.distrust();
  }

  #create(key: string): Account {
    const budget = new Budget(this.#options, key);
    const account = { key, budget, members: new Set<Member>(), emptiedAt: 0 };
    this.#accounts.set(key, account);
    return account;
  }
}
