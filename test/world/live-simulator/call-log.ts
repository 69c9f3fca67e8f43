/**
 * What was called, as often as it was: by operation, account and job, the most in any sliding second and minute, and the
 * last calls one by one.
 *
 * Memory is bounded: only so many calls are kept, and what clients make up (actions, job IDs) gets only so many names.
 */
import type { AccountCounts, Call, CallPage, Counts } from './cloud-world.ts';
import { SlidingWindow } from './sliding-window.ts';

export type CallRecord = Omit<Call, 'sequence'>;

/** About 20 MB of calls, and more than a minute of the vendor's quota. */
const MOST_CALLS_KEPT = 50_000;

/** More names than any test has jobs, at about 100 bytes each. */
const MOST_NAMES = 100_000;

const OTHERS = '(others)';

interface AccountTally {
  readonly byCode: Map<string, number>;
  readonly second: SlidingWindow;
  readonly minute: SlidingWindow;
}

export class CallLog {
  readonly #mostKept: number;
  #calls: Call[] = [];
  /** The sequence number of the newest call, since the very start. */
  #last = 0;
  /** The newest call that `reset` forgot. */
  #forgotten = 0;
  #counted = 0;
  readonly #byOperation = new Map<string, Map<string, number>>();
  readonly #byAccount = new Map<string, AccountTally>();
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

  #count({ operation, code, accountID = '(none)', clusterID = '', jobID, time }: CallRecord): void {
    this.#counted++;
    increment(
      entry(this.#byOperation, operation, () => new Map<string, number>()),
      code,
    );
    const account = entry(this.#byAccount, accountID, newTally);
    increment(account.byCode, code);
    account.second.add(time);
    account.minute.add(time);
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

  /** Resolves once there are `count` calls after `since`, or `milliseconds` of real time have passed. */
  async wait(since: number, count: number, milliseconds: number): Promise<void> {
    const there = () => this.#last - Math.max(since, this.#forgotten) >= count;
    if (there()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Nobody is there to be told once the process has nothing else to do.
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
      byAccount: mapValues(this.#byAccount, countsOf),
      byJob: Object.fromEntries(this.#byJob),
      connections,
    };
  }

  /** Sequence numbers go on, so that a reader's `since` stays good. Calls forgotten here are asked for by nobody. */
  reset(): void {
    this.#calls = [];
    this.#forgotten = this.#last;
    this.#counted = 0;
    this.#byOperation.clear();
    this.#byAccount.clear();
    this.#byJob.clear();
  }
}

function newTally(): AccountTally {
  return { byCode: new Map(), second: new SlidingWindow(1_000), minute: new SlidingWindow(60_000) };
}

function countsOf({ byCode, second, minute }: AccountTally): AccountCounts {
  const calls = [...byCode.values()].reduce((sum, count) => sum + count, 0);
  return {
    calls,
    byCode: Object.fromEntries(byCode),
    mostPerSecond: second.most,
    mostPerMinute: minute.most,
  };
}

function increment(counts: Map<string, number>, name: string): void {
  const counted = nameFor(counts, name);
  counts.set(counted, (counts.get(counted) ?? 0) + 1);
}

function entry<Value>(entries: Map<string, Value>, name: string, create: () => Value): Value {
  const counted = nameFor(entries, name);
  const value = entries.get(counted) ?? create();
  entries.set(counted, value);
  return value;
}

function nameFor(entries: ReadonlyMap<string, unknown>, name: string): string {
  return entries.has(name) || entries.size < MOST_NAMES ? name : OTHERS;
}

function mapValues<From, To>(map: ReadonlyMap<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries([...map].map(([name, value]) => [name, to(value)]));
}
