/**
 * Notices SIGTERM and SIGINT from the moment this file is loaded. `main.ts` imports it first: a container's
 * first process ignores a signal that it does not handle yet, and the kubelet would then wait for the whole
 * grace period of the pod.
 */

/**
 * Longest time from a signal to the exit, ms. The kubelet kills after 10 s, the grace period in the chart; a
 * user loses patience at 5 s.
 */
const STOP_WITHIN_MS = 4_000;

const stop = new AbortController();

/** Aborted at the first signal, whose name is the reason. */
export const stopSignal: AbortSignal = stop.signal;

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    stop.abort(signal);
  });
