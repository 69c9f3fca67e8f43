/**
 * Conditions in little memory. What they say is said of thousands of objects in the same words, so it is held once for all of them; an
 * object's own are the dates alone, and mostly these are but one or two.
 */
import type { Condition } from '../api/conditions.ts';

/** What conditions say, without their dates. */
type Saying = readonly Omit<Condition, 'lastTransitionTime'>[];

/** Of sayings seen lately, as a generation. A healthy object says one of some ten; the messages of failures are few, too. */
const GENERATION = 256;

/** Equal to the conditions that it was made of, and making each anew whenever it is asked for. */
export class HeldConditions implements Iterable<Condition> {
  readonly #saying: Saying;
  /** One for all of them, or one for each. */
  readonly #dates: string | readonly string[];

  constructor(saying: Saying, dates: readonly string[]) {
    const [first = ''] = dates;
    this.#saying = saying;
    this.#dates = dates.every((date) => date === first) ? first : dates;
  }

  *[Symbol.iterator](): Generator<Condition, void> {
    const dates = this.#dates;
    for (const [index, said] of this.#saying.entries())
      yield { ...said, lastTransitionTime: typeof dates === 'string' ? dates : (dates[index] as string) };
  }
}

/** Knows what has been said lately. */
export class Sayings {
  /** Two generations, as of shared texts. */
  #young = new Map<string, Saying>();
  #old = new Map<string, Saying>();

  hold(conditions: Iterable<Condition>): HeldConditions {
    const saying: Omit<Condition, 'lastTransitionTime'>[] = [];
    const dates: string[] = [];
    for (const { lastTransitionTime, ...said } of conditions) {
      saying.push(said);
      dates.push(lastTransitionTime);
    }
    return new HeldConditions(this.#known(saying), dates.slice());
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
