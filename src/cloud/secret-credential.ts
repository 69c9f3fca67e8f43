/**
 * A Secret's values, to a credential or to what is wrong with them; pure. No message repeats a value.
 */
import { createHash } from 'node:crypto';
import type { CredentialReference, Failure, SecretData } from '../job/ports.ts';
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

export type Resolved = { readonly credential: Credential } | { readonly failure: Failure };

export interface SecretRules {
  readonly allowedEndpoints: readonly string[];
  /** Whether a Secret may name plain HTTP. */
  readonly allowInsecure: boolean;
}

const REQUIRED = ['accessKeyID', 'accessKeySecret'];
const KEYS = [...REQUIRED, 'securityToken'];

export type SecretReference = Required<CredentialReference>;

export function credentialOfSecret(
  secret: SecretReference,
  data: SecretData | 'missing' | 'forbidden',
  rules: SecretRules,
): Resolved {
  const { namespace, name } = secret;
  if (data === 'missing')
    return notFound(`namespace ${namespace} has no Secret ${name}; create it, or mend spec.credentialsRef`);
  if (data === 'forbidden')
    return notFound(
      `the operator may not read Secret ${name}; bind its service account to a Role with get on that Secret in namespace ${namespace}`,
    );
  const absent = REQUIRED.filter((key) => !data[key]?.trim());
  if (absent.length > 0) return notFound(`Secret ${name} lacks ${absent.join(' and ')}`);
  const broken = KEYS.filter((key) => !isKeyText(data[key]?.trim() ?? ''));
  if (broken.length > 0)
    return notFound(`${broken.join(' and ')} in Secret ${name} holds characters that no access key has`);
  return withEndpoint(secret, data, rules);
}

function withEndpoint(secret: SecretReference, data: SecretData, rules: SecretRules): Resolved {
  const { name } = secret;
  const text = data.endpoint?.trim();
  if (!text) return { credential: credentialOf(secret, data, undefined) };
  try {
    const endpoint = parseEndpoint(text);
    if (endpoint.protocol === 'http' && !rules.allowInsecure)
      return notFound(
        `the endpoint in Secret ${name} is not https, and the operator runs without --insecure-endpoint`,
      );
    if (!isAllowed(endpoint, rules.allowedEndpoints))
      return notFound(`the endpoint in Secret ${name} is not among the operator's --allowed-endpoints`);
    return { credential: credentialOf(secret, data, endpoint) };
  } catch (error) {
    return notFound(`the endpoint in Secret ${name} ${(error as Error).message}`);
  }
}

function credentialOf(secret: SecretReference, data: SecretData, endpoint: Endpoint | undefined): Credential {
  const securityToken = data.securityToken?.trim();
  const regionID = data.regionID?.trim();
  return {
    identity: identityOf(secret),
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

/** Whether it can be part of a key: visible ASCII, as it goes into a header. */
export function isKeyText(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

export function notFound(message: string): Resolved {
  return { failure: { kind: 'CredentialsNotFound', message } };
}
