// How long the built operator takes to be ready, in a cluster without objects.

import { startWorld } from '../../test/integration/support/world.ts';
import { type Usage, usageOf } from './usage.ts';

export type StartUp = Usage & {
  /** Time from the start of the process to the first list. */
  readonly readyMs: number;
};

/** One after the other. */
export async function measureStartUp(times: number): Promise<StartUp[]> {
  await using world = await startWorld();
  const starts: StartUp[] = [];
  for (let each = 0; each < times; each++) {
    const startedAt = Date.now();
    const operator = await world.operator();
    // Read the moment from the metric: readiness is only checked every 50 ms.
    const listedAt = await operator.metric('edgetranscode_watch_last_progress_timestamp_seconds');
    starts.push({ readyMs: listedAt * 1_000 - startedAt, ...(await usageOf(operator)) });
    await operator.process.stop();
  }
  return starts;
}
