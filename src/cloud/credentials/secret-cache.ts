/**
 * What is known of Secrets: each is read when it is needed, and again when what is known of it is 30 s old, so that a change is in
 * force by then, without a right to list or watch Secrets.
 */
import type { Clock } from '../../base/clock.ts';
import { identityOf } from '../../job/model/reference.ts';
import type { SecretReader } from '../../job/model/sinks.ts';
import { FairLimiter } from '../ratelimit/fair-limiter.ts';
import {
  credentialOfSecret,
  type Resolved,
  type SecretReference,
  type SecretRules,
} from './secret-credential.ts';

export interface SecretCacheOptions extends SecretRules {
  readonly secrets: SecretReader;
  readonly clock: Clock;
}

interface Known {
  readonly resolved: Resolved;
  /** Clock `now` of the last answer about it. */
  readonly readAt: number;
  /** Until then it is used without another look. */
  until: number;
  usedAt: number;
}

/** How long what was read of a Secret, or that there is none, stays in use. */
const KNOWN_FOR_MS = 30_000;
/** How soon to look again when the API server gave no answer. */
const LOOK_AGAIN_MS = 5_000;
/** What nobody has used for this long is forgotten. */
const UNUSED_MS = 10 * 60_000;
/** 5 reads a second in all: Secrets by the hundred must not load the API server. */
const READ_EVERY_MS = 200;
/** With more reads than this under way, one takes a second or more: nobody whose keys were good waits for it. */
const MANY_READS = 5;
/** Before any time. */
const NEVER = Number.NEGATIVE_INFINITY;

export class SecretCache {
  readonly #options: SecretCacheOptions;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<Resolved>>();
  readonly #reads: FairLimiter;

  constructor(options: SecretCacheOptions) {
    this.#options = options;
    this.#reads = new FairLimiter({ minTimeMs: READ_EVERY_MS, clock: options.clock });
  }

  /** Reads the Secret when what is known of it is too old. Never rejects. */
  async resolve(secret: SecretReference): Promise<Resolved> {
    const fresh = this.fresh(secret);
    if (fresh) return fresh;
    const reading = this.#readOnce(secret);
    const old = this.#known.get(identityOf(secret));
    const wasGood = old !== undefined && 'credential' in old.resolved && old.until !== NEVER;
    return wasGood && this.#reading.size > MANY_READS ? old.resolved : reading;
  }

  /** What is known, if it is young enough to be used without another look. */
  fresh(secret: SecretReference): Resolved | undefined {
    const known = this.#known.get(identityOf(secret));
    if (!known) return undefined;
    known.usedAt = this.#options.clock.now();
    return known.usedAt < known.until ? dated(known) : undefined;
  }

  /** What it held at `askedAt` was refused: unless the Secret was read since, it is read again when needed next. */
  doubt(identity: string, sentAt: number): void {
    const known = this.#known.get(identity);
    if (known && known.readAt <= sentAt) known.until = NEVER;
  }

  /** However many need it at once, it is read once. */
  async #readOnce(secret: SecretReference): Promise<Resolved> {
    const identity = identityOf(secret);
    const underway = this.#reading.get(identity);
    if (underway !== undefined) return await underway;
    const reading = this.#reads
      .schedule(secret.namespace, () => this.#read(secret))
      .finally(() => this.#reading.delete(identity));
    this.#reading.set(identity, reading);
    return await reading;
  }

  async #read(secret: SecretReference): Promise<Resolved> {
    const { clock, secrets } = this.#options;
    const identity = identityOf(secret);
    try {
      const data = await secrets.read(secret.namespace, secret.name);
      return this.#remember(identity, credentialOfSecret(secret, data, this.#options));
    } catch {
      // The API server gave no answer: an outage there must not stop observing with keys that were good.
      const known = this.#known.get(identity);
      if (!known) return unreadable(identity);
      known.until = clock.now() + LOOK_AGAIN_MS;
      return dated(known);
    }
  }

  #remember(identity: string, resolved: Resolved): Resolved {
    const now = this.#options.clock.now();
    for (const [other, { usedAt }] of this.#known) if (now - usedAt > UNUSED_MS) this.#known.delete(other);
    const known: Known = { resolved, readAt: now, until: now + KNOWN_FOR_MS, usedAt: now };
    this.#known.set(identity, known);
    return dated(known);
  }
}

/** A failure is known to last until the Secret is looked at again. */
function dated({ resolved, until }: Known): Resolved {
  return 'failure' in resolved ? { failure: { ...resolved.failure, retryAt: until } } : resolved;
}

function unreadable(identity: string): Resolved {
  const message = `Secret ${identity} could not be read: the API server gave no answer`;
  return { failure: { kind: 'ConnectionFailed', message } };
}
