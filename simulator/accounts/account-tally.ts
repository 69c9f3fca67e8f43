/**
 * The calls of one account: counts by operation and code, the most in any sliding second and minute, and the
 * times.
 */
import type { AccountCounts, Call, Timeline } from '../world/cloud-world.ts';
import { SlidingWindow } from './sliding-window.ts';
import { type CodeCounts, codeCounts, entry, increment, mapValues, sumOf } from './tally.ts';

/** Half an hour at the vendor's quota of 6,000 a minute, in 1.6 MB. */
const MOST_TIMES = 200_000;

export class AccountTally {
  readonly #byCode: CodeCounts = new Map();
  readonly #byOperation = new Map<string, CodeCounts>();
  readonly #second = new SlidingWindow(1_000);
  readonly #minute = new SlidingWindow(60_000);
  readonly #times = new Map<string, Times>();

  add({ operation, code, time }: Pick<Call, 'operation' | 'code' | 'time'>): void {
    increment(this.#byCode, code);
    increment(entry(this.#byOperation, operation, codeCounts), code);
    this.#second.add(time);
    this.#minute.add(time);
    entry(this.#times, operation, () => new Times(MOST_TIMES)).add(time);
  }

  counts(): AccountCounts {
    return {
      calls: sumOf(this.#byCode),
      byCode: Object.fromEntries(this.#byCode),
      byOperation: mapValues(this.#byOperation, (codes) => Object.fromEntries(codes)),
      mostPerSecond: this.#second.most,
      mostPerMinute: this.#minute.most,
    };
  }

  /** @param operation default all. */
  timeline(operation?: string): Timeline {
    const matching = [...this.#times].filter(([name]) => operation === undefined || name === operation);
    const kept = matching.map(([, times]) => times);
    return {
      times: kept.flatMap((times) => times.kept()).sort((a, b) => a - b),
      lost: kept.reduce((lost, times) => lost + times.lost, 0),
    };
  }
}

/** The newest times, up to a bound. */
export class Times {
  readonly #most: number;
  #times: number[] = [];
  #added = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get lost(): number {
    return Math.max(0, this.#added - this.#most);
  }

  add(time: number): void {
    this.#times.push(time);
    this.#added++;
    // Cut only at twice the bound, so that keeping to it costs nothing per call.
    if (this.#times.length > this.#most * 2) this.#times = this.kept();
  }

  kept(): number[] {
    return this.#times.slice(-this.#most);
  }
}
