/**
 * Maps the content of a Secret to a credential, or to what is wrong with it. Pure. No message repeats a
 * value.
 */

import { createHash } from 'node:crypto';
import { type Endpoint, isAllowed, parseEndpoint } from '../base/endpoint.ts';
import { copyOf } from '../base/foreign-text.ts';
import type { CredentialReference } from '../job/model/cloud-port.ts';
import type { Failure } from '../job/model/failures.ts';
import type { SecretContent, SecretData } from '../job/model/kube-port.ts';
import { identityOf, isRegion } from '../job/model/reference.ts';
import type { Credential } from './credential.ts';
import { FORMATS } from './credential.ts';

export interface Refused {
  readonly failure: Failure;
}

export type Resolved = { readonly credential: Credential } | Refused;

export interface SecretRules {
  readonly allowedEndpoints: readonly string[];
  /** Whether a Secret may name an endpoint of plain HTTP. */
  readonly allowInsecure: boolean;
}

/** Name of a session in the cloud's audit log, unless the Secret gives another. */
export const SESSION_NAME = 'edge-transcode-job-operator';

type Format = readonly [format: Pick<RegExp, 'test'>, otherwise: string];

const KEY_TEXT: Format = [FORMATS.keyText, 'is longer than 8,192 characters or not visible ASCII'];

/** Formats of the values, and what is wrong with a value of another format. */
const FORMAT_OF: Readonly<Record<string, Format>> = {
  accessKeyID: KEY_TEXT,
  accessKeySecret: KEY_TEXT,
  securityToken: KEY_TEXT,
  regionID: [{ test: isRegion }, 'is not the ID of a region in lower case, such as cn-shanghai'],
  roleARN: [FORMATS.roleARN, 'is not the ARN of a role, such as acs:ram::1000000000000001:role/job-reader'],
  roleSessionName: [FORMATS.sessionName, 'is not 2 to 64 letters, digits or any of . @ - _'],
  externalID: [FORMATS.externalID, 'is not 2 to 1224 letters, digits or any of + = , . @ : / - _'],
  accountID: [FORMATS.accountID, 'is not the digits of an account ID'],
};

/** The keys of a Secret that are read. */
export const SECRET_KEYS: readonly string[] = [...Object.keys(FORMAT_OF), 'endpoint'];

export type SecretReference = Required<CredentialReference>;

export function credentialOfSecret(
  secret: SecretReference,
  data: SecretContent,
  rules: SecretRules,
): Resolved {
  const { namespace, name } = secret;
  const identity = identityOf(secret);
  if (data === 'missing')
    return notFound(`Secret ${identity} does not exist; create it, or correct spec.credentialsRef`);
  if (data === 'forbidden')
    return notFound(
      `the operator may not read Secret ${identity}; allow it: kubectl --namespace ${namespace} create role read-${name} --verb=get --resource=secrets --resource-name=${name} && kubectl --namespace ${namespace} create rolebinding read-${name} --role=read-${name} --serviceaccount=edge-transcode-system:edge-transcode-job-operator (replace the service account if the operator has another)`,
    );
  if (data === 'tooLarge')
    return notFound(
      `Secret ${identity} is larger than 64 KiB; put the credentials into a Secret of their own`,
    );
  // White space around a value is not part of it, and an empty value is the same as none.
  const values = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, copyOf(value.trim()) || undefined]),
  );
  const { accessKeyID = '', accessKeySecret = '', securityToken, regionID, accountID } = values;
  const { roleARN, roleSessionName = SESSION_NAME, externalID } = values;
  const problem = problemOf(identity, values);
  if (problem !== undefined) return notFound(problem);
  const endpoint = endpointOf(values.endpoint, rules);
  if (typeof endpoint === 'string') return notFound(`the endpoint in Secret ${identity} ${endpoint}`);
  const role = roleARN && { roleARN, sessionName: roleSessionName, ...(externalID && { externalID }) };
  const credential = {
    identity,
    accessKey: { accessKeyID, accessKeySecret, ...(securityToken && { securityToken }) },
    ...(endpoint && { endpoint }),
    ...(regionID && { regionID }),
    ...(role && { role }),
    ...(accountID && { accountID }),
    version: createHash('sha256').update(JSON.stringify(data)).digest('base64url'),
  };
  return { credential };
}

function problemOf(identity: string, values: Partial<SecretData>): string | undefined {
  const absent = ['accessKeyID', 'accessKeySecret'].filter((key) => !values[key]);
  if (absent.length > 1) return `Secret ${identity} has no keys ${absent.join(' and ')}; add them`;
  if (absent.length > 0) return `Secret ${identity} has no key ${absent[0]}; add it`;
  for (const [key, [format, otherwise]] of Object.entries(FORMAT_OF))
    if (values[key] && !format.test(values[key]))
      return `${key} in Secret ${identity} ${otherwise}; correct it`;
  return undefined;
}

/** The endpoint, or what is wrong with it. */
function endpointOf(text: string | undefined, rules: SecretRules): Endpoint | string | undefined {
  if (!text) return undefined;
  try {
    const endpoint = parseEndpoint(text);
    if (endpoint.protocol === 'http' && !rules.allowInsecure)
      return 'is not https, and the operator runs without --insecure-endpoint; name an https endpoint';
    if (isAllowed(endpoint, rules.allowedEndpoints)) return endpoint;
    return "is not among the operator's --allowed-endpoints; name one of them";
  } catch (error) {
    return (error as Error).message;
  }
}

export function notFound(message: string): Refused {
  return { failure: { kind: 'CredentialsNotFound', message } };
}
