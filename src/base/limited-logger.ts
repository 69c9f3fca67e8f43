/**
 * Bounds the lines that one namespace can cause: 50 at once, then one every 2 s, as its events. What is left
 * out is counted, and the number is logged once a minute.
 */
import type { Clock } from './clock.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { LogFields, Logger } from './logger.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LimitedLoggerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Lines about one namespace: a few dozen objects may fail together. */
const RATE = { burst: 50, perSecond: 0.5 };
/** Time after which an unused bucket is full, like a new one: 50 / 0.5 per second = 100 s. */
const FULL_AFTER_MS = (RATE.burst / RATE.perSecond) * 1_000;

/** How often the number of lines that were left out is logged for a namespace. */
const COUNT_EVERY_MS = 60_000;

/** What all loggers that come from one have in common. */
interface Shared {
  readonly clock: Clock;
  readonly buckets: ExpiringMap<string, TokenBucket>;
  /** Lines that were left out, and clock `now` of the first, by party. */
  readonly leftOut: Map<string, { lines: number; readonly since: number }>;
}

type Level = 'info' | 'warn' | 'error';

export class LimitedLogger implements Logger {
  readonly #logger: Logger;
  readonly #fields: LogFields;
  readonly #shared: Shared;

  constructor({ clock, logger }: LimitedLoggerOptions, fields: LogFields = {}, shared?: Shared) {
    this.#logger = logger;
    this.#fields = fields;
    const buckets = new ExpiringMap<string, TokenBucket>({ clock, lifetimeMs: FULL_AFTER_MS });
    this.#shared = shared ?? { clock, buckets, leftOut: new Map() };
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(message, fields);
  }
  info(message: string, fields: LogFields = {}): void {
    this.#log('info', message, fields);
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#log('warn', message, fields);
  }
  error(message: string, fields: LogFields = {}): void {
    this.#log('error', message, fields);
  }
  with(fields: LogFields): Logger {
    const logger = this.#logger.with(fields);
    return new LimitedLogger({ ...this.#shared, logger }, { ...this.#fields, ...fields }, this.#shared);
  }

  #log(level: Level, message: string, fields: LogFields): void {
    this.#logCounts();
    const party = partyOf({ ...this.#fields, ...fields });
    if (party === undefined || this.#bucketOf(party).take()) this.#logger[level](message, fields);
    else this.#leaveOut(party);
  }

  #leaveOut(party: string): void {
    const { clock, leftOut } = this.#shared;
    const count = leftOut.get(party) ?? { lines: 0, since: clock.now() };
    count.lines += 1;
    leftOut.set(party, count);
  }

  /** Logs the counts that are a minute old. No timer does it: it would outlive the process's work. */
  #logCounts(): void {
    const { clock, leftOut } = this.#shared;
    for (const [party, { lines, since }] of leftOut) {
      // The oldest comes first.
      if (clock.now() - since < COUNT_EVERY_MS) return;
      leftOut.delete(party);
      const message = 'lines about a namespace were left out: it causes too many';
      this.#logger.warn(message, { namespace: party, linesLeftOut: lines });
    }
  }

  #bucketOf(party: string): TokenBucket {
    const { buckets, clock } = this.#shared;
    return buckets.use(party) ?? buckets.set(party, new TokenBucket(clock, RATE));
  }
}

/**
 * The namespace that a line is about; one party for all lines about the operator's own credentials, which
 * many namespaces may use. Undefined for lines about the process.
 */
function partyOf({ namespace, identity }: LogFields): string | undefined {
  if (typeof namespace === 'string') return namespace;
  if (typeof identity !== 'string') return undefined;
  return identity.includes('/') ? identity.split('/')[0] : `credentials ${identity}`;
}
