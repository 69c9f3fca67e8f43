/** Faults of the Redis that shares the budgets. No status depends on it: nothing may be wrong meanwhile. */
import type { KindName } from '../schedule/kinds.ts';
import type { MakeFault } from './fault.ts';

const UNDISTURBED = { accounts: [] };

export const REDIS_FAULTS = {
  'Redis killed': ({ redis }) => ({
    scope: UNDISTURBED,
    begin: () => redis.kill(),
    end: () => redis.start(),
  }),
  'Redis frozen': ({ redis }) => ({
    scope: UNDISTURBED,
    begin: async () => redis.freeze(),
    end: async () => redis.resume(),
  }),
  'Redis refuses': ({ redis }, { choice }) => ({
    scope: UNDISTURBED,
    begin: () => redis.forbid(choice % 2 === 0 ? 'everything' : 'hmset'),
    end: () => redis.allow(),
  }),
} as const satisfies Partial<Record<KindName, MakeFault>>;
