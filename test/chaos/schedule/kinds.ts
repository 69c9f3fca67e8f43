/**
 * The kinds of faults: how long each lasts, and which of them exclude each other. What a kind does is in the
 * folder `faults`.
 */

export interface Kind {
  /** Faults of one group exclude each other: two of them would undo each other. */
  readonly group: 'kubernetes' | 'cloud' | 'keys' | 'redis' | 'operators' | 'clock' | 'users';
  /** Shortest and longest duration, in seconds. */
  readonly lasts: readonly [least: number, most: number];
  /** How often the kind is chosen, relative to the others; default 2. */
  readonly weight?: number;
}

export const KINDS = {
  'API server killed': { group: 'kubernetes', lasts: [1, 6] },
  'API server frozen': { group: 'kubernetes', lasts: [2, 12] },
  'API server restarted': { group: 'kubernetes', lasts: [0, 1] },
  'etcd restored': { group: 'kubernetes', lasts: [5, 15], weight: 1 },
  'etcd compacted': { group: 'kubernetes', lasts: [0, 1] },
  'API connections cut': { group: 'kubernetes', lasts: [0, 1] },
  'API connections black-holed': { group: 'kubernetes', lasts: [3, 20] },
  'API connections slowed': { group: 'kubernetes', lasts: [5, 15] },
  'API connections refused': { group: 'kubernetes', lasts: [3, 12] },
  'CRD replaced': { group: 'kubernetes', lasts: [0, 1] },
  'CRD deleted': { group: 'kubernetes', lasts: [2, 6], weight: 1 },

  'cloud answers 5xx': { group: 'cloud', lasts: [5, 40] },
  'cloud answers HTML': { group: 'cloud', lasts: [5, 40] },
  'cloud resets': { group: 'cloud', lasts: [5, 40] },
  'cloud hangs': { group: 'cloud', lasts: [15, 90] },
  'cloud throttles': { group: 'cloud', lasts: [3, 10] },
  'cloud answers half': { group: 'cloud', lasts: [5, 30] },
  'cloud is slow': { group: 'cloud', lasts: [10, 30] },
  'cloud refuses connections': { group: 'cloud', lasts: [5, 40] },
  'cloud connections cut': { group: 'cloud', lasts: [0, 1] },
  'cloud connections black-holed': { group: 'cloud', lasts: [5, 30] },
  'account switched off': { group: 'cloud', lasts: [5, 20], weight: 1 },

  'key revoked': { group: 'keys', lasts: [10, 30] },
  'key rotated': { group: 'keys', lasts: [35, 45] },
  'Secret deleted': { group: 'keys', lasts: [10, 40] },
  'Role withdrawn': { group: 'keys', lasts: [10, 40] },
  'STS down': { group: 'keys', lasts: [20, 60] },

  'Redis killed': { group: 'redis', lasts: [2, 20] },
  'Redis frozen': { group: 'redis', lasts: [2, 20] },
  'Redis refuses': { group: 'redis', lasts: [3, 20] },

  'leader killed': { group: 'operators', lasts: [1, 8] },
  'leader frozen': { group: 'operators', lasts: [3, 25] },
  'leader stopped': { group: 'operators', lasts: [1, 8] },
  'standby killed': { group: 'operators', lasts: [1, 8], weight: 1 },
  'all operators killed': { group: 'operators', lasts: [1, 6], weight: 1 },
  'Lease deleted': { group: 'operators', lasts: [0, 1], weight: 1 },

  'all refreshed': { group: 'users', lasts: [0, 1], weight: 4 },

  'clock stepped': { group: 'clock', lasts: [5, 60] },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

export const KIND_NAMES = Object.keys(KINDS) as KindName[];

export function kindOf(name: KindName): Kind {
  return KINDS[name];
}
