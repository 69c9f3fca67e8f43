/**
 * Holds conditions in a fifth of the memory. Thousands of objects have conditions with the same texts, so the
 * texts are held once for all of them. Only the dates differ, and an object mostly has one or two: of its
 * first observation and of the last start of its job.
 */
import type { Condition } from '../../api/conditions.ts';
import { rfc3339, unixSeconds } from '../../base/clock.ts';
import { Interner } from './interner.ts';

/** Conditions without their dates, and for each the index of its date. */
interface Template {
  readonly texts: readonly Omit<Condition, 'lastTransitionTime'>[];
  readonly dates: readonly number[];
}

/**
 * Seconds since the Unix epoch, which need no memory of their own; the text where the seconds would not
 * format to it.
 */
type HeldDate = number | string;

/** Templates per generation. Healthy objects have one of about ten; the messages of failures are few, too. */
const GENERATION = 256;

const NO_DATES: readonly HeldDate[] = [];

/** Iterates over the conditions that it was made of; each iteration makes new objects. */
export class InternedConditions implements Iterable<Condition> {
  readonly #template: Template;
  readonly #first: HeldDate | undefined;
  readonly #second: HeldDate | undefined;
  readonly #others: readonly HeldDate[];

  /** @param dates in the order of the template's indexes */
  constructor(template: Template, [first, second, ...others]: readonly HeldDate[]) {
    this.#template = template;
    this.#first = first;
    this.#second = second;
    this.#others = others.length > 0 ? others : NO_DATES;
  }

  *[Symbol.iterator](): Generator<Condition, void> {
    const { texts, dates } = this.#template;
    const known = [this.#first, this.#second, ...this.#others].map(textOf);
    for (const [index, each] of texts.entries())
      yield { ...each, lastTransitionTime: known[dates[index] as number] as string };
  }
}

export class ConditionInterner {
  readonly #templates = new Interner<Template>(GENERATION, (template) => JSON.stringify(template));

  intern(conditions: Iterable<Condition>): InternedConditions {
    const texts: Omit<Condition, 'lastTransitionTime'>[] = [];
    const indexes = new Map<string, number>();
    const dates: number[] = [];
    for (const { lastTransitionTime, ...each } of conditions) {
      const index = indexes.get(lastTransitionTime) ?? indexes.size;
      indexes.set(lastTransitionTime, index);
      texts.push(each);
      dates.push(index);
    }
    return new InternedConditions(
      this.#templates.intern({ texts, dates }),
      Array.from(indexes.keys(), heldDate),
    );
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
