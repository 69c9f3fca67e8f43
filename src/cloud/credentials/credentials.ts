/**
 * Which keys to sign with: those of a Secret or the operator's own, or of a session of the role that they assume. Nothing of a
 * Secret leaves this room but in a request.
 */

import { readFile } from 'node:fs/promises';
import type { Logger } from '../../base/logger.ts';
import type { CredentialReference } from '../../job/model/cloud-port.ts';
import { identityOf } from '../../job/model/reference.ts';
import type { AccessKey, Credential } from '../client/credential.ts';

import type { Rrsa } from './environment-credentials.ts';
import { type Assume, type RoleSession, RoleSessions } from './role-session.ts';
import { SecretCache, type SecretCacheOptions } from './secret-cache.ts';
import { notFound, type Resolved, SESSION_NAME, type SecretReference } from './secret-credential.ts';
import type { Assumed, Sts } from './sts.ts';

export interface CredentialsOptions extends SecretCacheOptions {
  /** The operator's own; undefined when its environment has none. */
  readonly own: AccessKey | Rrsa | undefined;
  /** Namespaces whose objects may use it; `*` for all. */
  readonly ownFor: readonly string[];
  /** Undefined: no role can be assumed. */
  readonly sts?: Pick<Sts, 'assumeRole' | 'assumeRoleWithOIDC'> | undefined;
  readonly logger: Logger;
}

/** A source of keys that is there, but has to assume a role first. */
interface Unassumed {
  readonly source: Omit<Credential, 'accessKey'>;
  readonly assume: Assume;
}

type Source = Resolved | Unassumed;

export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #secrets: SecretCache;
  readonly #sessions: RoleSessions;

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#secrets = new SecretCache(options);
    this.#sessions = new RoleSessions(options);
  }

  /** Reads the Secret when what is known of it is too old, and assumes its role when there is no session. Never rejects. */
  async resolve(reference: CredentialReference): Promise<Resolved> {
    const source = isSecret(reference)
      ? this.#sourceOf(reference, await this.#secrets.resolve(reference))
      : this.#own(reference.namespace);
    if (!isUnassumed(source)) return source;
    const { identity, version } = source.source;
    return withSession(source, await this.#sessions.get(identity, version, source.assume));
  }

  /** What is known, if it can be used without another look. */
  fresh(reference: CredentialReference): Resolved | undefined {
    const source = this.#freshSource(reference);
    if (!source || !isUnassumed(source)) return source;
    const { identity, version } = source.source;
    const session = this.#sessions.current(identity, version, source.assume);
    return session && withSession(source, session);
  }

  /** Whether the namespace may use the operator's own credentials, if it means these. */
  permits({ namespace, name }: CredentialReference): boolean {
    const { ownFor } = this.#options;
    return name !== undefined || ownFor.includes('*') || ownFor.includes(namespace);
  }

  /** A call sent at `askedAt` was refused for its key: that of a session is not used again, and the Secret read before the next. */
  doubt(identity: string, sentAt: number): void {
    this.#secrets.doubt(identity, sentAt);
    this.#sessions.doubt(identity, sentAt);
  }

  #freshSource(reference: CredentialReference): Source | undefined {
    if (!isSecret(reference)) return this.#own(reference.namespace);
    const known = this.#secrets.fresh(reference);
    return known && this.#sourceOf(reference, known);
  }

  #own(namespace: string): Source {
    const { own } = this.#options;
    if (!this.permits({ namespace }))
      return notFound(
        `objects of namespace ${namespace} may not use the operator's own credentials; set spec.credentialsRef`,
      );
    if (!own)
      return notFound(
        'the operator has no credentials of its own; set spec.credentialsRef, or give the operator a RAM role (RRSA), or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET',
      );
    const identity = identityOf({ namespace });
    if ('accessKeyID' in own) return { credential: { identity, accessKey: own, version: own.accessKeyID } };
    return { source: { identity, version: own.roleARN }, assume: () => this.#assumeOwn(own) };
  }

  /** The file is read for each session: the cluster replaces the token long before it expires. */
  async #assumeOwn({ roleARN, oidcProviderARN, tokenFile }: Rrsa): Promise<Assumed> {
    const { sts } = this.#options;
    if (!sts) return cannotAssume("the operator's own credentials name");
    const token = await readFile(tokenFile, 'utf8').catch((error: NodeJS.ErrnoException) => error);
    if (typeof token !== 'string') return noToken(`cannot be read (${token.code})`);
    if (token.trim() === '') return noToken('is empty');
    const role = { roleARN, oidcProviderARN, sessionName: SESSION_NAME, token: token.trim() };
    // The operator's own sessions wait behind no namespace.
    return await sts.assumeRoleWithOIDC({ namespace: '', identity: identityOf({ namespace: '' }) }, role);
  }

  #sourceOf({ namespace }: SecretReference, resolved: Resolved): Source {
    if ('failure' in resolved || !resolved.credential.role) return resolved;
    const { role, accessKey, ...source } = resolved.credential;
    return { source, assume: () => this.#assume(namespace, resolved.credential) };
  }

  async #assume(namespace: string, { identity, role, accessKey }: Credential): Promise<Assumed> {
    const { sts, clock } = this.#options;
    if (!sts || !role) return cannotAssume(`Secret ${identity} names`);
    const sentAt = clock.now();
    const assumed = await sts.assumeRole({ namespace, identity }, accessKey, role);
    // Its owner may have mended it just now.
    if ('failure' in assumed && assumed.failure.kind === 'AuthenticationFailed')
      this.#secrets.doubt(identity, sentAt);
    return assumed;
  }
}

function isSecret(reference: CredentialReference): reference is SecretReference {
  return reference.name !== undefined;
}

function isUnassumed(source: Source): source is Unassumed {
  return 'assume' in source;
}

/** Another session is another key, so it is another version. */
function withSession({ source }: Unassumed, session: RoleSession): Resolved {
  if ('failure' in session) return session;
  const { accessKey, serial } = session;
  const { version } = source;
  return { credential: { ...source, accessKey, version: `${version}/${serial}`, source: version } };
}

function cannotAssume(who: string): Assumed {
  const message = `${who} a role, and the operator runs with --sts-endpoint=none`;
  return { failure: { kind: 'CredentialsNotFound', message } };
}

function noToken(what: string): Assumed {
  const message = `the service account's token, which ALIBABA_CLOUD_OIDC_TOKEN_FILE names, ${what}`;
  return { failure: { kind: 'CredentialsNotFound', message } };
}
