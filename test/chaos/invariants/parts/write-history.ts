/**
 * The status writes of each object in their order, each with the write before it. The audit log may have two
 * writes of an object in another order than etcd; the version that each was tested against tells.
 */
import type { Moment, StatusWrite } from '../../observer/moment.ts';
import { isTouched } from './invariant.ts';

/** Time after a restore of etcd in which the statuses are older ones, which nothing here has seen. */
const UNSURE_MS = 10_000;

export class WriteHistory {
  readonly #last = new Map<string, StatusWrite>();

  /** The writes of this moment. Those that came out of their order are left out. */
  take({ writes, disturbances, now }: Moment): { write: StatusWrite; before: StatusWrite | undefined }[] {
    if (isTouched(disturbances, now - UNSURE_MS, now, ({ goesBack }) => goesBack)) this.#last.clear();
    const ordered = [...writes].sort((a, b) => a.version - b.version || a.at - b.at);
    return ordered.flatMap((write) => {
      const before = this.#last.get(write.uid);
      if (before && before.version > write.version) return [];
      this.#last.set(write.uid, write);
      return [{ write, before }];
    });
  }
}
