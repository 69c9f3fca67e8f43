/** Faults of the cloud, of one account or of all, and of the way to it. */
import type { FaultEffect, NewFault } from '../../../simulator/world/cloud-world.ts';
import { OTHER_ACCOUNT, OWN_ACCOUNT } from '../population/tenants.ts';
import type { KindName } from '../schedule/kinds.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';
import type { FrontMode } from '../world/front.ts';
import { chosen, chosenAccount, type Fault, type MakeFault, nothing } from './fault.ts';

/** A call that hung when the fault ended is given up after 10 s. */
const HANGING_MS = 10_000;
/** Longest pause of an account after a throttling. */
const PAUSED_MS = 60_000;

const ERRORS: readonly FaultEffect[] = [
  { kind: 'error', status: 503, code: 'ServiceUnavailable' },
  { kind: 'error', status: 500, code: 'InternalError' },
  { kind: 'error', status: 500, code: 'UnknownError' },
];
const PAGES: readonly FaultEffect[] = [
  { kind: 'html' },
  { kind: 'html', status: 200 },
  { kind: 'empty' },
  { kind: 'body', body: ['not', 'an', 'answer'] },
];
const HALVES: readonly FaultEffect[] = [
  { kind: 'truncated', contentLength: 'honest' },
  { kind: 'truncated', contentLength: 'dishonest' },
];

export const CLOUD_FAULTS = {
  'cloud answers 5xx': (world, planned) => effect(world, planned, chosen(planned, ERRORS)),
  'cloud answers HTML': (world, planned) => effect(world, planned, chosen(planned, PAGES)),
  'cloud answers half': (world, planned) => effect(world, planned, chosen(planned, HALVES)),
  'cloud resets': (world, planned) => effect(world, planned, { kind: 'reset' }),
  'cloud hangs': (world, planned) => effect(world, planned, { kind: 'hang' }, HANGING_MS),
  'cloud throttles': (world, planned) => effect(world, planned, { kind: 'throttle' }, PAUSED_MS),
  'cloud is slow': (world, planned) => effect(world, planned, { kind: 'latency', milliseconds: 3_000 }),
  'cloud refuses connections': ({ cloud }) => ({
    scope: { accounts: 'all' },
    begin: () => cloud.refuseConnections(),
    end: () => cloud.acceptConnections(),
  }),
  'cloud connections cut': ({ cloudFront }) => ({
    scope: { accounts: 'all' },
    begin: async () => cloudFront.cut(),
    end: nothing,
  }),
  'cloud connections black-holed': ({ cloudFront }) => {
    const set = (mode: FrontMode) => async () => {
      cloudFront.mode = mode;
    };
    return { scope: { accounts: 'all', recoveryMs: HANGING_MS }, begin: set('black hole'), end: set('open') };
  },
  'account switched off': ({ cloud, population }, planned) => {
    const accountID = chosen(planned, [OWN_ACCOUNT, OTHER_ACCOUNT]);
    return {
      scope: { accounts: [accountID] },
      begin: () => cloud.modifyAccount({ accountID, enabled: false }),
      // The next call comes within 5 min, or, as the docs say, at once when a user requests it.
      end: async () => {
        await cloud.modifyAccount({ accountID, enabled: true });
        await population.refreshAll(accountID);
      },
    };
  },
} as const satisfies Partial<Record<KindName, MakeFault>>;

function effect({ cloud }: ChaosWorld, planned: PlannedFault, what: FaultEffect, recoveryMs = 0): Fault {
  const accountID = chosenAccount(planned);
  let faultID = '';
  return {
    scope: { accounts: accountID === undefined ? 'all' : [accountID], recoveryMs },
    begin: async () => {
      const fault: NewFault = { ...what, ...(accountID !== undefined && { accountID }) };
      ({ faultID } = await cloud.addFault(fault));
    },
    end: () => cloud.removeFault({ faultID }),
  };
}
