/**
 * One watcher for the whole cluster, or one for each of some namespaces: a failure of one does not affect the
 * others.
 */
import { Places } from '../client/places.ts';
import type { Source } from './store.ts';
import type { WatchEvent } from './watch-machine.ts';
import { Watcher, type WatcherParts } from './watcher.ts';

/**
 * Most pages in flight, of all namespaces together. A page of 4 MiB takes 12 MiB while it is read; eight of
 * them, and one that is parsed, take 140 MiB.
 */
const MOST_PAGES = 8;

export interface WatchersParts extends Omit<WatcherParts, 'namespace' | 'places'> {
  readonly sources: readonly Source[];
}

export class Watchers {
  readonly #watchers: ReadonlyMap<Source, Watcher>;

  constructor({ sources, logger, ...parts }: WatchersParts) {
    const places = new Places(MOST_PAGES);
    this.#watchers = new Map(
      sources.map((namespace) => {
        const named = namespace === undefined ? logger : logger.with({ namespace });
        return [namespace, new Watcher({ ...parts, namespace, places, logger: named })];
      }),
    );
  }

  /** Clock `now` of the last page, event or bookmark of the watcher that has been silent longest. */
  get progressedAt(): number {
    return Math.min(...this.#all.map(({ progressedAt }) => progressedAt));
  }

  /** Whether a watcher is stuck. */
  get isStuck(): boolean {
    return this.#all.some(({ isStuck }) => isStuck);
  }

  /**
   * The namespaces whose last list or watch the API server refused: without its Role, or deleted. None of
   * them when the whole cluster is watched.
   */
  get refused(): readonly string[] {
    return [...this.#watchers].flatMap(([source, { isRefused }]) =>
      isRefused && source !== undefined ? [source] : [],
    );
  }

  get #all(): readonly Watcher[] {
    return [...this.#watchers.values()];
  }

  /** @param onEvent must not throw */
  async run(onEvent: (event: WatchEvent, source: Source) => void, signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...this.#watchers].map(([source, watcher]) => watcher.run((event) => onEvent(event, source), signal)),
    );
  }
}

/** Sources of events. @param namespaces undefined: the whole cluster */
export function sourcesOf(namespaces: readonly string[] | undefined): readonly Source[] {
  return namespaces === undefined ? [undefined] : [...new Set(namespaces)];
}

/**
 * Returns what is not listed yet; undefined once each source was tried and those that exist are listed. A
 * namespace that refuses, because it was deleted or lacks its Role, must not hold up a rollout of the
 * operator, which serves the others. At least one source has to be listed.
 *
 * @param sources all of them
 * @param awaited those that have never been listed
 * @param refused namespaces whose list the API server refuses
 */
export function missingLists(
  sources: readonly Source[],
  awaited: readonly Source[],
  refused: readonly string[],
): string | undefined {
  if (awaited.length === 0) return undefined;
  const untried = awaited.filter((source) => source === undefined || !refused.includes(source));
  if (untried.length === 0 && awaited.length < sources.length) return undefined;
  const missing = untried.length === 0 ? awaited : untried;
  const where = missing[0] === undefined ? '' : ` of ${missing.join(', ')}`;
  return `the first list of EdgeTranscodeJobs${where} has not arrived yet`;
}
