/**
 * Conditions in a fifth of the memory. What they say is said of thousands of objects in the same words, so it is held once for all of
 * them. What is an object's own are the dates, and of these it mostly has one or two: of when it was first observed, and of when its
 * job was last started.
 */
import type { Condition } from '../../api/conditions.ts';
import { rfc3339, unixSeconds } from '../../base/clock.ts';

/** What conditions say, and for each the number of its date. */
interface Saying {
  readonly said: readonly Omit<Condition, 'lastTransitionTime'>[];
  readonly dates: readonly number[];
}

/** Seconds since the Unix epoch, which take no memory of their own; the text where it is not the one that would be made of them. */
type HeldDate = number | string;

/** Of sayings seen lately, as a generation. A healthy object says one of some ten; the messages of failures are few, too. */
const GENERATION = 256;

const NO_DATES: readonly HeldDate[] = [];

/** Reads as the conditions that it was made of. Each is made anew whenever it is read. */
export class HeldConditions implements Iterable<Condition> {
  readonly #saying: Saying;
  readonly #first: HeldDate | undefined;
  readonly #second: HeldDate | undefined;
  readonly #others: readonly HeldDate[];

  /** @param dates as numbered by the saying */
  constructor(saying: Saying, [first, second, ...others]: readonly HeldDate[]) {
    this.#saying = saying;
    this.#first = first;
    this.#second = second;
    this.#others = others.length > 0 ? others : NO_DATES;
  }

  *[Symbol.iterator](): Generator<Condition, void> {
    const { said, dates } = this.#saying;
    const texts = [this.#first, this.#second, ...this.#others].map(textOf);
    for (const [index, each] of said.entries())
      yield { ...each, lastTransitionTime: texts[dates[index] as number] as string };
  }
}

/** Knows what has been said lately. */
export class Sayings {
  /** Two generations, as of shared texts. */
  #young = new Map<string, Saying>();
  #old = new Map<string, Saying>();

  hold(conditions: Iterable<Condition>): HeldConditions {
    const said: Omit<Condition, 'lastTransitionTime'>[] = [];
    const numbers = new Map<string, number>();
    const dates: number[] = [];
    for (const { lastTransitionTime, ...each } of conditions) {
      const number = numbers.get(lastTransitionTime) ?? numbers.size;
      numbers.set(lastTransitionTime, number);
      said.push(each);
      dates.push(number);
    }
    return new HeldConditions(this.#known({ said, dates }), Array.from(numbers.keys(), heldDate));
  }

  #known(saying: Saying): Saying {
    const text = JSON.stringify(saying);
    const young = this.#young.get(text);
    if (young) return young;
    const known = this.#old.get(text) ?? saying;
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, known);
    return known;
  }
}

function heldDate(text: string): HeldDate {
  const seconds = unixSeconds(new Date(text));
  return textOf(seconds) === text ? seconds : text;
}

function textOf(date: HeldDate | undefined): string {
  if (typeof date !== 'number') return date ?? '';
  return Number.isFinite(date) ? rfc3339(new Date(date * 1_000)) : '';
}
