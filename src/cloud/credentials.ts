/**
 * Which keys to sign with. A Secret is read when it is needed and again when what is known of it is 30 s old, so that a change is
 * in force by then, without a right to list or watch Secrets. Nothing of a Secret leaves this room but through a signature.
 */
import { createHash } from 'node:crypto';
import Bottleneck from 'bottleneck';
import type { Clock } from '../base/clock.ts';
import type { CredentialReference, Failure, SecretData, SecretReader } from '../job/ports.ts';
import { identityOf } from '../job/target.ts';
import type { AccessKey } from './alibaba-client.ts';
import { type Endpoint, isAllowed, parseEndpoint } from './endpoints.ts';

/** One source of keys, as it is now. */
export interface Credential {
  /** `default`, or the Secret's `namespace/name`: for logs and metrics. */
  readonly identity: string;
  readonly accessKey: AccessKey;
  readonly endpoint?: Endpoint;
  readonly regionID?: string;
  /** Changes whenever anything above does. */
  readonly version: string;
}

export interface CredentialsOptions {
  /** The operator's own key; undefined when its environment has none. */
  readonly own: AccessKey | undefined;
  /** Namespaces whose objects may use it; `*` for all. */
  readonly ownFor: readonly string[];
  readonly secrets: SecretReader;
  readonly allowedEndpoints: readonly string[];
  /** Whether a Secret may name plain HTTP. */
  readonly allowInsecure: boolean;
  readonly clock: Clock;
}

export type Resolved = { readonly credential: Credential } | { readonly failure: Failure };

interface Known {
  readonly resolved: Resolved;
  readAt: number;
  usedAt: number;
}

/** How long what was read of a Secret, or that there is none, stays in use. */
const KNOWN_FOR_MS = 30_000;
/** What nobody has used for this long is forgotten. */
const UNUSED_MS = 10 * 60_000;
/** 5 reads a second in all: Secrets by the hundred must not load the API server. */
const READ_EVERY_MS = 200;

export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<Resolved>>();
  readonly #reads = new Bottleneck({ minTime: READ_EVERY_MS });

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  async resolve(reference: CredentialReference): Promise<Resolved> {
    if (reference.name === undefined) return this.#own(reference.namespace);
    const identity = identityOf(reference);
    const known = this.#known.get(identity);
    const now = this.#options.clock.now();
    if (known) known.usedAt = now;
    if (known && now - known.readAt < KNOWN_FOR_MS) return known.resolved;
    return this.#readOnce(identity, reference.namespace, reference.name);
  }

  /** What is known of this credential is doubted: it is read again when it is needed next. */
  doubt(identity: string): void {
    const known = this.#known.get(identity);
    if (known) known.readAt = Number.NEGATIVE_INFINITY;
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
  #readOnce(identity: string, namespace: string, name: string): Promise<Resolved> {
    const underway = this.#reading.get(identity);
    if (underway) return underway;
    const reading = this.#reads
      .schedule(() => this.#read(identity, namespace, name))
      .finally(() => this.#reading.delete(identity));
    this.#reading.set(identity, reading);
    return reading;
  }

  async #read(identity: string, namespace: string, name: string): Promise<Resolved> {
    try {
      const data = await this.#options.secrets.read(namespace, name);
      return this.#remember(identity, this.#interpret(identity, namespace, name, data));
    } catch {
      // The API server gave no answer: an outage there must not stop observing with keys that were good.
      return this.#known.get(identity)?.resolved ?? unreadable(identity);
    }
  }

  #remember(identity: string, resolved: Resolved): Resolved {
    const now = this.#options.clock.now();
    for (const [other, known] of this.#known) if (now - known.usedAt > UNUSED_MS) this.#known.delete(other);
    const retryAt = now + KNOWN_FOR_MS;
    const dated = 'failure' in resolved ? { failure: { ...resolved.failure, retryAt } } : resolved;
    this.#known.set(identity, { resolved: dated, readAt: now, usedAt: now });
    return dated;
  }

  #interpret(
    identity: string,
    namespace: string,
    name: string,
    data: SecretData | 'missing' | 'forbidden',
  ): Resolved {
    if (data === 'missing')
      return notFound(`namespace ${namespace} has no Secret ${name}; create it, or mend spec.credentialsRef`);
    if (data === 'forbidden')
      return notFound(
        `the operator may not read Secret ${name}; bind its service account to a Role with get on that Secret in namespace ${namespace}`,
      );
    const absent = ['accessKeyID', 'accessKeySecret'].filter((key) => !data[key]?.trim());
    if (absent.length > 0) return notFound(`Secret ${name} lacks ${absent.join(' and ')}`);
    return this.#withEndpoint(identity, name, data);
  }

  #withEndpoint(identity: string, name: string, data: SecretData): Resolved {
    const text = data.endpoint?.trim();
    if (!text) return { credential: credentialOf(identity, data, undefined) };
    try {
      const endpoint = parseEndpoint(text);
      if (endpoint.protocol === 'http' && !this.#options.allowInsecure)
        return notFound(
          `the endpoint in Secret ${name} is not https, and the operator runs without --insecure-endpoint`,
        );
      if (!isAllowed(endpoint, this.#options.allowedEndpoints))
        return notFound(`the endpoint in Secret ${name} is not among the operator's --allowed-endpoints`);
      return { credential: credentialOf(identity, data, endpoint) };
    } catch (error) {
      return notFound(`the endpoint in Secret ${name} ${(error as Error).message}`);
    }
  }
}

function credentialOf(identity: string, data: SecretData, endpoint: Endpoint | undefined): Credential {
  const securityToken = data.securityToken?.trim();
  const regionID = data.regionID?.trim();
  return {
    identity,
    accessKey: {
      accessKeyID: (data.accessKeyID as string).trim(),
      accessKeySecret: (data.accessKeySecret as string).trim(),
      ...(securityToken && { securityToken }),
    },
    ...(endpoint && { endpoint }),
    ...(regionID && { regionID }),
    version: createHash('sha256').update(JSON.stringify(data)).digest('base64url'),
  };
}

function notFound(message: string): Resolved {
  return { failure: { kind: 'CredentialsNotFound', message } };
}

function unreadable(identity: string): Resolved {
  const message = `Secret ${identity} could not be read: the API server gave no answer`;
  return { failure: { kind: 'ConnectionFailed', message } };
}
