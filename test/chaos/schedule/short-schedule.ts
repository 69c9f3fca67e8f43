/**
 * The short schedule of `make test`: every cheap fault once, in a fixed order, within half a minute.
 */
import type { KindName } from './kinds.ts';
import type { PlannedFault } from './schedule.ts';

/** Kind, begin and duration, in seconds. */
const FAULTS: readonly (readonly [kind: KindName, at: number, lasts: number])[] = [
  ['cloud answers 5xx', 6, 4],
  ['Redis frozen', 6, 3],
  ['API connections cut', 7, 1],
  ['key rotated', 8, 1],
  ['API connections slowed', 9, 3],
  ['cloud resets', 11, 3],
  ['all refreshed', 10, 1],
  ['Redis refuses', 11, 3],
  ['etcd compacted', 13, 1],
  ['key revoked', 13, 4],
  ['clock stepped', 14, 5],
  ['cloud answers HTML', 15, 3],
  ['leader frozen', 15, 8],
  ['Redis killed', 16, 3],
  ['API connections black-holed', 18, 2],
  ['cloud throttles', 19, 2],
  ['Secret deleted', 19, 4],
  ['cloud hangs', 22, 4],
  ['API server killed', 24, 2],
  ['leader killed', 25, 3],
  ['Role withdrawn', 25, 3],
  ['cloud connections cut', 27, 1],
  ['leader stopped', 31, 2],
  ['CRD replaced', 31, 1],
];

export function shortSchedule(): PlannedFault[] {
  return FAULTS.map(([kind, at, lasts], choice) => ({ kind, at: at * 1_000, lasts: lasts * 1_000, choice }));
}
