/**
 * The order of two versions of an object.
 */

/** A number of 64 bits in etcd, and of at most 128 bits by contract. */
const VERSION = /^\d{1,39}$/;

/**
 * Whether `version` is newer. Versions are ordered integers, by contract since Kubernetes 1.35 and in fact
 * before.
 */
export function isNewerVersion(version: string, known: string): boolean {
  if (!VERSION.test(version) || !VERSION.test(known)) return version !== known;
  return BigInt(version) > BigInt(known);
}

/**
 * Whether the API server has gone back: `version`, which it gives now, is below one that it gave before. That
 * happens when etcd was restored from a backup.
 */
export function wentBack(version: string, before: string): boolean {
  return VERSION.test(version) && VERSION.test(before) && BigInt(version) < BigInt(before);
}
