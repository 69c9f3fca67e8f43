/** Measures the heap for tests that bound what one item holds. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { settled } from './fakes/fake-clock.ts';

const NOISE_BYTES = 1_024;

/**
 * Timeout of a test that measures the heap, ms. It only ends a test that hangs: the heap of all tests takes
 * up to a second of processor time to collect, three times or more for a measurement.
 */
export const MEASURING_MS = 120_000;

setFlagsFromString('--expose-gc');
// Taken once: each `runInNewContext` makes a context of 160 KB, and a later measurement would count or miss
// it.
const collect = runInNewContext('gc') as () => void;

/**
 * Bytes of the heap that are reachable. Collects until three collections in a row free nothing more: on a
 * busy machine one collection can run while background marking still counts dead objects as live.
 */
export async function heapInUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let stable = 0; stable < 3; stable += 1) {
    await settled();
    collect();
    const { heapUsed } = process.memoryUsage();
    if (heapUsed < least - NOISE_BYTES) stable = 0;
    least = Math.min(least, heapUsed);
  }
  return least;
}
