/** What an attack has cost, and what the operator promises whatever is attacked. */
import type { Attack } from './attack.ts';
import type { Livez } from './livez-worker.ts';
import { type Polls, WAITS } from './victim.ts';

export interface Measured {
  readonly attack: Attack;
  /** How much of the attack took place; see `Attack.counts`. */
  readonly count: number;
  /** The highest resident memory, MiB. Undefined where the system does not say, or the process has ended. */
  readonly peakMiB: number | undefined;
  /** Open files at the end, most of them sockets. */
  readonly openFiles: number;
  readonly livez: Livez;
  /** The longest time for which the operator was ready and had no processor, in milliseconds. */
  readonly waitedMs: number;
  readonly victim: Polls;
  /** Milliseconds until a new object of the victim was Ready; undefined: not within the measurement. */
  readonly newcomerMs: number | undefined;
  readonly logLinesPerSecond: number;
  /** How the process ended; undefined: it is alive. */
  readonly ended: string | undefined;
}

/** Far below the limit of 1 GiB, which the kernel kills at. */
const MOST_MIB = 400;

/** The kubelet gives up after 5 s. */
const MOST_LIVEZ_MS = 1_000;

/** A namespace that is not attacked is served at once; the rest is for a busy machine. */
const MOST_NEWCOMER_MS = 8_000;

/** One sentence for each promise that was broken, and one if the attack did not take place. */
export function broken(measured: Measured): string[] {
  const { attack, count, peakMiB, livez, waitedMs, victim, newcomerMs, ended } = measured;
  const isServed = newcomerMs !== undefined && newcomerMs < MOST_NEWCOMER_MS + WAITS * waitedMs;
  return [
    ...(ended === undefined ? [] : [`the process ended: ${ended}`]),
    ...(peakMiB === undefined || peakMiB < MOST_MIB ? [] : [`it took ${peakMiB.toFixed()} MiB`]),
    ...(livez.worstOwnMs < MOST_LIVEZ_MS ? [] : [`/livez took ${livez.worstOwnMs.toFixed()} ms`]),
    ...(livez.unanswered === 0 ? [] : [`${livez.unanswered} of ${livez.probes} probes had no answer`]),
    ...(victim.late === 0 ? [] : [`${victim.late} polls of the victim were late`]),
    ...(victim.polls > 0 ? [] : ['the victim was never polled']),
    ...(isServed ? [] : ['a new object was not served']),
    ...(count >= attack.atLeast ? [] : [`only ${count} ${attack.counts}: the attack did not take place`]),
  ];
}
