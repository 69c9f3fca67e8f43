/**
 * No operator holds more sockets, timers or memory than it needs: bounds that a process without a leak stays
 * below whatever happens, and a bound on the growth between two calms.
 */
import type { Moment, SeenProcess } from '../observer/moment.ts';
import { Invariant, isTouched } from './parts/invariant.ts';

const MOST = { sockets: 160, timers: 400, 'resident MiB': 320 } as const;
const MOST_GROWTH = { sockets: 24, timers: 60, 'resident MiB': 64 } as const;
type Resource = keyof typeof MOST;
const RESOURCES = Object.keys(MOST) as Resource[];

/** What a fault has opened is closed after this long. */
const CALM_MS = 60_000;
const MIB = 2 ** 20;

export class NoLeak extends Invariant {
  override readonly name = 'no operator leaks sockets, timers or memory';
  /** What each process held in its first calm. */
  readonly #first = new Map<number, Readonly<Record<Resource, number>>>();
  /** The most that any process held, for the report. */
  readonly most: Record<Resource, number> = { sockets: 0, timers: 0, 'resident MiB': 0 };

  check({ now, processes, disturbances }: Moment): void {
    const isCalm = !isTouched(disturbances, now - CALM_MS, now);
    for (const process of processes) {
      const held = heldBy(process);
      if (held) this.#checkOne(process, held, isCalm && now - process.startedAt > CALM_MS);
    }
  }

  #checkOne({ name, pid }: SeenProcess, held: Readonly<Record<Resource, number>>, isCalm: boolean): void {
    const first = this.#first.get(pid);
    if (!first && isCalm) this.#first.set(pid, held);
    for (const resource of RESOURCES) {
      this.most[resource] = Math.max(this.most[resource], held[resource]);
      const grown = isCalm && first ? held[resource] - first[resource] : 0;
      const isTooMuch = held[resource] > MOST[resource] || grown > MOST_GROWTH[resource];
      const sentence = `${name} (${pid}) holds ${held[resource]} ${resource}, ${grown} more than in its first calm`;
      this.compare(isTooMuch ? sentence : undefined);
    }
  }
}

function heldBy({ sockets, residentBytes, metrics }: SeenProcess): Record<Resource, number> | undefined {
  if (!metrics) return undefined;
  const timers = metrics.get('nodejs_active_resources{type="Timeout"}') ?? 0;
  return { sockets, timers, 'resident MiB': Math.round(residentBytes / MIB) };
}
