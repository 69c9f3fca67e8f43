/**
 * The order of two versions of an object.
 */

/**
 * Whether `version` is newer. Versions are ordered integers, by contract since Kubernetes 1.35 and in fact
 * before.
 */
export function isNewerVersion(version: string, known: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(known)) return version !== known;
  return BigInt(version) > BigInt(known);
}
