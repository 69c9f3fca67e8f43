/**
 * The use of each permission on the Lease. One operator is enough: it must find out that it leads.
 */
import type { AuditEvent } from '../../../world/control-plane/audit.ts';
import { CREATE_LEASE, GET_LEASE, OPERATOR, type Requests, UPDATE_LEASE, WATCH_LEASE } from '../installed.ts';
import { logged, type Scenario, type Stage, WITHIN_MS } from './permission-scenarios.ts';

/** Short, so that the Lease of a dead holder expires soon. */
export const LEASE_ARGS = [
  '--leader-elect',
  '--lease-duration=3s',
  '--renew-deadline=2s',
  '--retry-period=500ms',
];

const HINT = /kubectl apply -f deploy\//;
const RENEWALS = 6;

export const LEASE_SCENARIOS: readonly Scenario[] = [
  {
    permission: GET_LEASE,
    does: 'is ready when it knows the leader',
    run: ({ operator }) => operator.process.ready(() => operator.isReady(), WITHIN_MS),
    says: (stage) => logged(stage, { msg: 'reading the Lease failed', status: 403, hint: HINT }),
  },
  {
    permission: CREATE_LEASE,
    does: 'creates the Lease where there is none, and leads',
    run: async ({ world, operator, requests }) => {
      // Without the permission it is never ready if no operator made a Lease before.
      await operator.process.ready(() => operator.isReady(), WITHIN_MS);
      const before = await granted(requests, CREATE_LEASE);
      await world.kubectl('delete', 'lease', OPERATOR.name, `--namespace=${OPERATOR.namespace}`);
      const isMade = async () => (await granted(requests, CREATE_LEASE)) > before && (await leads(operator));
      await operator.process.ready(isMade, WITHIN_MS);
    },
    says: (stage) => logged(stage, { msg: 'writing the Lease failed', status: 403, hint: HINT }),
  },
  {
    permission: UPDATE_LEASE,
    does: 'takes over an expired Lease, and renews it',
    run: async (stage) => {
      await stage.operator.process.ready(() => leads(stage.operator), WITHIN_MS);
      await renewals(stage);
    },
    says: (stage) => logged(stage, { msg: 'writing the Lease failed', status: 403, hint: HINT }),
  },
  {
    permission: WATCH_LEASE,
    does: 'watches the Lease instead of reading it repeatedly',
    run: async (stage) => {
      await stage.operator.process.ready(() => leads(stage.operator), WITHIN_MS);
      const before = (await stage.requests.of(GET_LEASE)).length;
      await renewals(stage);
      if ((await stage.requests.of(GET_LEASE)).length > before) throw new Error('it asked again');
    },
    says: (stage) => logged(stage, { msg: 'watching the Lease failed', status: 403, hint: HINT }),
  },
];

async function leads(operator: Stage['operator']): Promise<boolean> {
  return (await operator.metric('edgetranscode_leading')) === 1;
}

/** @throws when they do not come at their pace */
async function renewals({ operator, requests }: Stage): Promise<void> {
  const before = await granted(requests, UPDATE_LEASE);
  const enough = async () => (await granted(requests, UPDATE_LEASE)) >= before + RENEWALS;
  await operator.process.ready(enough, 2 * WITHIN_MS);
}

/** Counts the requests that were allowed. */
async function granted(requests: Requests, permission: string): Promise<number> {
  const isGranted = ({ responseStatus }: AuditEvent) => (responseStatus?.code ?? 0) < 300;
  return (await requests.of(permission)).filter(isGranted).length;
}
