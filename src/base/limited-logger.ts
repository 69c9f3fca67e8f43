/**
 * Bounds the lines that one namespace can cause: of each level 50 at once, then one every 2 s, as its events.
 * What is left out is counted, and the number is logged once a minute.
 *
 * Each level has a bound of its own, so that many lines of little weight never leave out an error.
 */
import type { Clock } from './clock.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { LogFields, Logger } from './logger.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LimitedLoggerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Lines of one level about one namespace: a few dozen objects may fail together. */
const RATE = { burst: 50, perSecond: 0.5 };
/** Time after which an unused bucket is full, like a new one: 50 / 0.5 per second = 100 s. */
const FULL_AFTER_MS = (RATE.burst / RATE.perSecond) * 1_000;

/** How often the number of lines that were left out is logged for a namespace. */
const COUNT_EVERY_MS = 60_000;

/** What all loggers that come from one have in common. */
interface Shared {
  readonly clock: Clock;
  readonly buckets: ExpiringMap<string, TokenBucket>;
  /** Lines that were left out, by party and level. */
  readonly leftOut: Map<string, LeftOut>;
}

type Level = 'info' | 'warn' | 'error';

/** Lines of one level about one party. */
interface LeftOut {
  readonly party: string;
  readonly level: Level;
  lines: number;
  /** Clock `now` of the first. */
  readonly since: number;
}

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
    if (party === undefined || this.#bucketOf(party, level).take()) this.#logger[level](message, fields);
    else this.#leaveOut(party, level);
  }

  #leaveOut(party: string, level: Level): void {
    const { clock, leftOut } = this.#shared;
    const key = keyOf(party, level);
    const count = leftOut.get(key) ?? { party, level, lines: 0, since: clock.now() };
    count.lines += 1;
    leftOut.set(key, count);
  }

  /** Logs the counts that are a minute old. No timer does it: it would outlive the process's work. */
  #logCounts(): void {
    const { clock, leftOut } = this.#shared;
    for (const [key, { party, level, lines, since }] of leftOut) {
      // The oldest comes first.
      if (clock.now() - since < COUNT_EVERY_MS) return;
      leftOut.delete(key);
      const message = 'lines about a namespace were left out: it causes too many';
      this.#logger.warn(message, { namespace: party, ofLevel: level, linesLeftOut: lines });
    }
  }

  #bucketOf(party: string, level: Level): TokenBucket {
    const { buckets, clock } = this.#shared;
    const key = keyOf(party, level);
    return buckets.use(key) ?? buckets.set(key, new TokenBucket(clock, RATE));
  }
}

function keyOf(party: string, level: Level): string {
  return `${level} ${party}`;
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
