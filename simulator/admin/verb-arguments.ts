/** Checks the arguments of a verb against its table. */
import { CloudWorldError } from '../world/cloud-world.ts';
import { type Argument, described, VERBS, type VerbName } from './verbs.ts';

/** Throws `CloudWorldError`, saying what is wrong, where these are not the arguments that a verb takes. */
export function checkArguments(verb: VerbName, given: unknown): asserts given is Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CloudWorldError('Arguments are one JSON object.');
  }
  const takes: Readonly<Record<string, Argument>> = VERBS[verb].takes;
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(takes, name));
  if (unknown.length > 0) {
    throw new CloudWorldError(`${verb} takes no ${unknown.join(', ')}; it takes ${described(takes)}.`);
  }
  for (const [name, argument] of Object.entries(takes)) {
    checkArgument(verb, name, argument, (given as Record<string, unknown>)[name]);
  }
}

function checkArgument(verb: string, name: string, argument: Argument, value: unknown): void {
  const type = argument.replace('?', '');
  if (value === undefined && argument.endsWith('?')) return;
  if (value === undefined) throw new CloudWorldError(`${verb} needs ${name}.`);
  // The value stays out of the message: it may be a secret.
  if (type === 'any' || typeof value === type || (type === 'strings' && isStrings(value))) return;
  throw new CloudWorldError(`${verb} takes ${name} as a ${type === 'strings' ? 'list of strings' : type}.`);
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
