/**
 * Takes a request from its credential to its result: credential → account → circuit breaker → endpoint guard
 * → permit → call → report, and back to the credential where that can help. Requests come in by `submit`;
 * each leaves once, through `finished`.
 */
import { Channel } from '../../base/channel.ts';
import type { Clock } from '../../base/clock.ts';
import type { Credential } from '../../credentials/credential.ts';
import type { Credentials } from '../../credentials/credentials.ts';
import type { Resolved } from '../../credentials/secret-credential.ts';
import type { Failure } from '../../job/model/failures.ts';
import { policyOf } from '../../job/model/policies.ts';
import { identityOf } from '../../job/model/reference.ts';
import type { Budget } from '../budget/budget.ts';
import type { LiveClient } from '../client/live-client.ts';
import { SIGNATURE_NONCE_USED } from '../client/map-error.ts';
import type { CallObserver } from '../client/vendor-call.ts';
import { abandon, admit, report } from './admission.ts';
import type { CredentialStates } from './credential-states.ts';
import {
  type Admission,
  type CredentialAccount,
  type FailedResult,
  type Request,
  type Result,
  WITHDRAWN,
} from './request.ts';
import { type SecretEndpointGate, SecretEndpoints } from './secret-endpoints.ts';

export interface RequestsParts {
  readonly credentials: Pick<Credentials, 'resolve' | 'fresh' | 'markStale'>;
  readonly states: Pick<CredentialStates, 'of' | 'adopt' | 'find' | 'close'>;
  readonly client: Pick<LiveClient, 'destinationOf' | 'call'>;
  /** Whether this process leads; read just before each call. Default: it does. */
  readonly mayCall?: () => boolean;
  readonly clock: Clock;
  readonly observer?: Pick<CallObserver, 'waited'> | undefined;
}

/** A Secret that was read within this time is not read again for a refresh: a storm of them reads it once. */
const READ_LATELY_MS = 1_000;

type AccountBudget = Budget<Request<unknown>>;

export class Requests {
  /** Requests that have their result; and those without one that start again after their call. */
  readonly finished = new Channel<Request<unknown>>();
  readonly #parts: RequestsParts;
  readonly #secretEndpoints: SecretEndpoints<Request<unknown>>;
  #isClosed = false;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
    const resume = (request: Request<unknown>) => this.#restart(request);
    this.#secretEndpoints = new SecretEndpoints({ clock: parts.clock, resume });
  }

  /** The requests that wait because their namespace has too much to do with its own endpoints. */
  get parked(): Iterable<Request<unknown>> {
    return this.#secretEndpoints;
  }

  submit(request: Request<unknown>): void {
    void this.#admit(request);
  }

  /** No call is made after this. */
  close(): void {
    this.#isClosed = true;
    this.#secretEndpoints.close();
    this.#parts.states.close();
    this.finished.close();
  }

  /** Withdraws a request, unless its call is in flight. */
  withdraw(request: Request<unknown>): void {
    if (request.isCalling) return;
    request.admission?.account.budget.backlog.withdraw(request);
    this.#secretEndpoints.withdraw(request.namespace, request);
    this.#leave(request);
    request.withdrawn = true;
  }

  /** Takes a request from its credential to the backlog of its account, or refuses it. */
  async #admit(request: Request<unknown>): Promise<void> {
    const { credentials, states, client } = this.#parts;
    const resolved = await credentials.resolve(request.about.credential, request);
    if (request.withdrawn) return;
    if ('failure' in resolved) {
      if (this.#readsAgain(request, resolved.failure)) return this.#restart(request);
      return this.#unresolved(request, resolved.failure);
    }
    const { credential } = resolved;
    const destination = client.destinationOf(request.about, credential);
    const { state, account } = await states.of(credential);
    const entrance = await admit({ credential, destination, state, account }, request);
    if ('refused' in entrance) {
      const isKeyRefused = entrance.refused.kind === 'AuthenticationFailed';
      if (isKeyRefused && (await this.#hasNewKey(request, credential))) return this.#restart(request);
      return this.#refuse(request, entrance.refused, { destination });
    }
    request.admission = entrance;
    if (request.withdrawn || this.#isClosed) return this.#finish(request, WITHDRAWN);
    // The account changed while the request waited for a probe: its key was replaced, or STS has named the
    // account. The budget of the old account may be closed by now.
    if (state.account !== account) return this.#restart(request);
    request.waitingSince = this.#parts.clock.now();
    account.budget.backlog.add(request);
    this.#dispatch(account.budget);
  }

  /** Calls the requests that have permits, and waits for more permits where requests are left. */
  #dispatch(budget: AccountBudget): void {
    for (let request = this.#next(budget); request; request = this.#next(budget))
      void this.#serve(budget, request);
    while (budget.needsPermits) void budget.morePermits().then(() => this.#dispatch(budget));
  }

  async #serve(budget: AccountBudget, request: Request<unknown>): Promise<void> {
    budget.spend();
    await this.#call(request, request.admission as Admission);
    budget.ended();
    this.#dispatch(budget);
  }

  /** The next request that may still be called. A request that may not uses no permit, and costs none. */
  #next(budget: AccountBudget): Request<unknown> | undefined {
    for (let request = budget.next(); request; request = budget.next()) {
      this.#check(request, request.admission as Admission);
      if (request.admission) return request;
      budget.backlog.refund(request.namespace);
    }
    return undefined;
  }

  /** Checks a request after its wait. It keeps its admission, or starts again, or waits longer, or ends. */
  #check(request: Request<unknown>, admission: Admission): void {
    const { mayCall, states } = this.#parts;
    const { destination, guard, guardPass } = admission;
    const current = this.#current(request, admission);
    const credential = current && 'credential' in current ? current.credential : undefined;
    // A new key closes the breaker, so it is adopted before the breaker is asked.
    const account = credential && states.adopt(credential).account;
    const refused = guard.refusal(guardPass);
    if (request.subject.isCalling) this.#finish(request, WITHDRAWN);
    else if (current && 'failure' in current) this.#unresolved(request, current.failure, { destination });
    else if (!credential || this.#isOutdated(request, admission, credential, account)) this.#restart(request);
    else if (refused) this.#refuse(request, refused, { destination });
    else if (this.#isClosed || mayCall?.() === false) this.#finish(request, WITHDRAWN);
    else if (this.#mayBegin(request, credential)) request.admission = { ...admission, credential };
  }

  /**
   * Whether the account or the endpoint is another one than the request was admitted for, or the key was
   * refused to another request: its Secret may hold a new one by now.
   */
  #isOutdated(
    { about }: Request<unknown>,
    { account, destination, state, pass }: Admission,
    credential: Credential,
    accountNow: CredentialAccount | undefined,
  ): boolean {
    const { endpoint } = this.#parts.client.destinationOf(about, credential);
    return accountNow !== account || endpoint !== destination.endpoint || !!state.breaker.refusal(pass);
  }

  /**
   * Begins a call to an endpoint that its Secret names, or parks the request until the namespace may make
   * one. A parked request is no probe, and starts again from its credential.
   */
  #mayBegin(request: Request<unknown>, credential: Credential): boolean {
    const gate = this.#gateOf(request, credential);
    if (!gate || gate.begin()) return true;
    this.#leave(request);
    gate.park(request);
    return false;
  }

  /** Undefined where the Secret names no endpoint. */
  #gateOf(
    { namespace }: Request<unknown>,
    { endpoint }: Credential,
  ): SecretEndpointGate<Request<unknown>> | undefined {
    return endpoint && this.#secretEndpoints.of(namespace);
  }

  /**
   * The credential as it is now; undefined if its Secret has to be read first. No permit is held while a
   * Secret is read: held permits would accumulate and then fire together. A request whose Secret is stale a
   * second time uses the content that was read for its admission.
   */
  #current(request: Request<unknown>, admission: Admission): Resolved | undefined {
    const fresh = this.#parts.credentials.fresh(request.about.credential);
    if (fresh) return fresh;
    const { credential, state } = admission;
    // Another request may have read a newer key. The state must not go back to the old one.
    const isOld = state.credential.version !== credential.version;
    return request.noteRestart('staleSecret') || isOld ? undefined : { credential };
  }

  async #call<T>(request: Request<T>, admission: Admission): Promise<void> {
    const { client, observer, clock } = this.#parts;
    const { guard, credential } = admission;
    observer?.waited(request.priority, (clock.now() - request.waitingSince) / 1_000);
    request.isCalling = true;
    guard.began();
    const result = await client.call(request.subject.operation, request.about, credential);
    this.#gateOf(request, credential)?.ended(result.work);
    const isKeyRefused = result.kind === 'failed' && result.failed.failure.kind === 'AuthenticationFailed';
    // Requests that wait for a probe must not be refused with a key that was replaced meanwhile.
    if (isKeyRefused && admission.state.breaker.isProbe(admission.pass))
      await this.#readAgain(request, credential, result.sentAt);
    report(admission, result);
    if (result.kind === 'answered') return this.#finish(request, result);
    const { failed, sentAt, destination, isOnlyListing } = result;
    const { failure, code, requestID } = failed;
    if (code === SIGNATURE_NONCE_USED && request.noteRestart('usedNonce')) return this.#restart(request);
    const retryAt = isKeyRefused ? await this.#keyRefused(request, admission, sentAt) : undefined;
    if (retryAt === 'replaced') return this.#restart(request);
    this.#refuse(request, retryAt === undefined ? failure : { ...failure, retryAt }, {
      destination,
      sentAt,
      ...(requestID && { requestID }),
      ...(isOnlyListing && { isOnlyListing }),
    });
  }

  /**
   * Handles a refused key. Its Secret is read again at once, because its owner may have replaced the key just
   * now.
   *
   * @returns clock `now` of the next probe, or that there is another key to try
   */
  async #keyRefused(
    request: Request<unknown>,
    { state, pass, credential }: Admission,
    sentAt: number,
  ): Promise<number | 'replaced' | undefined> {
    const isReplaced = await this.#readAgain(request, credential, sentAt);
    const refused = state.breaker.refusal(pass);
    if ((isReplaced || !refused) && request.noteRestart('refusedKey')) return 'replaced';
    return refused?.retryAt;
  }

  /**
   * Reads the Secret of a key that was refused for a call sent at `sentAt`, unless it was read since. A new
   * key closes the breaker.
   *
   * @returns whether there is a new key
   */
  async #readAgain(
    { about }: Request<unknown>,
    { identity, version }: Credential,
    sentAt: number,
  ): Promise<boolean> {
    const { credentials, states } = this.#parts;
    credentials.markStale(identity, sentAt);
    const resolved = await credentials.resolve(about.credential);
    if (!('credential' in resolved) || resolved.credential.version === version) return false;
    states.adopt(resolved.credential);
    return true;
  }

  /**
   * Whether a request whose key is known to be refused starts again with another key: a user waits for its
   * answer, and may have replaced the key just now.
   */
  async #hasNewKey(request: Request<unknown>, credential: Credential): Promise<boolean> {
    const { clock } = this.#parts;
    const isOwn = request.about.credential.name === undefined;
    if (isOwn || request.priority !== 'urgent' || !request.noteRestart('refusedKey')) return false;
    return await this.#readAgain(request, credential, clock.now() - READ_LATELY_MS);
  }

  /**
   * Whether a request whose Secret gives no usable key reads it again: a user waits for its answer, and may
   * have repaired the Secret just now.
   */
  #readsAgain(request: Request<unknown>, { kind }: Failure): boolean {
    const { credentials, clock } = this.#parts;
    const { credential } = request.about;
    const mayHelp = kind === 'CredentialsNotFound' && credential.name !== undefined;
    if (!mayHelp || request.priority !== 'urgent' || !request.noteRestart('badSecret')) return false;
    // As after a refused key: what was read longer ago is not used again.
    credentials.markStale(identityOf(credential), clock.now() - READ_LATELY_MS);
    return credentials.fresh(credential) === undefined;
  }

  /** Starts the request again from its credential. */
  #restart(request: Request<unknown>): void {
    this.#leave(request);
    if (request.isCalling) this.finished.push(request);
    request.isCalling = false;
    void this.#admit(request);
  }

  /**
   * The Secret gives no usable key. If that is certain, closes the breaker, so that parked objects ask again
   * and get this failure.
   */
  #unresolved(request: Request<unknown>, failure: Failure, more: Partial<FailedResult> = {}): void {
    if (policyOf(failure.kind).definitive)
      this.#parts.states.find(identityOf(request.about.credential))?.breaker.reset();
    this.#refuse(request, failure, more);
  }

  #refuse(request: Request<unknown>, failure: Failure, more: Partial<FailedResult> = {}): void {
    const called = request.isCalling ? {} : { notCalled: true as const };
    this.#finish(request, { kind: 'failed', failure, sentAt: this.#parts.clock.now(), ...called, ...more });
  }

  #finish<T>(request: Request<T>, result: Result<T>): void {
    this.#leave(request);
    if (request.withdrawn) return;
    request.result = result;
    this.finished.push(request as Request<unknown>);
  }

  /** Gives the admission back unless the call was made. */
  #leave(request: Request<unknown>): void {
    if (request.admission && !request.isCalling) abandon(request.admission);
    request.admission = undefined;
  }
}
