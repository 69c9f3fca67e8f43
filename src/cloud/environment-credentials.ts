/**
 * The operator's own access key or STS token, from the variables that the vendor's tools share.
 */
import type { AccessKey } from './alibaba-client.ts';
import { isKeyText } from './secret-credential.ts';

const VARIABLES = [
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  'ALIBABA_CLOUD_SECURITY_TOKEN',
] as const;

/** Undefined when there is none. @throws when one of the pair is missing, or a value cannot be a key's, naming the variable */
export function accessKeyOf(
  environment: Readonly<Record<string, string | undefined>>,
): AccessKey | undefined {
  const [accessKeyID, accessKeySecret, securityToken] = VARIABLES.map((name) => {
    const value = environment[name]?.trim() ?? '';
    if (!isKeyText(value)) throw new Error(`${name} holds characters that no access key has`);
    return value;
  });
  if (!accessKeyID && !accessKeySecret) return undefined;
  if (!accessKeyID)
    throw new Error('ALIBABA_CLOUD_ACCESS_KEY_SECRET is set without ALIBABA_CLOUD_ACCESS_KEY_ID');
  if (!accessKeySecret)
    throw new Error('ALIBABA_CLOUD_ACCESS_KEY_ID is set without ALIBABA_CLOUD_ACCESS_KEY_SECRET');
  return { accessKeyID, accessKeySecret, ...(securityToken && { securityToken }) };
}
