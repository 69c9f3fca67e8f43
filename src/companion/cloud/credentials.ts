/**
 * Finds the credentials of a command as the operator does: the key of a Secret, or of the environment, and
 * the role that it assumes.
 */
import { systemClock } from '../../base/clock.ts';
import { formatEndpoint, isAllowed } from '../../base/endpoint.ts';
import type { Sts } from '../../cloud/sts/sts.ts';
import type { Credential } from '../../credentials/credential.ts';
import { Credentials } from '../../credentials/credentials.ts';
import { ownCredentials, type Rrsa } from '../../credentials/environment-credentials.ts';
import { credentialOfSecret, SECRET_KEYS } from '../../credentials/secret-credential.ts';
import { identityOf } from '../../job/model/reference.ts';
import { KubeSecrets } from '../../kube/client/secrets.ts';
import type { Connection } from '../common/connection.ts';
import { Unable } from '../common/failure.ts';
import { type CloudOptions, SILENT, saidHere } from './caller.ts';

/** Credentials before a role is assumed. */
export interface Source {
  /** Where they are from and what they name, for people. */
  readonly text: string;
  /** ARN of the role that they assume. Undefined: they are used as they are. */
  readonly role: string | undefined;
  /** `Rrsa`: a token of the cluster stands for a key. */
  readonly own: Credential | Rrsa;
}

/** What to do where there are none. */
export const NO_CREDENTIALS =
  "name a Secret with --secret, or set the operator's ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET";

/** The hosts that a Secret may name without being asked: those of the vendor, as for the operator. */
const TRUSTED_HOSTS = ['*.aliyuncs.com'];

/** A Secret with another endpoint must not be refused while it is read: `--endpoint` may replace it. */
const ANY_ENDPOINT = { allowedEndpoints: ['*'], allowInsecure: true };

/** The identity of credentials of the environment. */
const OWN_IDENTITY = identityOf({ namespace: '' });

const KEY_TEXT = 'a key: ALIBABA_CLOUD_ACCESS_KEY_ID of the environment';
const RRSA_TEXT = 'a role: ALIBABA_CLOUD_ROLE_ARN of the environment (RRSA)';

/** @returns undefined when there is neither a Secret nor a variable @throws Unable */
export async function sourceOf(connection: Connection, options: CloudOptions): Promise<Source | undefined> {
  if (options.secret !== undefined) return secretSource(connection, options.secret, options);
  const found = ownCredentials(options.environment, 'auto', true);
  if ('errors' in found) throw new Unable(found.errors.join('; '));
  const { own } = found;
  if (own === undefined) return undefined;
  if (!('accessKeyID' in own)) return { text: RRSA_TEXT, role: own.roleARN, own };
  const credential = { identity: OWN_IDENTITY, accessKey: own, version: '' };
  return { text: KEY_TEXT, role: undefined, own: credential };
}

async function secretSource(
  { client, namespace }: Connection,
  name: string,
  options: CloudOptions,
): Promise<Source> {
  if (namespace === undefined) throw new Unable('name the namespace of the Secret with --namespace');
  const secret = { namespace, name };
  const shown = `Secret ${namespace}/${name}`;
  const content = await new KubeSecrets(client).read(namespace, name, SECRET_KEYS).catch((error: Error) => {
    throw new Unable(`${shown} cannot be read: ${error.message}`);
  });
  if (content === 'missing') throw new Unable(`${shown} does not exist; create it, or name another`);
  if (content === 'forbidden')
    throw new Unable(`you may not read ${shown}; ask for a Role with the verb get on that Secret`);
  const resolved = credentialOfSecret(secret, content, ANY_ENDPOINT);
  if ('failure' in resolved) throw new Unable(resolved.failure.message);
  const { endpoint, ...credential } = resolved.credential;
  const { role, regionID } = credential;
  const named = [
    'a key',
    ...(role ? [`role ${role.roleARN}`] : []),
    ...(regionID ? [`region ${regionID}`] : []),
    ...(endpoint ? [`endpoint ${formatEndpoint(endpoint)}`] : []),
  ];
  const source = { text: `${named.join(', ')}: Secret ${credential.identity}`, role: role?.roleARN };
  if (!endpoint || options.endpoint) return { ...source, own: credential };
  // The Secret's author chose the host, not the user, whose machine may reach what the operator does not.
  if (endpoint.protocol !== 'https' || !isAllowed(endpoint, TRUSTED_HOSTS))
    throw new Unable(
      `Secret ${credential.identity} names the endpoint ${formatEndpoint(endpoint)}, which is not the cloud's own; if you trust it, repeat with --endpoint=${formatEndpoint(endpoint)}`,
    );
  return { ...source, own: { ...credential, endpoint } };
}

/**
 * The credentials after their role is assumed, or as they are.
 *
 * @throws Unable
 */
export async function assumed({ own }: Source, sts: Sts): Promise<Credential> {
  if ('tokenFile' in own) {
    const resolved = await rrsaCredentials(own, sts).resolve({ namespace: '' });
    if ('failure' in resolved) throw new Unable(saidHere(resolved.failure.message));
    return resolved.credential;
  }
  const { role, ...credential } = own;
  if (!role) return credential;
  const caller = { namespace: '', identity: credential.identity };
  const session = await sts.assumeRole(caller, credential.accessKey, role);
  if ('failure' in session) throw new Unable(saidHere(session.failure.message));
  return { ...credential, accessKey: session.key.accessKey };
}

function rrsaCredentials(own: Rrsa, sts: Sts): Credentials {
  const secrets = { read: () => Promise.resolve('missing' as const) };
  const rules = { ...ANY_ENDPOINT, ownFor: ['*'], logger: SILENT, clock: systemClock };
  return new Credentials({ ...rules, own, sts, secrets });
}
