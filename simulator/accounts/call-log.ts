/**
 * Counts of calls by operation, account, key and job, the most in any sliding second and minute, and the last
 * calls one by one.
 *
 * Memory is bounded: the number of kept calls is, and so is the number of names that clients can make up
 * (actions, job IDs).
 */

import type { Call, CallPage, Counts, KeyCounts, Timeline } from '../world/cloud-world.ts';
import { AccountTally } from './account-tally.ts';
import { type CodeCounts, codeCounts, entry, increment, mapValues, sumOf } from './tally.ts';

export type CallRecord = Omit<Call, 'sequence'>;

/** Calls kept: about 20 MB, and more than a minute of the vendor's quota. */
const MOST_CALLS_KEPT = 50_000;

const NOBODY = '(none)';

export class CallLog {
  readonly #mostKept: number;
  #calls: Call[] = [];
  /** The sequence number of the newest call, since the very start. */
  #last = 0;
  /** The newest call that `reset` forgot. */
  #forgotten = 0;
  #counted = 0;
  readonly #byOperation = new Map<string, CodeCounts>();
  readonly #byAccount = new Map<string, AccountTally>();
  readonly #byKey = new Map<string, CodeCounts>();
  readonly #byJob = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  constructor(mostKept = MOST_CALLS_KEPT) {
    this.#mostKept = mostKept;
  }

  add(record: CallRecord): void {
    this.#calls.push({ ...record, sequence: ++this.#last });
    // Cut only at twice the bound, so that keeping to it costs nothing per call.
    if (this.#calls.length > this.#mostKept * 2) this.#calls = this.#calls.slice(-this.#mostKept);
    this.#count(record);
    for (const wake of this.#waiting) wake();
  }

  #count(record: CallRecord): void {
    const { operation, code, accountID = NOBODY, accessKeyID = NOBODY, clusterID = '', jobID } = record;
    this.#counted++;
    increment(entry(this.#byOperation, operation, codeCounts), code);
    entry(this.#byAccount, accountID, () => new AccountTally()).add(record);
    increment(entry(this.#byKey, accessKeyID, codeCounts), code);
    if (jobID) increment(this.#byJob, `${clusterID}/${jobID}`);
  }

  /** The calls after `since`, the oldest first, at most `limit` of them. */
  page(since = 0, limit = this.#mostKept): CallPage {
    const kept = this.#calls.slice(-this.#mostKept);
    const oldest = kept[0]?.sequence ?? this.#last + 1;
    const from = Math.max(since, this.#forgotten) + 1;
    const calls = kept.slice(Math.max(0, from - oldest)).slice(0, limit);
    return { calls, last: this.#last, lost: Math.max(0, oldest - from) };
  }

  /** When an account called; of no calls where it never did. */
  timeline(accountID: string, operation?: string): Timeline {
    return this.#byAccount.get(accountID)?.timeline(operation) ?? { times: [], lost: 0 };
  }

  /** Resolves once there are `count` calls after `since`, or `milliseconds` of real time have passed. */
  async wait(since: number, count: number, milliseconds: number): Promise<void> {
    const there = () => this.#last - Math.max(since, this.#forgotten) >= count;
    if (there()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // The wait alone must not keep the process alive.
    const timeout = setTimeout(resolve, milliseconds).unref();
    const wake = () => there() && resolve();
    this.#waiting.add(wake);
    await promise;
    clearTimeout(timeout);
    this.#waiting.delete(wake);
  }

  /** @param connections of the endpoint, which it counts itself. */
  counts(connections: Counts['connections']): Counts {
    return {
      calls: this.#counted,
      byOperation: mapValues(this.#byOperation, (codes) => Object.fromEntries(codes)),
      byAccount: mapValues(this.#byAccount, (account) => account.counts()),
      byKey: mapValues(this.#byKey, keyCounts),
      byJob: Object.fromEntries(this.#byJob),
      connections,
    };
  }

  /**
   * Sequence numbers continue, so that a reader's `since` stays valid. Calls forgotten here do not count as
   * lost.
   */
  reset(): void {
    this.#calls = [];
    this.#forgotten = this.#last;
    this.#counted = 0;
    for (const counted of [this.#byOperation, this.#byAccount, this.#byKey, this.#byJob]) counted.clear();
  }
}

function keyCounts(byCode: CodeCounts): KeyCounts {
  return { calls: sumOf(byCode), byCode: Object.fromEntries(byCode) };
}
