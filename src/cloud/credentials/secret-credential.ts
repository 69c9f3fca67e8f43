/**
 * A Secret's values, to a credential or to what is wrong with them; pure. No message repeats a value.
 */

import { createHash } from 'node:crypto';
import { type Endpoint, isAllowed, parseEndpoint } from '../../base/endpoint.ts';
import type { CredentialReference } from '../../job/model/cloud-port.ts';
import type { Failure } from '../../job/model/failures.ts';
import { identityOf, isRegion } from '../../job/model/reference.ts';
import type { SecretData } from '../../job/model/sinks.ts';
import type { Credential, Role } from '../client/credential.ts';
import { isAccountID, isExternalID, isKeyText, isRoleARN, isSessionName } from '../client/formats.ts';

export interface Refused {
  readonly failure: Failure;
}

export type Resolved = { readonly credential: Credential } | Refused;

export interface SecretRules {
  readonly allowedEndpoints: readonly string[];
  /** Whether a Secret may name plain HTTP. */
  readonly allowInsecure: boolean;
}

const REQUIRED = ['accessKeyID', 'accessKeySecret'];
const KEYS = [...REQUIRED, 'securityToken'];

/** By which the cloud knows in its audit log who assumed a role. */
export const SESSION_NAME = 'edge-transcode-job-operator';

/** What else a Secret may hold, and what is wrong with it otherwise. */
const FORMS: Readonly<Record<string, readonly [isWell: (text: string) => boolean, is: string]>> = {
  regionID: [isRegion, 'is not the ID of a region in lower case, such as cn-shanghai'],
  roleARN: [isRoleARN, 'is not the ARN of a role, such as acs:ram::1000000000000001:role/job-reader'],
  roleSessionName: [isSessionName, 'is not 2 to 64 letters, digits or any of . @ - _'],
  externalID: [isExternalID, 'is not 2 to 1224 letters, digits or any of + = , . @ : / - _'],
  accountID: [isAccountID, 'is not the digits of an account ID'],
};

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
      `the operator may not read Secret ${name}; let it: kubectl --namespace ${namespace} create role read-${name} --verb=get --resource=secrets --resource-name=${name} && kubectl --namespace ${namespace} create rolebinding read-${name} --role=read-${name} --serviceaccount=edge-transcode-system:edge-transcode-job-operator (as shipped; put in its service account if it is another)`,
    );
  const absent = REQUIRED.filter((key) => !data[key]?.trim());
  if (absent.length > 0) return notFound(`Secret ${name} lacks ${absent.join(' and ')}`);
  const broken = KEYS.filter((key) => !isKeyText(data[key]?.trim() ?? ''));
  if (broken.length > 0)
    return notFound(
      `${broken.join(' and ')} in Secret ${name} is too long for a key, or holds characters that none has`,
    );
  const bent = Object.entries(FORMS).find(
    ([key, [isWell]]) => data[key]?.trim() && !isWell(data[key].trim()),
  );
  if (bent) return notFound(`${bent[0]} in Secret ${name} ${bent[1][1]}`);
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
  const accountID = data.accountID?.trim();
  const role = roleOf(data);
  return {
    identity: identityOf(secret),
    accessKey: {
      accessKeyID: (data.accessKeyID as string).trim(),
      accessKeySecret: (data.accessKeySecret as string).trim(),
      ...(securityToken && { securityToken }),
    },
    ...(endpoint && { endpoint }),
    ...(regionID && { regionID }),
    ...(role && { role }),
    ...(accountID && { accountID }),
    version: createHash('sha256').update(JSON.stringify(data)).digest('base64url'),
  };
}

function roleOf(data: SecretData): Role | undefined {
  const roleARN = data.roleARN?.trim();
  if (!roleARN) return undefined;
  const externalID = data.externalID?.trim();
  const sessionName = data.roleSessionName?.trim() || SESSION_NAME;
  return { roleARN, sessionName, ...(externalID && { externalID }) };
}

export function notFound(message: string): Refused {
  return { failure: { kind: 'CredentialsNotFound', message } };
}
