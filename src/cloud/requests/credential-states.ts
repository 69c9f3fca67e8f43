/**
 * The state of each credential in use: the account that it spends, the circuit breaker of its key, and the
 * guards of its endpoints.
 *
 * STS gives the account of a key. It is called before the key's first call, so that no call counts for the
 * wrong account. After 3 s without an answer the credential is an account of its own, or shares one with the
 * Secrets of its namespace that name the same account. STS is called again later, and the calls made
 * meanwhile then count for the account. An answer holds for the key that STS was called with.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import type { Credential } from '../../credentials/credential.ts';
import { namespaceOfIdentity } from '../../job/model/reference.ts';
import { Accounts } from '../budget/accounts.ts';
import type { BudgetOptions } from '../budget/budget.ts';
import { isVendor } from '../client/region-endpoints.ts';
import { CircuitBreaker } from '../resilience/circuit-breaker.ts';
import { EndpointGuards } from '../resilience/endpoint-guard.ts';
import type { Sts } from '../sts/sts.ts';
import type { CredentialAccount, CredentialState, Request } from './request.ts';

interface Entry extends CredentialState {
  account: CredentialAccount | undefined;
  credential: Credential;
  /** Resolves when the credential has an account, or after its key was replaced. */
  joining: Promise<void> | undefined;
  failures: number;
  /** Clock `now` before which STS is not called again. Infinite during its call and once it has answered. */
  askAgainAt: number;
}

export interface CredentialStatesOptions extends BudgetOptions {
  /** Undefined: accounts are not looked up. */
  readonly sts?: Pick<Sts, 'accountOf'> | undefined;
  /** The endpoint of credentials that name none. Undefined: the vendor's. */
  readonly endpoint?: Endpoint | undefined;
}

/** Longest wait for the account. STS answers in 0.1 s; after 3 s the request is sent without. */
const ACCOUNT_WITHIN_MS = 3_000;

/**
 * Delays between lookups. A refused key may be replaced and an unreachable STS may come back: neither needs
 * frequent calls.
 */
const ASK_AGAIN: Backoff = { baseMs: 30_000, maxMs: 60 * 60_000 };

/**
 * How long the state of a credential that no object names is kept. Longer than any call takes, any probe
 * waits and any budget counts.
 */
const UNUSED_MS = 10 * 60_000;

const NEVER = Number.POSITIVE_INFINITY;

export class CredentialStates {
  readonly #options: CredentialStatesOptions;
  readonly #accounts: Accounts<Request<unknown>>;
  readonly #states: ExpiringMap<string, Entry>;
  #isNamed: (identity: string) => boolean = () => false;

  constructor(options: CredentialStatesOptions) {
    this.#options = options;
    this.#accounts = new Accounts(options);
    this.#states = new ExpiringMap({
      clock: options.clock,
      lifetimeMs: UNUSED_MS,
      isInUse: ({ account }, identity) => (account?.budget.backlog.total ?? 0) > 0 || this.#isNamed(identity),
      onExpired: ({ account }) => account && this.#accounts.leave(account),
    });
  }

  /** The state of a credential and its account now. A changed Secret starts with a closed breaker. */
  async of(credential: Credential): Promise<{ state: CredentialState; account: CredentialAccount }> {
    const entry = this.adopt(credential);
    // The key may be replaced while STS is called.
    for (;;) {
      if (this.#options.clock.now() >= entry.askAgainAt) entry.joining = this.#join(entry);
      if (entry.account) return { state: entry, account: entry.account };
      await entry.joining;
    }
  }

  /**
   * Makes this the current version of the credential: resets the breaker if the version changed, and leaves
   * the account if the key did. Does not wait; `account` may be undefined.
   */
  adopt(credential: Credential): Entry {
    const entry = this.#states.use(credential.identity) ?? this.#begin(credential);
    if (entry.credential.version !== credential.version) entry.breaker.reset();
    const isSameKey = sourceOf(entry.credential) === sourceOf(credential);
    entry.credential = credential;
    if (isSameKey) return entry;
    if (entry.account) this.#accounts.leave(entry.account);
    return Object.assign(entry, { account: undefined, failures: 0, askAgainAt: 0 });
  }

  /** The state of a credential that was used lately, if there is one. */
  find(identity: string): CredentialState | undefined {
    return this.#states.get(identity);
  }

  /** Keeps the states of credentials that objects name: they may be polled only once a day. */
  keep(isNamed: (identity: string) => boolean): void {
    this.#isNamed = isNamed;
  }

  [Symbol.iterator](): Iterator<readonly [identity: string, state: CredentialState]> {
    return this.#states[Symbol.iterator]();
  }

  /** Ends all budgets, and every wait of objects whose key is refused. */
  close(): void {
    for (const [, { breaker }] of this.#states) breaker.reset();
    this.#accounts.close();
  }

  #begin(credential: Credential): Entry {
    const { clock } = this.#options;
    return this.#states.set(credential.identity, {
      breaker: new CircuitBreaker(clock),
      guards: new EndpointGuards(clock),
      account: undefined,
      credential,
      joining: undefined,
      failures: 0,
      askAgainAt: 0,
    });
  }

  /** Never rejects. An answer of STS about a key that was replaced meanwhile is ignored. */
  async #join(entry: Entry): Promise<void> {
    const { sts, clock } = this.#options;
    const { credential } = entry;
    const { identity, accessKey } = credential;
    const isCurrent = () => sourceOf(entry.credential) === sourceOf(credential);
    entry.askAgainAt = NEVER;
    if (sts) {
      const caller = { namespace: namespaceOfIdentity(identity), identity };
      const answered = sts.accountOf(caller, accessKey).then((answer) => {
        if (isCurrent() && this.#states.get(identity) === entry) this.#answered(entry, answer);
      });
      const late = new AbortController();
      await Promise.race([answered, clock.sleep(ACCOUNT_WITHIN_MS, late.signal).catch(() => undefined)]);
      late.abort();
    }
    if (isCurrent()) entry.account ??= this.#accounts.join(this.#nameOf(credential));
  }

  /**
   * Names the account whose budget a credential spends. Calls to an endpoint that its Secret names do not
   * reach the vendor: they are counted apart, for the Secrets of the namespace that name the endpoint.
   * Otherwise a key of an account and an endpoint of one's own would spend what others of the account need.
   */
  #nameOf(credential: Credential, account = presumed(credential)): string {
    const { identity, endpoint } = credential;
    const isOwn = endpoint && !isVendor(endpoint) && !isSame(endpoint, this.#options.endpoint);
    return isOwn ? `${account} of ${namespaceOfIdentity(identity)} at ${formatEndpoint(endpoint)}` : account;
  }

  #answered(entry: Entry, answer: Awaited<ReturnType<Sts['accountOf']>>): void {
    if ('accountID' in answer) {
      const key = this.#nameOf(entry.credential, `account ${answer.accountID}`);
      entry.account = entry.account ? this.#accounts.move(entry.account, key) : this.#accounts.join(key);
    } else {
      entry.failures += 1;
      entry.askAgainAt = this.#options.clock.now() + backoffDelay(ASK_AGAIN, entry.failures);
    }
  }
}

/** Version that decides the account: a renewed session has a new key and the same account. */
function sourceOf({ version, source = version }: Credential): string {
  return source;
}

function isSame(one: Endpoint, other: Endpoint | undefined): boolean {
  return other !== undefined && formatEndpoint(one) === formatEndpoint(other);
}

/** Name of the account until STS gives it. The one that a Secret names is valid in its namespace. */
function presumed({ identity, accountID }: Credential): string {
  return accountID === undefined
    ? `alone ${identity}`
    : `said in ${namespaceOfIdentity(identity)} ${accountID}`;
}
