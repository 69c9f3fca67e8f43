/**
 * The budget of each account in use. An account is kept for a minute after its last credential has left,
 * because its calls count that long.
 */
import type { Timer } from '../../base/clock.ts';
import type { Waiting } from './backlog.ts';
import { Budget, type BudgetOptions } from './budget.ts';

/** Calls count for 60 s; the sliding window is exact to 0.1 s. */
const REMEMBERED_MS = 61_000;

export interface Account<Item extends Waiting> {
  /** The name of the account among the processes that share its budget. */
  readonly key: string;
  readonly budget: Budget<Item>;
  /** Number of credentials that spend the budget. */
  readonly members: number;
}

interface Entry<Item extends Waiting> extends Account<Item> {
  members: number;
  /** Runs while the account has no members. */
  ending: Timer | undefined;
}

export class Accounts<Item extends Waiting> {
  readonly #options: BudgetOptions;
  readonly #accounts = new Map<string, Entry<Item>>();

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  join(key: string): Account<Item> {
    const account = this.#accounts.get(key) ?? this.#create(key);
    account.members += 1;
    account.ending?.cancel();
    return account;
  }

  /** Removes a member. An account without members ends a minute later, unless one joins by then. */
  leave({ key }: Account<Item>): void {
    const account = this.#accounts.get(key);
    if (!account) return;
    account.members -= 1;
    if (account.members === 0) this.#endLater(account);
  }

  /**
   * Moves a member to the account that STS gave. The calls that it made alone count there, too, and a pause
   * after a throttling continues there.
   */
  move(from: Account<Item>, key: string): Account<Item> {
    if (from.key === key) return from;
    const to = this.join(key);
    this.leave(from);
    to.budget.inherit(from.budget);
    if (from.members === 0) to.budget.include(from.budget);
    return to;
  }

  [Symbol.iterator](): Iterator<Account<Item>> {
    return this.#accounts.values();
  }

  close(): void {
    for (const account of this.#accounts.values()) this.#end(account);
  }

  #endLater(account: Entry<Item>): void {
    account.ending = this.#options.clock.after(REMEMBERED_MS, () => {
      // Requests that were admitted before their key changed notice it when their permit comes.
      if (account.budget.backlog.total > 0) this.#endLater(account);
      else this.#end(account);
    });
  }

  #end({ key, budget }: Entry<Item>): void {
    budget.close();
    this.#accounts.delete(key);
  }

  #create(key: string): Entry<Item> {
    const account = { key, budget: new Budget<Item>(this.#options, key), members: 0, ending: undefined };
    this.#accounts.set(key, account);
    return account;
  }
}
