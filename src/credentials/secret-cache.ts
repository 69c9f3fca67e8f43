/**
 * What the operator knows of Secrets. Each Secret is read when it is needed, and again when that knowledge is
 * 30 s old. So a change takes effect within 30 s, without the right to list or watch Secrets, as long as 50
 * reads a second are enough: for 1,000 Secrets in use, or 2,000 whose objects are polled once a minute.
 */
import type { Clock } from '../base/clock.ts';
import { ExpiringMap } from '../base/expiring-map.ts';
import type { SecretReader } from '../job/model/kube-port.ts';
import { identityOf } from '../job/model/reference.ts';
import { FairLimiter } from '../ratelimit/fair-limiter.ts';
import {
  credentialOfSecret,
  type Resolved,
  SECRET_KEYS,
  type SecretReference,
  type SecretRules,
} from './secret-credential.ts';

export interface SecretCacheOptions extends SecretRules {
  readonly secrets: SecretReader;
  readonly clock: Clock;
}

/** A request that waits for a Secret. */
export interface Caller {
  readonly withdrawn: boolean;
}

interface Reading {
  readonly result: Promise<Resolved>;
  /** The result, or the key read last if the result takes longer than `PATIENCE_MS`. */
  readonly inTime: Promise<Resolved>;
  readonly callers: Caller[];
}

interface Known {
  readonly resolved: Resolved;
  /** Clock `now` when the last successful read began: what it brought is not older. */
  readonly readAt: number;
  /** Clock `now`: used without another read before this. */
  freshUntil: number;
}

/** How long the content of a Secret, or its absence, is used without another read. */
const FRESH_MS = 30_000;
/** Delay before the next read when the API server did not answer. */
const RETRY_MS = 5_000;
/** How long an unused Secret is remembered. */
const UNUSED_MS = 10 * 60_000;
/**
 * 50 reads a second in all, at 1 ms of work for the API server each. 1,000 Secrets, each read every
 * 30 s, take 34 a second; the rest absorbs reads that fall together.
 */
const READ_EVERY_MS = 20;
/** Most reads in flight: an API server that hangs holds no more connections. */
const MOST_IN_FLIGHT = 32;
/** How long a call waits for a read if the key read last was good. 1 s, many times what a read takes. */
const PATIENCE_MS = 1_000;
const STALE = Number.NEGATIVE_INFINITY;
/** A caller that never withdraws. */
const STAYS: Caller = { withdrawn: false };

export class SecretCache {
  readonly #options: SecretCacheOptions;
  readonly #known: ExpiringMap<string, Known>;
  readonly #reading = new Map<string, Reading>();
  readonly #limiter: FairLimiter;

  constructor(options: SecretCacheOptions) {
    const { clock } = options;
    this.#options = options;
    this.#known = new ExpiringMap({ clock, lifetimeMs: UNUSED_MS });
    this.#limiter = new FairLimiter({ minTimeMs: READ_EVERY_MS, maxConcurrent: MOST_IN_FLIGHT, clock });
  }

  /**
   * Reads the Secret when what is known of it is too old. Never rejects. A read that all its callers have
   * withdrawn from is not made: names that a tenant makes up must not accumulate.
   */
  async resolve(secret: SecretReference, caller: Caller = STAYS): Promise<Resolved> {
    const fresh = this.fresh(secret);
    if (fresh) return fresh;
    const identity = identityOf(secret);
    const reading = this.#reading.get(identity) ?? this.#beginReading(secret, identity);
    reading.callers.push(caller);
    return this.#known.get(identity)?.freshUntil === STALE ? reading.result : reading.inTime;
  }

  /** What is known, if it is fresh. */
  fresh(secret: SecretReference): Resolved | undefined {
    const known = this.#known.use(identityOf(secret));
    return known && this.#options.clock.now() < known.freshUntil ? dated(known) : undefined;
  }

  /**
   * The Secret may have been replaced since `sentAt`: its key was refused, or it has none. Unless it was read
   * since, its next use reads it.
   */
  markStale(identity: string, sentAt: number): void {
    const known = this.#known.get(identity);
    if (known && known.readAt <= sentAt) known.freshUntil = STALE;
  }

  /** Begins no read after this. Callers that wait get a failure. */
  close(): void {
    this.#limiter.close();
  }

  #beginReading(secret: SecretReference, identity: string): Reading {
    const callers: Caller[] = [];
    const read = () => {
      if (!callers.every(({ withdrawn }) => withdrawn))
        return this.#read(secret, identity).finally(() => this.#reading.delete(identity));
      this.#reading.delete(identity);
      return undefined;
    };
    const result = this.#limiter.schedule(secret.namespace, read).catch(() => unreadable(identity));
    const reading = { result, inTime: this.#inTime(result, this.#known.get(identity)), callers };
    this.#reading.set(identity, reading);
    return reading;
  }

  /** Neither many other reads nor a slow API server hold up calls with a key that was good. */
  async #inTime(result: Promise<Resolved>, old: Known | undefined): Promise<Resolved> {
    if (!old || !('credential' in old.resolved)) return result;
    const answered = new AbortController();
    const late = this.#options.clock.sleep(PATIENCE_MS, answered.signal).then(
      () => old.resolved,
      () => result,
    );
    return await Promise.race([result, late]).finally(() => answered.abort());
  }

  async #read(secret: SecretReference, identity: string): Promise<Resolved> {
    const { clock, secrets } = this.#options;
    const readAt = clock.now();
    try {
      const data = await secrets.read(secret.namespace, secret.name, SECRET_KEYS);
      const resolved = credentialOfSecret(secret, data, this.#options);
      const freshUntil = clock.now() + FRESH_MS;
      return dated(this.#known.set(identity, { resolved, readAt, freshUntil }));
    } catch {
      // The API server did not answer. Its outage must not stop polls with keys that were valid.
      const known = this.#known.get(identity);
      if (!known) return unreadable(identity);
      known.freshUntil = clock.now() + RETRY_MS;
      return dated(known);
    }
  }
}

/** Adds to a failure when the Secret is read again. */
function dated({ resolved, freshUntil }: Known): Resolved {
  return 'failure' in resolved ? { failure: { ...resolved.failure, retryAt: freshUntil } } : resolved;
}

function unreadable(identity: string): Resolved {
  const message = `Secret ${identity} could not be read: the API server gave no answer`;
  return { failure: { kind: 'ConnectionFailed', message } };
}
