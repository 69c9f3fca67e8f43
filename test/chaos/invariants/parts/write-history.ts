/**
 * The status writes of each object in their order, each with the write before it. The audit log may have two
 * writes of an object in another order than etcd; the version that each was tested against tells.
 */
import type { Moment, StatusWrite } from '../../observer/moment.ts';
import { isTouched } from './invariant.ts';

export interface KnownWrite {
  readonly write: StatusWrite;
  /** The write before it; `none`: it is the first one; `unknown`: some status that was not seen. */
  readonly before: StatusWrite | 'none' | 'unknown';
}

/** Time after a fault in which a write may meet a status that was not seen. */
const UNSURE_MS = 10_000;

export class WriteHistory {
  readonly #last = new Map<string, StatusWrite>();
  readonly #seen = new Set<string>();

  /** The accepted writes of this moment. Those that came out of their order are left out. */
  take({ writes, disturbances, now }: Moment): KnownWrite[] {
    const isUnsure = isTouched(disturbances, now - UNSURE_MS, now, ({ losesWrites }) => losesWrites);
    if (isUnsure) this.#last.clear();
    const ordered = [...writes].sort((a, b) => a.version - b.version || a.at - b.at);
    return ordered.flatMap((write) => this.#one(write, isUnsure));
  }

  #one(write: StatusWrite, isUnsure: boolean): KnownWrite[] {
    const { uid } = write;
    const last = this.#last.get(uid);
    const isFirst = !isUnsure && !this.#seen.has(uid) && write.status.observedGeneration === 1;
    this.#seen.add(uid);
    if (!write.isAccepted) this.#last.delete(uid);
    if (!write.isAccepted || (last && last.version > write.version)) return [];
    this.#last.set(uid, write);
    return [{ write, before: last ?? (isFirst ? 'none' : 'unknown') }];
  }
}

/** Whether the write before is known. */
export function isKnown(before: KnownWrite['before']): before is StatusWrite {
  return typeof before !== 'string';
}
