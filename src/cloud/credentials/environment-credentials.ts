/**
 * The operator's own credentials, from the variables that the vendor's tools share: an access key or STS token, or a role that its
 * service account may assume (RRSA).
 */

import type { AccessKey } from '../client/credential.ts';
import { isKeyText, isProviderARN, isRoleARN } from '../client/formats.ts';

/** A role that the token of the operator's service account assumes. */
export interface Rrsa {
  readonly roleARN: string;
  readonly oidcProviderARN: string;
  /** The path of the token's file. */
  readonly tokenFile: string;
}

/** `auto`: RRSA where its variables are set, else the access key, else none. */
export type CredentialSource = 'auto' | 'rrsa' | 'access-key';

type Environment = Readonly<Record<string, string | undefined>>;

const KEY_VARIABLES = [
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  'ALIBABA_CLOUD_SECURITY_TOKEN',
] as const;

const RRSA_VARIABLES = [
  'ALIBABA_CLOUD_ROLE_ARN',
  'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
] as const;

/**
 * All that is wrong is told at once, by the names of the variables; no value is repeated.
 *
 * @param canAssume whether there is an STS to ask
 */
export function ownCredentials(
  environment: Environment,
  source: CredentialSource,
  canAssume: boolean,
): { readonly own: AccessKey | Rrsa | undefined } | { readonly errors: readonly string[] } {
  const rrsa = source === 'access-key' ? {} : attempt(() => rrsaOf(environment));
  const key = source === 'rrsa' ? {} : attempt(() => accessKeyOf(environment));
  const errors = [rrsa.error, key.error].filter((error) => error !== undefined);
  const own = rrsa.value ?? key.value;
  if (rrsa.value && !canAssume) errors.push('--sts-endpoint: none leaves nobody to ask for the role of RRSA');
  if (errors.length === 0 && !own && source !== 'auto')
    errors.push(`--credentials: ${source}: ${NOT_SET[source]}`);
  return errors.length > 0 ? { errors } : { own };
}

const NOT_SET = {
  rrsa: `${RRSA_VARIABLES.join(', ')} are not set; is the namespace set up for RRSA, and the service account annotated?`,
  'access-key': `${KEY_VARIABLES[0]} and ${KEY_VARIABLES[1]} are not set`,
} as const;

/** Undefined when there is none. @throws when one of the pair is missing, or a value cannot be a key's, naming the variable */
export function accessKeyOf(environment: Environment): AccessKey | undefined {
  const [accessKeyID, accessKeySecret, securityToken] = KEY_VARIABLES.map((name) => {
    const value = environment[name]?.trim() ?? '';
    if (!isKeyText(value))
      throw new Error(`${name} is too long for a key, or holds characters that none has`);
    return value;
  });
  if (!accessKeyID && !accessKeySecret) return undefined;
  if (!accessKeyID)
    throw new Error('ALIBABA_CLOUD_ACCESS_KEY_SECRET is set without ALIBABA_CLOUD_ACCESS_KEY_ID');
  if (!accessKeySecret)
    throw new Error('ALIBABA_CLOUD_ACCESS_KEY_ID is set without ALIBABA_CLOUD_ACCESS_KEY_SECRET');
  return { accessKeyID, accessKeySecret, ...(securityToken && { securityToken }) };
}

/** Undefined when there is none. @throws when it is not whole, or cannot be right, naming the variables */
export function rrsaOf(environment: Environment): Rrsa | undefined {
  const [roleARN = '', oidcProviderARN = '', tokenFile = ''] = RRSA_VARIABLES.map(
    (name) => environment[name]?.trim() ?? '',
  );
  const missing = RRSA_VARIABLES.filter((name) => !environment[name]?.trim());
  if (missing.length === RRSA_VARIABLES.length) return undefined;
  if (missing.length > 0) {
    const set = RRSA_VARIABLES.filter((name) => !missing.includes(name));
    throw new Error(
      `${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set without ${missing.join(' and ')}`,
    );
  }
  if (!isRoleARN(roleARN)) throw new Error(`${RRSA_VARIABLES[0]} is not the ARN of a role`);
  if (!isProviderARN(oidcProviderARN))
    throw new Error(`${RRSA_VARIABLES[1]} is not the ARN of an OIDC provider`);
  return { roleARN, oidcProviderARN, tokenFile };
}

function attempt<T>(read: () => T): { value?: T; error?: string } {
  try {
    return { value: read() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
