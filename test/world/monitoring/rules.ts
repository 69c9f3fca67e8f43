/**
 * The shipped alerting rules for tests and the demo, which cannot wait for minutes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Replacements = readonly (readonly [RegExp, string])[];

const RULES = join(import.meta.dirname, '../../../deploy/prometheus/rules.yaml');

/** The text of the rules, which fire as soon as their condition holds: without `for`. */
export async function shippedRulesWithoutWaits(): Promise<string> {
  return replaced(await readFile(RULES, 'utf8'), [[/^ +for: \w+\n/gm, '']]);
}

/** @throws where something is not there to be replaced */
export function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((before, [pattern, replacement]) => {
    const after = before.replace(pattern, replacement);
    if (after === before) throw new Error(`there is no ${pattern}`);
    return after;
  }, text);
}
