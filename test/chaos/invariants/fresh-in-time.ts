/**
 * Fresh is never True for an observation that is older than its window while a leader has had the API server
 * for a window.
 */
import type { Moment, SeenCall, SeenObject } from '../observer/moment.ts';
import { accountOf } from '../population/tenants.ts';
import { windowOf } from './parts/intervals.ts';
import { endOf, Invariant } from './parts/invariant.ts';

/** A status is written a moment after the window is over; on a busy machine a long one. */
const GRACE_MS = 10_000;

/** The codes of answers that observe a job. */
const OBSERVES = new Set(['OK', 'InvalidJobId.NotFound', 'JobNotFound']);

export class FreshInTime extends Invariant {
  override readonly name = 'Fresh is not True for an observation older than its window';
  /** When each job was last observed by Get, and each cluster of an account by its list. */
  readonly #observed = new Map<string, number>();
  #began: number | undefined;

  check({ now, objects = [], calls, disturbances }: Moment): void {
    this.#began ??= now;
    for (const call of calls) if (OBSERVES.has(call.code)) this.#observed.set(keyOfCall(call), call.time);
    const ledSince = endOf(disturbances, ({ ofOperators }) => ofOperators);
    for (const seen of objects) {
      const window = windowOf(seen.object) + GRACE_MS;
      if (now - Math.max(ledSince, this.#began) < window) continue;
      this.compare(this.#stale(seen, now, window));
    }
  }

  #stale({ object }: SeenObject, now: number, window: number): string | undefined {
    const fresh = object.status?.conditions?.find(({ type }) => type === 'Fresh');
    if (fresh?.status !== 'True') return undefined;
    const { metadata, spec } = object;
    const account = accountOf(metadata.namespace) ?? '';
    const byGet = this.#observed.get(`${account}/${spec.clusterID}/${spec.jobID}`) ?? 0;
    const byList = this.#observed.get(`${account}/${spec.clusterID}/`) ?? 0;
    const age = now - Math.max(byGet, byList);
    if (age <= window) return undefined;
    return `${metadata.namespace}/${metadata.name} is Fresh ${Math.round(age / 1_000)} s after its last observation; its window is ${window / 1_000} s`;
  }
}

function keyOfCall({ accountID = '', clusterID = '', jobID = '' }: SeenCall): string {
  return `${accountID}/${clusterID}/${jobID}`;
}
