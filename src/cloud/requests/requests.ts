/**
 * The life of one request: credential → account → circuit breaker → endpoint guard → permit → call → report, and again from the
 * credential where that is worth it. Requests come in by `submit`; all leave through `finished`, each once.
 */
import { Channel } from '../../base/channel.ts';
import type { Clock } from '../../base/clock.ts';
import type { Failure } from '../../job/model/failures.ts';
import type { Budget, Permit } from '../budget/budget.ts';
import type { Credential } from '../client/credential.ts';
import type { CallObserver, CallResult, LiveClient } from '../client/live-client.ts';
import { SIGNATURE_NONCE_USED } from '../client/map-error.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Resolved } from '../credentials/secret-credential.ts';
import { abandon, admit, isApart, report, reportKey } from './admission.ts';
import type { CredentialStates } from './credential-states.ts';
import type { Admission, Refused, Request, Result } from './request.ts';

export interface RequestsParts {
  readonly credentials: Pick<Credentials, 'resolve' | 'fresh' | 'doubt'>;
  readonly states: Pick<CredentialStates, 'of' | 'follow' | 'close'>;
  readonly client: Pick<LiveClient, 'destinationOf' | 'call'>;
  /** Whether this process leads. Asked just before each call. Default: it does. */
  readonly mayCall?: () => boolean;
  readonly clock: Clock;
  readonly observer?: Pick<CallObserver, 'waited'> | undefined;
}

type FailedCall = Extract<CallResult<unknown>, { kind: 'failed' }>;

type AccountBudget = Budget<Request<unknown>>;

export class Requests {
  /** The requests that have their result. */
  readonly finished = new Channel<Request<unknown>>();
  readonly #parts: RequestsParts;
  #isClosed = false;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  submit(request: Request<unknown>): void {
    void this.#admit(request);
  }

  /** No call is made after this. */
  close(): void {
    this.#isClosed = true;
    this.#parts.states.close();
    this.finished.close();
  }

  /** The request leaves without a call. One whose call is being made ends as it ends. */
  withdraw(request: Request<unknown>): void {
    if (request.isCalling) return;
    const { admission } = request;
    if (admission && request.isQueued) admission.account.budget.backlog.withdraw(request);
    if (admission) abandon(admission);
    request.withdrawn = true;
  }

  async #admit(request: Request<unknown>): Promise<void> {
    const { credentials, states, client } = this.#parts;
    const resolved = await credentials.resolve(request.about.credential);
    if (request.aborted) return;
    if ('failure' in resolved) return this.#refuse(request, resolved.failure);
    const { credential } = resolved;
    const destination = client.destinationOf(request.about, credential);
    const { state, account } = await states.of(credential);
    const hasOwnEndpoint = credential.endpoint !== undefined;
    const entrance = await admit(state, account, destination, request.namespace, hasOwnEndpoint, request);
    if (request.aborted) return 'refused' in entrance ? undefined : abandon(entrance);
    if ('refused' in entrance) return this.#refuse(request, entrance.refused, { destination });
    const { budget } = entrance.account;
    if (this.#isClosed) return this.#finish(request, WITHDRAWN);
    request.admission = entrance;
    request.isQueued = true;
    request.waitingSince = this.#parts.clock.now();
    budget.backlog.add(request);
    this.#dispatch(budget);
  }

  get #mayCall(): boolean {
    return !this.#isClosed && this.#parts.mayCall?.() !== false;
  }

  /** Has as many permits on their way as the budget allows and requests wait. */
  #dispatch(budget: AccountBudget): void {
    while (budget.needsPermit) void this.#serve(budget);
  }

  async #serve(budget: AccountBudget): Promise<void> {
    const permit = await budget.permit();
    const request = permit && this.#next(budget);
    if (request) this.#spend(budget, request);
    this.#dispatch(budget);
    if (request) await this.#use(permit, request);
    permit?.release();
  }

  #spend(budget: AccountBudget, { priority, waitingSince }: Request<unknown>): void {
    budget.spend();
    this.#parts.observer?.waited(priority, (this.#parts.clock.now() - waitingSince) / 1_000);
  }

  /** The next request that is still admitted. A request that is not any more takes no permit. */
  #next({ backlog }: AccountBudget): Request<unknown> | undefined {
    for (let request = backlog.next(); request; request = backlog.next())
      if (this.#isAdmitted(request)) return request;
    return undefined;
  }

  #isAdmitted(request: Request<unknown>): boolean {
    request.isQueued = false;
    const admission = request.admission as Admission;
    const { state, account, pass, guard, guardPass, destination } = admission;
    // The key was refused to another request, or replaced: the Secret may hold another one by now.
    if (state.account !== account || state.breaker.refusal(pass)) {
      this.#restart(request);
      return false;
    }
    const refused = guard.refusal(guardPass);
    if (refused) {
      abandon(admission);
      this.#refuse(request, refused, { destination });
    }
    return !refused;
  }

  /** Calls that others do not wait for hold no slot that the budget's others need; the guard bounds how many there are. */
  async #use(permit: Permit, request: Request<unknown>): Promise<void> {
    const ended = this.#call(request, request.admission as Admission);
    if (isApart(request.admission as Admission)) permit.release();
    await ended;
  }

  async #call<T>(request: Request<T>, admission: Admission): Promise<void> {
    const { client, states } = this.#parts;
    const resolved = await this.#current(request);
    if (request.aborted) return;
    if (resolved === 'stale') return this.#restart(request);
    if ('failure' in resolved) {
      abandon(admission);
      return this.#refuse(request, resolved.failure);
    }
    const { credential } = resolved;
    const destination = client.destinationOf(request.about, credential);
    // The Secret names another endpoint by now, or its new key may be another account's.
    const { account } = states.follow(credential);
    const isSame = destination.endpoint === admission.destination.endpoint && account === admission.account;
    if (!isSame) return this.#restart(request);
    const { state, pass, guard, guardPass } = admission;
    const refused = state.breaker.refusal(pass) ?? guard.refusal(guardPass);
    if (refused || !this.#mayCall) {
      abandon(admission);
      return refused ? this.#refuse(request, refused, { destination }) : this.#finish(request, WITHDRAWN);
    }
    request.isCalling = true;
    guard.began();
    const result = await client.call(request.operation, request.about, credential);
    await this.#settle(request, admission, credential, result);
  }

  /**
   * The credential as it is now. No permit is held while a Secret is read: held permits would accumulate, and their calls go together.
   * The second time the request waits: its permits are further apart than a Secret is kept, so none accumulate.
   */
  async #current(request: Request<unknown>): Promise<Resolved | 'stale'> {
    const { credentials } = this.#parts;
    const { credential } = request.about;
    const fresh = credentials.fresh(credential);
    if (fresh) return fresh;
    return request.restarts('staleSecret') ? 'stale' : await credentials.resolve(credential);
  }

  async #settle<T>(
    request: Request<T>,
    admission: Admission,
    credential: Credential,
    result: CallResult<T>,
  ): Promise<void> {
    if (result.kind === 'answered') {
      report(admission, result.sentAt, undefined);
      reportKey(admission, undefined);
      return this.#finish(request, result);
    }
    const { failed, sentAt, retryAfterMs, destination, isListRefused } = result;
    const { failure, code, requestID } = failed;
    report(admission, sentAt, failed, retryAfterMs);
    if (code === SIGNATURE_NONCE_USED && request.restarts('usedNonce')) {
      admission.state.breaker.abandoned(admission.pass);
      return this.#restart(request);
    }
    const isKeyRefused = failure.kind === 'AuthenticationFailed';
    if (!isKeyRefused) reportKey(admission, failure.kind);
    const retryAt = isKeyRefused ? await this.#keyRefused(request, admission, credential, result) : undefined;
    if (retryAt === 'replaced') return this.#restart(request);
    this.#refuse(request, retryAt === undefined ? failure : { ...failure, retryAt }, {
      destination,
      sentAt,
      ...(requestID && { requestID }),
      ...(isListRefused && { isListRefused }),
    });
  }

  /**
   * Only a probe tries this key from now on. The Secret is read again at once, as its owner may have replaced the key just now.
   *
   * @returns when the next probe goes (clock `now`), or that there is another key to try
   */
  async #keyRefused(
    request: Request<unknown>,
    { state, pass }: Admission,
    { identity, version }: Credential,
    { failed, sentAt }: FailedCall,
  ): Promise<number | 'replaced' | undefined> {
    const { credentials } = this.#parts;
    credentials.doubt(identity, sentAt);
    if (state.version === version) state.breaker.failed(pass, failed.failure);
    const resolved = await credentials.resolve(request.about.credential);
    const isReplaced = 'credential' in resolved && resolved.credential.version !== version;
    const refused = state.breaker.refusal(pass);
    if ((isReplaced || !refused) && request.restarts('refusedKey')) return 'replaced';
    return refused?.retryAt;
  }

  /** Goes back to the credential. The call that it had an admission for is not made, or was of no use. */
  #restart(request: Request<unknown>): void {
    if (request.admission && !request.isCalling) abandon(request.admission);
    request.admission = undefined;
    request.isCalling = false;
    void this.#admit(request);
  }

  #refuse(request: Request<unknown>, failure: Failure, more: Partial<Refused> = {}): void {
    this.#finish(request, { kind: 'failed', failure, sentAt: this.#parts.clock.now(), ...more });
  }

  #finish<T>(request: Request<T>, result: Result<T>): void {
    if (request.aborted) return;
    request.result = result;
    this.finished.push(request as Request<unknown>);
  }
}

export const WITHDRAWN = { kind: 'withdrawn' } as const;
