/**
 * Which keys to sign with. A Secret is read when it is needed and again when what is known of it is 30 s old, so that a change is
 * in force by then, without a right to list or watch Secrets. Nothing of a Secret leaves this room but through a signature.
 */
import type { Clock } from '../base/clock.ts';
import type { CredentialReference, SecretReader } from '../job/ports.ts';
import { identityOf } from '../job/target.ts';
import type { AccessKey } from './alibaba-client.ts';
import { Pace } from './pace.ts';
import {
  credentialOfSecret,
  notFound,
  type Resolved,
  type SecretReference,
  type SecretRules,
} from './secret-credential.ts';

export interface CredentialsOptions extends SecretRules {
  /** The operator's own key; undefined when its environment has none. */
  readonly own: AccessKey | undefined;
  /** Namespaces whose objects may use it; `*` for all. */
  readonly ownFor: readonly string[];
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

export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<Resolved>>();
  readonly #reads: Pace;

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#reads = new Pace({ minTimeMs: READ_EVERY_MS, clock: options.clock });
  }

  /** Reads the Secret when what is known of it is too old. Never rejects. */
  async resolve(reference: CredentialReference): Promise<Resolved> {
    const fresh = this.fresh(reference);
    if (fresh) return fresh;
    const secret = reference as SecretReference;
    const reading = this.#readOnce(secret);
    const old = this.#known.get(identityOf(secret));
    const wasGood = old !== undefined && 'credential' in old.resolved && old.until !== NEVER;
    return wasGood && this.#reading.size > MANY_READS ? old.resolved : reading;
  }

  /** What is known, if it is young enough to be used without another look. */
  fresh(reference: CredentialReference): Resolved | undefined {
    if (reference.name === undefined) return this.#own(reference.namespace);
    const known = this.#known.get(identityOf(reference));
    if (!known) return undefined;
    known.usedAt = this.#options.clock.now();
    return known.usedAt < known.until ? dated(known) : undefined;
  }

  /** A call sent at `askedAt` was refused for its key: unless the Secret was read since, it is read again when needed next. */
  doubt(identity: string, askedAt: number): void {
    const known = this.#known.get(identity);
    if (known && known.readAt <= askedAt) known.until = NEVER;
  }

  #own(namespace: string): Resolved {
    const { own, ownFor } = this.#options;
    if (!ownFor.includes('*') && !ownFor.includes(namespace))
      return notFound(
        `objects of namespace ${namespace} may not use the operator's own credentials; set spec.credentialsRef`,
      );
    if (!own)
      return notFound(
        'the operator has no credentials of its own; set spec.credentialsRef, or give the operator ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET',
      );
    return { credential: { identity: identityOf({ namespace }), accessKey: own, version: own.accessKeyID } };
  }

  /** However many need it at once, it is read once. */
  async #readOnce(secret: SecretReference): Promise<Resolved> {
    const identity = identityOf(secret);
    const underway = this.#reading.get(identity);
    if (underway !== undefined) return await underway;
    const reading = this.#reads
      .schedule(() => this.#read(secret))
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
