/**
 * What accounts are called in Redis: by a hash, as Redis need not know their numbers, nor the names of Secrets.
 */
import { createHash } from 'node:crypto';

export function sharedNameOf(account: string): string {
  return `edgetranscode_${createHash('sha256').update(account).digest('hex').slice(0, 16)}`;
}
