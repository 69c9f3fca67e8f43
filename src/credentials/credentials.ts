/**
 * Finds the key that signs a request: the key of a Secret, the operator's own key, or the session of a role
 * that one of them assumes. The content of a Secret leaves the process only in a signed request.
 */
import { readFile } from 'node:fs/promises';
import { ExpiringMap } from '../base/expiring-map.ts';
import type { Logger } from '../base/logger.ts';
import type { CredentialReference } from '../job/model/cloud-port.ts';
import { OWN_IDENTITY } from '../job/model/reference.ts';
import type { AccessKey, Role } from './credential.ts';
import type { Rrsa } from './environment-credentials.ts';
import { RoleSession } from './role-session.ts';
import { type Caller, SecretCache, type SecretCacheOptions } from './secret-cache.ts';
import {
  notFound,
  type Refused,
  type Resolved,
  SESSION_NAME,
  type SecretReference,
} from './secret-credential.ts';
import type { Assumed, SessionSource, StsCaller } from './sts-port.ts';

export interface CredentialsOptions extends SecretCacheOptions {
  /** The operator's own credentials. Undefined: its environment has none. */
  readonly own: AccessKey | Rrsa | undefined;
  /** Namespaces whose objects may use the operator's own credentials; `*` for all. */
  readonly ownFor: readonly string[];
  /** Undefined: no role can be assumed. */
  readonly sts?: SessionSource | undefined;
  readonly logger: Logger;
}

/** How long an unused session is kept; no session lives longer. */
const UNUSED_MS = 60 * 60_000;

/** The operator's own credentials belong to no namespace, so they wait behind none. */
const OWN: StsCaller = { namespace: '', identity: OWN_IDENTITY };

export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #secrets: SecretCache;
  /** Sessions, by the identity of their Secret. */
  readonly #sessions: ExpiringMap<string, RoleSession>;
  readonly #own: Resolved | RoleSession;

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#secrets = new SecretCache(options);
    this.#sessions = new ExpiringMap({ clock: options.clock, lifetimeMs: UNUSED_MS });
    this.#own = this.#resolveOwn();
  }

  /**
   * Reads the Secret when what is known of it is too old, and assumes its role when there is no session.
   * Never rejects.
   *
   * @param caller the Secret is not read once all its callers have withdrawn
   */
  async resolve(reference: CredentialReference, caller?: Caller): Promise<Resolved> {
    const known = isSecret(reference)
      ? await this.#secrets.resolve(reference, caller)
      : (this.refusalOf(reference) ?? this.#own);
    const source = this.#inRole(reference, known);
    return source instanceof RoleSession ? await source.get() : source;
  }

  /** The result of `resolve`; undefined where `resolve` would wait. */
  fresh(reference: CredentialReference): Resolved | undefined {
    const known = isSecret(reference)
      ? this.#secrets.fresh(reference)
      : (this.refusalOf(reference) ?? this.#own);
    const source = known && this.#inRole(reference, known);
    return source instanceof RoleSession ? source.current() : source;
  }

  /**
   * Why objects of the namespace may not use the credential; undefined if they may. They may use any Secret
   * of their namespace, and the operator's own credentials only in some namespaces.
   */
  refusalOf({ namespace, name }: CredentialReference): Refused | undefined {
    const { ownFor } = this.#options;
    if (name !== undefined || ownFor.includes('*') || ownFor.includes(namespace)) return undefined;
    if (!this.#options.own) return NO_CREDENTIALS;
    return notFound(
      `objects of namespace ${namespace} may not use the operator's own credentials; set spec.credentialsRef, or have the administrator of the operator add the namespace to --default-credentials-namespaces`,
    );
  }

  /**
   * The credential that was known at `sentAt` may have been replaced: it was refused, or is of no use. Unless
   * it is younger, a session's key is not used again, and a Secret is read before its next use.
   */
  markStale(identity: string, sentAt: number): void {
    this.#secrets.markStale(identity, sentAt);
    const session = identity === OWN.identity ? this.#own : this.#sessions.get(identity);
    if (session instanceof RoleSession) session.markStale(sentAt);
  }

  /** Reads no Secret after this. */
  close(): void {
    this.#secrets.close();
  }

  #resolveOwn(): Resolved | RoleSession {
    const { own } = this.#options;
    if (!own) return NO_CREDENTIALS;
    const { identity } = OWN;
    if ('accessKeyID' in own) return { credential: { identity, accessKey: own, version: own.accessKeyID } };
    const source = { identity, version: own.roleARN };
    return new RoleSession({ ...this.#options, source, assume: () => this.#assumeOwn(own) });
  }

  /** Reads the file for each session: the cluster replaces the token long before it expires. */
  async #assumeOwn({ roleARN, oidcProviderARN, tokenFile }: Rrsa): Promise<Assumed> {
    const { sts } = this.#options;
    if (!sts)
      return notFound(
        "the operator's own credentials name a role, and the operator runs with --sts-endpoint=none; name an endpoint",
      );
    const token = await readFile(tokenFile, 'utf8').catch((error: NodeJS.ErrnoException) => error);
    if (typeof token !== 'string') return noToken(`cannot be read (${token.code})`);
    if (token.trim() === '') return noToken('is empty');
    const role = { roleARN, oidcProviderARN, sessionName: SESSION_NAME, token: token.trim() };
    return await sts.assumeRoleWithOIDC(OWN, role);
  }

  /** The session of the role that the credential names, or the credential itself. */
  #inRole({ namespace }: CredentialReference, resolved: Resolved | RoleSession): Resolved | RoleSession {
    if (!('credential' in resolved) || !resolved.credential.role) return resolved;
    const { role, accessKey, ...source } = resolved.credential;
    const { identity, version } = source;
    const known = this.#sessions.use(identity);
    if (known?.version === version) return known;
    const assume = () => this.#assume({ namespace, identity }, accessKey, role);
    return this.#sessions.set(identity, new RoleSession({ ...this.#options, source, assume }));
  }

  async #assume(caller: StsCaller, accessKey: AccessKey, role: Role): Promise<Assumed> {
    const { sts, clock } = this.#options;
    if (!sts)
      return notFound(
        `Secret ${caller.identity} names a role, and the operator runs with --sts-endpoint=none; remove roleARN from the Secret, or name an endpoint`,
      );
    const sentAt = clock.now();
    const assumed = await sts.assumeRole(caller, accessKey, role);
    // The owner of the Secret may have replaced the key just now.
    if ('failure' in assumed && assumed.failure.kind === 'AuthenticationFailed')
      this.#secrets.markStale(caller.identity, sentAt);
    return assumed;
  }
}

const NO_CREDENTIALS = notFound(
  'the operator has no credentials of its own; set spec.credentialsRef, or give the operator a RAM role (RRSA), or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET',
);

function isSecret(reference: CredentialReference): reference is SecretReference {
  return reference.name !== undefined;
}

function noToken(what: string): Assumed {
  return notFound(
    `the token file that ALIBABA_CLOUD_OIDC_TOKEN_FILE names ${what}; check the pod's volume for the service account's token`,
  );
}
