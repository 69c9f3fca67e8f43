/** What a page is made of: the rows of all objects that it may show, at one instant. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { credentialOf, identityOf } from '../../job/model/reference.ts';
import { type Row, rowOf } from '../../overview/row.ts';
import { countGroups, type Group, worstFirst } from '../../overview/selection.ts';
import { latestTransitions, type Transition } from '../../overview/transitions.ts';
import type { AccountUse, PageSource } from './page-source.ts';

export interface Snapshot {
  /** The worst first. */
  readonly rows: readonly Row[];
  readonly counts: ReadonlyMap<Group, number>;
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

/** Objects between two turns of the event loop: 5 ms, so that no poll notices. */
const OBJECTS_PER_TURN = 500;

/** @param namespaces that may be shown. Undefined: all */
export async function takeSnapshot(
  source: PageSource,
  namespaces: readonly string[] | undefined,
): Promise<Snapshot> {
  const shown = namespaces && new Set(namespaces);
  const rows: Row[] = [];
  let read = 0;
  // A copy: the watch may delete an object between two turns and add it again behind those not read yet.
  for (const job of [...source.jobs()]) {
    if (!shown || shown.has(job.namespace)) rows.push(rowOf(job, source.observedAt(job)));
    read += 1;
    if (read % OBJECTS_PER_TURN === 0) await nextTurn();
  }
  rows.sort(worstFirst);
  const accounts = source.accounts();
  return {
    rows,
    counts: countGroups(rows),
    transitions: latestTransitions(rows, MOST_TRANSITIONS),
    namespaces: [...new Set(rows.map(({ namespace }) => namespace))].sort(),
    accounts: accounts && accountsOf(accounts, rows, namespaces === undefined),
    missing: missingOf(source.awaited(), shown),
    watchProgressedAt: source.watchProgressedAt(),
    isLeading: source.isLeading(),
    leader: source.leader(),
  };
}

/**
 * The accounts, that with the greatest load first. Where only some namespaces are shown, so are the
 * credentials that their objects name, and no others.
 */
function accountsOf(accounts: Iterable<AccountUse>, rows: readonly Row[], showsAll: boolean): Account[] {
  const failing = new Map<string, number>();
  for (const { object, condition } of rows) {
    const identity = identityOf(credentialOf(object));
    const fails = condition?.type === 'Ready' && CREDENTIAL_REASONS.has(condition.reason);
    failing.set(identity, (failing.get(identity) ?? 0) + (fails ? 1 : 0));
  }
  return Array.from(accounts, (account) => {
    const identities = account.identities.filter((identity) => showsAll || failing.has(identity));
    const sum = identities.reduce((total, identity) => total + (failing.get(identity) ?? 0), 0);
    return { ...account, identities, failing: sum };
  })
    .filter(({ identities }) => identities.length > 0)
    .sort((a, b) => b.load - a.load);
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
