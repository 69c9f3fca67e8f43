/**
 * Logs a lasting trouble once, not at each attempt: one line when it begins or its cause changes, and one
 * when it is over. Repetitions in between are logged at the debug level.
 */
import type { Clock } from './clock.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { LogFields, Logger } from './logger.ts';

export interface OnceLoggerOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** Level of the line that begins a trouble. Default: `warn`. */
  readonly level?: 'warn' | 'error';
  /**
   * Time after which a lasting trouble is logged again, ms. Where users can make up the names of troubles,
   * this also bounds the memory. Default: never.
   */
  readonly repeatAfterMs?: number;
}

export class OnceLogger {
  readonly #options: OnceLoggerOptions;
  /** Causes of the troubles that were logged and are not over. */
  readonly #causes: ExpiringMap<string, string>;

  constructor(options: OnceLoggerOptions) {
    this.#options = options;
    const { clock, repeatAfterMs: lifetimeMs = Number.POSITIVE_INFINITY } = options;
    this.#causes = new ExpiringMap({ clock, lifetimeMs });
  }

  /**
   * Logs `message` if the trouble is new or its cause differs from the last line; otherwise at the debug
   * level.
   *
   * @param trouble name of the trouble; names are independent of each other
   * @param cause compared with the last one; default: the message
   * @returns whether the line was above the debug level
   */
  failed(trouble: string, message: string, fields: LogFields = {}, cause = message): boolean {
    const { logger, level = 'warn' } = this.#options;
    const isNew = this.#causes.get(trouble) !== cause;
    if (isNew) this.#causes.set(trouble, cause);
    logger[isNew ? level : 'debug'](message, fields);
    return isNew;
  }

  /**
   * Ends the trouble: the next failure is new. Logs `message`, if given, when a line had begun the trouble.
   */
  recovered(trouble: string, message?: string, fields: LogFields = {}): void {
    if (this.#causes.get(trouble) === undefined) return;
    this.#causes.delete(trouble);
    if (message !== undefined) this.#options.logger.info(message, fields);
  }
}
