/**
 * The selectors in PromQL expressions, and the values that labels of the operator can have.
 */
import { CONDITION_TYPES } from '../../../src/api/conditions.ts';
import { STATES } from '../../../src/api/edge-transcode-job.ts';
import { REASONS } from '../../../src/api/reasons.ts';

export interface Selector {
  /** The metric, or a series of a histogram. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  /** The alternatives of a regular expression, or the one value. */
  readonly values: readonly string[];
}

/** Labels whose values the operator chooses, with all of these. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  type: CONDITION_TYPES,
  status: ['True', 'False', 'Unknown'],
  state: STATES,
  reason: REASONS,
  referenced: ['true', 'false'],
};

export function selectorsIn(expression: string): readonly Selector[] {
  return Array.from(
    expression.matchAll(/(edgetranscode_\w+)(?:\{([^}]*)\})?/g),
    ([, name = '', matchers = '']) => ({ name, matchers: matchersIn(matchers) }),
  );
}

/** Matchers for values that no series has: such a query silently answers nothing. */
export function impossible({ matchers }: Selector): readonly string[] {
  return matchers.flatMap(({ label, values }) =>
    values.filter((value) => VALUES[label]?.includes(value) === false).map((value) => `${label}=${value}`),
  );
}

function matchersIn(text: string): Matcher[] {
  return Array.from(text.matchAll(/(\w+)[=!]~?"([^"]*)"/g), ([, label = '', value = '']) => ({
    label,
    values: value.split('|'),
  }));
}
