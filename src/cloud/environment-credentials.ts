/**
 * The operator's own access key or STS token, from the variables that the vendor's tools share.
 */
import type { AccessKey } from './alibaba-client.ts';

/** Undefined when there is none. @throws when one of the pair is missing, naming it */
export function accessKeyOf(
  environment: Readonly<Record<string, string | undefined>>,
): AccessKey | undefined {
  const accessKeyID = environment.ALIBABA_CLOUD_ACCESS_KEY_ID?.trim();
  const accessKeySecret = environment.ALIBABA_CLOUD_ACCESS_KEY_SECRET?.trim();
  const securityToken = environment.ALIBABA_CLOUD_SECURITY_TOKEN?.trim();
  if (!accessKeyID && !accessKeySecret) return undefined;
  if (!accessKeyID)
    throw new Error('ALIBABA_CLOUD_ACCESS_KEY_SECRET is set without ALIBABA_CLOUD_ACCESS_KEY_ID');
  if (!accessKeySecret)
    throw new Error('ALIBABA_CLOUD_ACCESS_KEY_ID is set without ALIBABA_CLOUD_ACCESS_KEY_SECRET');
  return { accessKeyID, accessKeySecret, ...(securityToken && { securityToken }) };
}
