/**
 * What is kept for each credential while it is in use: its part in an account's budget, the circuit that keeps a bad key from being
 * tried by all, and its ways to the endpoints.
 *
 * Whose key it is, is asked beside the first calls and not in their way; until and unless that is answered, the credential is an
 * account by itself, or shares one with those Secrets of its namespace that name the same account. An answer is good for the key
 * that it was asked with, and for no later one.
 */

import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Priority } from '../../job/model/cloud-port.ts';
import { Accounts, type Member } from '../budget/accounts.ts';
import type { Budget } from '../budget/budget.ts';
import type { Credential } from '../client/credential.ts';

import type { Sts } from '../credentials/sts.ts';
import type { Sharing } from '../redis/shared-limiter.ts';
import { CircuitBreaker } from '../resilience/circuit-breaker.ts';
import { EndpointGuards } from '../resilience/endpoint-guard.ts';

/** What was asked about the account of a key. */
interface Lookup {
  state: 'asking' | 'known' | 'unknown';
  failures: number;
  /** Clock `now`. */
  askAgainAt: number;
}

export class Session {
  readonly circuit: CircuitBreaker;
  readonly gates: EndpointGuards;
  readonly member: Member;
  /** Of the credential that the circuit judges. */
  version: string;
  /** Of the Secret, or what else the account was asked about. */
  source: string;
  lookup: Lookup = notAsked();
  usedAt: number;

  constructor(member: Member, { version, source = version }: Credential, clock: Clock) {
    this.member = member;
    this.circuit = new CircuitBreaker(clock);
    this.gates = new EndpointGuards(clock);
    this.version = version;
    this.source = source;
    this.usedAt = clock.now();
  }

  /** The account's as it is known now: not to be kept. */
  get budget(): Budget {
    return this.member.budget;
  }
}

export interface SessionsOptions {
  readonly callsPerMinute: number;
  readonly clock: Clock;
  readonly onWait?: (priority: Priority, seconds: number) => void;
  /** Undefined: nobody can be asked for a key's account. */
  readonly sts?: Pick<Sts, 'accountOf'> | undefined;
  /** Undefined: the budgets are this process's alone. */
  readonly sharing?: Sharing | undefined;
  /** Whether an object names this credential: it may be polled once a day only. Default: nothing is known of that. */
  readonly isWanted?: (identity: string) => boolean;
}

/**
 * What no object names is kept for so long after its last use: longer than any call takes and any probe waits; and than the minute
 * for which a budget has to remember.
 */
const UNUSED_MS = 10 * 60_000;

/** A key that STS refuses may be mended, and STS may be out of reach for good: neither is worth asking often. */
const ASKED_AGAIN: Backoff = { baseMs: 30_000, maxMs: 60 * 60_000 };

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #accounts: Accounts;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#accounts = new Accounts(options, options.sts !== undefined);
  }

  /** A changed Secret has not failed yet, whatever the old one did. */
  of(credential: Credential): Session {
    const { identity } = credential;
    const session = this.#sessions.get(identity) ?? this.#begin(credential);
    this.#follow(session, credential);
    session.usedAt = this.#options.clock.now();
    this.#askForAccount(session, credential);
    return session;
  }

  /** If it has been used of late. */
  find(identity: string): Session | undefined {
    return this.#sessions.get(identity);
  }

  [Symbol.iterator](): IterableIterator<[identity: string, Session]> {
    return this.#sessions.entries();
  }

  #begin(credential: Credential): Session {
    this.#forgetUnused(this.#options.clock.now());
    const session = new Session(this.#accounts.join(presumed(credential)), credential, this.#options.clock);
    this.#sessions.set(credential.identity, session);
    return session;
  }

  #follow(session: Session, credential: Credential): void {
    const { version, source = version } = credential;
    if (session.version !== version) session.circuit.reset();
    session.version = version;
    if (session.source === source) return;
    session.source = source;
    session.lookup = notAsked();
    this.#accounts.restart(session.member, presumed(credential));
  }

  #askForAccount(session: Session, { identity, accessKey }: Credential): void {
    const { sts, clock } = this.#options;
    const { lookup, member } = session;
    if (!sts || lookup.state !== 'unknown' || clock.now() < lookup.askAgainAt) return;
    lookup.state = 'asking';
    void sts.accountOf({ namespace: namespaceOf(identity), identity }, accessKey).then((answer) => {
      // The Secret has changed meanwhile, or nobody uses it any more.
      if (session.lookup !== lookup || this.#sessions.get(identity) !== session) return;
      if ('accountID' in answer) {
        lookup.state = 'known';
        this.#accounts.move(member, `account ${answer.accountID}`);
        return;
      }
      member.budget.trust();
      lookup.state = 'unknown';
      lookup.failures += 1;
      lookup.askAgainAt = clock.now() + backoffDelay(ASKED_AGAIN, lookup.failures);
    });
  }

  #forgetUnused(now: number): void {
    for (const [identity, { member, budget, usedAt }] of this.#sessions) {
      if (now - usedAt <= UNUSED_MS || budget.total > 0 || this.#options.isWanted?.(identity)) continue;
      this.#sessions.delete(identity);
      this.#accounts.leave(member);
    }
  }
}

/** What a Secret says of its account is taken at its word among the Secrets of its own namespace, and nowhere else. */
function presumed({ identity, accountID }: Credential): string {
  return accountID === undefined ? `alone ${identity}` : `said in ${namespaceOf(identity)} ${accountID}`;
}

/** Empty for the operator's own. */
function namespaceOf(identity: string): string {
  return identity.includes('/') ? identity.slice(0, identity.indexOf('/')) : '';
}

function notAsked(): Lookup {
  return { state: 'unknown', failures: 0, askAgainAt: 0 };
}
