/**
 * Reads the operator's own credentials from the variables that the vendor's tools share: an access key or STS
 * token, or a role that the operator's service account may assume (RRSA).
 */
import { type AccessKey, FORMATS } from './credential.ts';

/** A role, assumed with the token of the operator's service account. */
export interface Rrsa {
  readonly roleARN: string;
  readonly oidcProviderARN: string;
  /** The path of the token's file. */
  readonly tokenFile: string;
}

/** `auto`: RRSA if its variables are set, else the access key, else none. */
export type CredentialSource = 'auto' | 'rrsa' | 'access-key';

type Environment = Readonly<Record<string, string | undefined>>;

const KEY_VARIABLES = ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET'] as const;
const TOKEN_VARIABLE = 'ALIBABA_CLOUD_SECURITY_TOKEN';

const RRSA_VARIABLES = [
  'ALIBABA_CLOUD_ROLE_ARN',
  'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
] as const;

/**
 * Reports all errors at once, by the names of the variables. No message repeats a value.
 *
 * @param canAssume whether there is an STS to call
 */
export function ownCredentials(
  environment: Environment,
  source: CredentialSource,
  canAssume: boolean,
): { readonly own: AccessKey | Rrsa | undefined } | { readonly errors: readonly string[] } {
  const errors: string[] = [];
  const attempt = <T>(read: (environment: Environment) => T): T | undefined => {
    try {
      return read(environment);
    } catch (error) {
      errors.push((error as Error).message);
      return undefined;
    }
  };
  const rrsa = source === 'access-key' ? undefined : attempt(rrsaOf);
  const key = source === 'rrsa' ? undefined : attempt(accessKeyOf);
  const own = rrsa ?? key;
  if (rrsa && !canAssume)
    errors.push(
      '--sts-endpoint: none, but the role of RRSA needs STS; name an endpoint, or set --credentials=access-key',
    );
  if (errors.length === 0 && !own && source !== 'auto')
    errors.push(`--credentials: ${source}: ${NOT_SET[source]}`);
  return errors.length > 0 ? { errors } : { own };
}

const NOT_SET = {
  rrsa: `${RRSA_VARIABLES.join(', ')} are not set; enable RRSA for the namespace and annotate the service account`,
  'access-key': `${KEY_VARIABLES.join(' and ')} are not set`,
} as const;

/**
 * Undefined when no key is set. @throws when half of the pair is missing, or a value cannot be part of a key
 */
export function accessKeyOf(environment: Environment): AccessKey | undefined {
  const [accessKeyID, accessKeySecret] = valuesOf(environment, KEY_VARIABLES) ?? [];
  if (!accessKeyID || !accessKeySecret) return undefined;
  for (const name of [...KEY_VARIABLES, TOKEN_VARIABLE])
    if (!FORMATS.keyText.test(textOf(environment, name)))
      throw new Error(`${name} is longer than 8,192 characters or not visible ASCII; correct it`);
  const securityToken = textOf(environment, TOKEN_VARIABLE);
  return { accessKeyID, accessKeySecret, ...(securityToken && { securityToken }) };
}

/** Undefined when no role is set. @throws when a variable is missing or is not what its name says */
export function rrsaOf(environment: Environment): Rrsa | undefined {
  const values = valuesOf(environment, RRSA_VARIABLES);
  if (!values) return undefined;
  const [roleARN = '', oidcProviderARN = '', tokenFile = ''] = values;
  if (!FORMATS.roleARN.test(roleARN)) throw new Error(`${RRSA_VARIABLES[0]} is not the ARN of a role`);
  if (!FORMATS.providerARN.test(oidcProviderARN))
    throw new Error(`${RRSA_VARIABLES[1]} is not the ARN of an OIDC provider`);
  return { roleARN, oidcProviderARN, tokenFile };
}

/** Says where the operator's own credentials come from, for the log. Holds no key and no token. */
export function sourceOf(own: AccessKey | Rrsa | undefined): Readonly<Record<string, string>> {
  if (!own) return { source: 'none' };
  if ('roleARN' in own) return { source: 'rrsa', role: own.roleARN.replace(/^.*:role\//, '') };
  return { source: own.securityToken === undefined ? 'access-key' : 'sts-token' };
}

/** The values of all the variables; undefined when none is set. @throws when only some are set */
function valuesOf(environment: Environment, names: readonly string[]): readonly string[] | undefined {
  const set = names.filter((name) => textOf(environment, name) !== '');
  const missing = names.filter((name) => !set.includes(name));
  if (set.length === 0) return undefined;
  if (missing.length === 0) return names.map((name) => textOf(environment, name));
  throw new Error(
    `${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set without ${missing.join(' and ')}`,
  );
}

function textOf(environment: Environment, name: string): string {
  return environment[name]?.trim() ?? '';
}
