// From a new object to the first call for it.

import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import type { MadeUpApiServer } from '../made-up-api-server.ts';
import { jobIDOf } from '../made-up-objects.ts';
import { FIRST_NEWCOMER } from './stage.ts';

const NEWCOMERS = 200;

/** Time for the call of the last one. */
const LAST_MS = 5_000;

/** How long each of some new objects waited, ms. Infinite without a call. By the key that called. */
export type Waits = (accessKeyID: string) => number[];

/**
 * Lets new objects come, at random times about `everyMs` apart. Not together: new objects of a cluster that
 * come together wait for a page of its list.
 */
export async function letNewcomersCome(
  server: MadeUpApiServer,
  { admin }: SimulatedCloud,
  everyMs: number,
): Promise<Waits> {
  const { last } = await admin.calls({ limit: 0 });
  const addedAt = new Map<string, number>();
  for (let each = 0; each < NEWCOMERS; each += 1) {
    await delay(everyMs * (0.5 + Math.random()));
    addedAt.set(jobIDOf(2 * (FIRST_NEWCOMER + each)), server.add(FIRST_NEWCOMER + each));
  }
  await delay(LAST_MS);
  const { calls } = await admin.calls({ since: last });
  return (accessKeyID) => {
    const own = calls.filter((call) => call.accessKeyID === accessKeyID);
    const firsts = new Map(own.toReversed().map(({ jobID = '', time }) => [jobID, time]));
    return Array.from(addedAt, ([jobID, at]) => (firsts.get(jobID) ?? Number.POSITIVE_INFINITY) - at);
  };
}
