/**
 * One watcher for the whole cluster, or one for each of some namespaces: a failure of one does not affect the
 * others.
 */
import type { Source } from './store.ts';
import type { WatchEvent } from './watch-machine.ts';
import { Watcher, type WatcherParts } from './watcher.ts';

export interface WatchersParts extends Omit<WatcherParts, 'namespace'> {
  readonly sources: readonly Source[];
}

export class Watchers {
  readonly #watchers: ReadonlyMap<Source, Watcher>;

  constructor({ sources, logger, ...parts }: WatchersParts) {
    this.#watchers = new Map(
      sources.map((namespace) => {
        const named = namespace === undefined ? logger : logger.with({ namespace });
        return [namespace, new Watcher({ ...parts, namespace, logger: named })];
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
