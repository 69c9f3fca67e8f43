/** Times as the API and the verbs write them: RFC 3339 in UTC, in whole seconds (`2023-07-24T16:44:55Z`). */
import { CloudWorldError } from './cloud-world.ts';

/** @param milliseconds since the Unix epoch. */
export function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/**
 * Milliseconds since the Unix epoch; undefined where no time is given. Throws, naming the argument, where it
 * is none.
 */
export function millisecondsOf(name: string, time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds)) throw new CloudWorldError(`${name} is not a time: ${time}`);
  return milliseconds;
}
