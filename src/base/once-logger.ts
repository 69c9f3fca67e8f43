/**
 * Logs a lasting trouble once and not at each attempt: one line when it begins or its cause changes, one when it is over. What happens
 * in between goes to the debug level.
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
   * A trouble that lasts is logged again this long after its last line, ms. Where troubles have names that users make up, this also
   * bounds the memory. Default: never.
   */
  readonly repeatAfterMs?: number;
}

export class OnceLogger {
  readonly #options: OnceLoggerOptions;
  /** Cause of each trouble that was logged and is not over. */
  readonly #causes: ExpiringMap<string, string>;

  constructor(options: OnceLoggerOptions) {
    this.#options = options;
    const { clock, repeatAfterMs: lifetimeMs = Number.POSITIVE_INFINITY } = options;
    this.#causes = new ExpiringMap({ clock, lifetimeMs });
  }

  /**
   * Logs `message` if the trouble is new or has another cause than in its last line; otherwise at the debug level.
   *
   * @param trouble its name; each name has lines of its own
   * @param cause compared with the last one; default: the message
   * @returns whether the line was more than a debug line
   */
  failed(trouble: string, message: string, fields: LogFields = {}, cause = message): boolean {
    const { logger, level = 'warn' } = this.#options;
    const isNew = this.#causes.get(trouble) !== cause;
    if (isNew) this.#causes.set(trouble, cause);
    logger[isNew ? level : 'debug'](message, fields);
    return isNew;
  }

  /** Ends the trouble: the next failure is new. Logs `message`, if there is one, unless no line had begun the trouble. */
  recovered(trouble: string, message?: string, fields: LogFields = {}): void {
    if (this.#causes.get(trouble) === undefined) return;
    this.#causes.delete(trouble);
    if (message !== undefined) this.#options.logger.info(message, fields);
  }
}
