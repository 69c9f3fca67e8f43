/** A status without news is never written, except as a heartbeat. */
import type { Moment, StatusWrite, StoredCondition, StoredStatus } from '../observer/moment.ts';
import { Invariant } from './parts/invariant.ts';
import { isKnown, WriteHistory } from './parts/write-history.ts';

/**
 * Shortest distance of the times that a heartbeat and the status before it show: half of the shortest period,
 * which is 10 min. By the clock of the operator, which a fault may step.
 */
const HEARTBEAT_MS = 5 * 60_000 - 5_000;

export class OnlyNews extends Invariant {
  override readonly name = 'a status without news is not written';
  readonly #history = new WriteHistory();

  check(moment: Moment): void {
    for (const { write, before } of this.#history.take(moment))
      if (isKnown(before)) this.compare(isNews(before, write) ? undefined : sentenceOf(before, write));
  }
}

function isNews(before: StatusWrite, write: StatusWrite): boolean {
  // A clock that ran ahead left times of the future, which the next leader corrects.
  const distance = Math.abs(observedAt(write) - observedAt(before));
  return distance >= HEARTBEAT_MS || newsOf(before.status) !== newsOf(write.status);
}

function observedAt({ status }: StatusWrite): number {
  return Date.parse(status.lastObservedTime ?? '');
}

/** The status without its dates, and without the interval, whose change alone is no reason to write. */
function newsOf(status: StoredStatus): string {
  const {
    lastObservedTime: _time,
    effectiveInterval: _interval,
    conditions = [],
    job = {},
    ...rest
  } = status;
  return JSON.stringify([
    Object.entries(rest).sort(),
    Object.entries(job).sort(),
    conditions.map(undated).sort(),
  ]);
}

function undated({ type, status, reason, message, ...rest }: StoredCondition): string {
  const { observedGeneration } = rest as { observedGeneration?: number };
  return JSON.stringify([type, status, reason, message, observedGeneration]);
}

function sentenceOf(before: StatusWrite, { at, namespace, name, writer }: StatusWrite): string {
  const after = ((at - before.at) / 1_000).toFixed(1);
  return `${writer} wrote ${namespace}/${name} again without news, ${after} s after ${before.writer}`;
}
