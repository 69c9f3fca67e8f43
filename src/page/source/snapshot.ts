/** What a page is made of: the rows of all objects that it may show, at one instant. */
import { type Clock, rfc3339 } from '../../base/clock.ts';
import { credentialOf, identityOf } from '../../job/model/reference.ts';
import { forEachInTurns, sortInTurns } from '../../overview/in-turns.ts';
import { type Row, rowOf } from '../../overview/row.ts';
import { GroupCounts, worstFirst } from '../../overview/selection.ts';
import { LatestTransitions, type Transition } from '../../overview/transitions.ts';
import type { AccountUse, PageSource } from './page-source.ts';

export interface Snapshot {
  /** The worst first. */
  readonly rows: readonly Row[];
  readonly counts: GroupCounts;
  /** The last transitions of all objects, the newest first. */
  readonly transitions: readonly Transition[];
  readonly namespaces: readonly string[];
  readonly accounts: readonly Account[] | undefined;
  /** Why objects may be missing. Undefined: none are. */
  readonly missing: string | undefined;
  readonly watchProgressedAt: number;
  readonly isLeading: boolean;
  readonly leader: string | undefined;
}

export interface Account extends AccountUse {
  /** Objects that no call can be made for with these credentials, or that the cloud refuses. */
  readonly failing: number;
}

/** Transitions that are shown: those of the last minutes on a busy day. */
const MOST_TRANSITIONS = 15;

/** The reasons of Ready that say something of the credential. */
const CREDENTIAL_REASONS: ReadonlySet<string> = new Set([
  'CredentialsNotFound',
  'AuthenticationFailed',
  'PermissionDenied',
]);

/** How far the clock of the process that wrote a status may be ahead of this one's. */
const CLOCKS_DIFFER_MS = 60_000;

/** Objects between two turns of the event loop: 5 ms, so that no poll notices. */
const OBJECTS_PER_TURN = 500;

/** @param namespaces that may be shown. Undefined: all */
export async function takeSnapshot(
  source: PageSource,
  namespaces: readonly string[] | undefined,
  clock: Pick<Clock, 'date'>,
): Promise<Snapshot> {
  const shown = namespaces && new Set(namespaces);
  const rows: Row[] = [];
  const counts = new GroupCounts();
  const until = rfc3339(new Date(clock.date().getTime() + CLOCKS_DIFFER_MS));
  const transitions = new LatestTransitions(MOST_TRANSITIONS, until);
  const found = new Set<string>();
  const failing = new Map<string, number>();
  const take = (row: Row) => {
    rows.push(row);
    counts.add(row);
    transitions.add(row);
    found.add(row.namespace);
    if (!isCredentialFailing(row)) return;
    const identity = identityOf(credentialOf(row.object));
    failing.set(identity, (failing.get(identity) ?? 0) + 1);
  };
  // A copy: the watch may delete an object between two turns and add it again behind those not read yet.
  await forEachInTurns(
    [...source.jobs()],
    (job) => {
      if (!shown || shown.has(job.namespace)) take(rowOf(job, source.observedAt(job)));
    },
    OBJECTS_PER_TURN,
  );
  return {
    rows: await sortInTurns(rows, worstFirst),
    counts,
    transitions: transitions.all,
    namespaces: [...found].sort(),
    accounts: accountsOf(source.accounts(shown), failing),
    missing: missingOf(source.awaited(), shown),
    watchProgressedAt: source.watchProgressedAt(),
    isLeading: source.isLeading(),
    leader: source.leader(),
  };
}

/** An object that is not as expected may have failing credentials as well. */
function isCredentialFailing({ conditions }: Row): boolean {
  return conditions.some(
    ({ type, status, reason }) => type === 'Ready' && status === 'False' && CREDENTIAL_REASONS.has(reason),
  );
}

/** The accounts with the objects that fail, that with the greatest load first. */
function accountsOf(
  accounts: Iterable<AccountUse> | undefined,
  failing: ReadonlyMap<string, number>,
): Account[] | undefined {
  const withFailing = (account: AccountUse) => ({
    ...account,
    failing: account.identities.reduce((sum, identity) => sum + (failing.get(identity) ?? 0), 0),
  });
  return accounts && Array.from(accounts, withFailing).sort((a, b) => b.load - a.load);
}

/** Says it of the shown namespaces only, and of those that are refused as well: their objects are missing. */
function missingOf(
  awaited: readonly (string | undefined)[],
  shown: ReadonlySet<string> | undefined,
): string | undefined {
  const here = awaited.filter((namespace) => namespace === undefined || !shown || shown.has(namespace));
  if (here.length === 0) return undefined;
  const where = here[0] === undefined ? '' : ` of ${here.join(', ')}`;
  return `the first list of EdgeTranscodeJobs${where} has not arrived yet`;
}
