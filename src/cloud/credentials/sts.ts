/**
 * The vendor's security token service (STS): gives sessions of roles, and says whose a key is. Calls are
 * spaced, namespaces take permits in rotation, and while STS does not answer only a probe goes there for each
 * namespace. No method rejects.
 */
import type { Clock } from '../../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import type { FailureKind } from '../../job/model/failures.ts';
import { AlibabaClient } from '../client/alibaba-client.ts';
import type { AccessKey, Role } from '../client/credential.ts';
import type { CallObserver } from '../client/live-client.ts';
import { mapStsError } from '../client/map-sts-error.ts';
import { mapAccountID, mapSession } from '../client/map-sts-response.ts';
import { FairLimiter } from '../ratelimit/fair-limiter.ts';
import type { Pass } from '../resilience/circuit-breaker.ts';
import { type EndpointGuard, EndpointGuards } from '../resilience/endpoint-guard.ts';
import type { Refused } from './secret-credential.ts';

export interface StsOptions {
  readonly endpoint: Endpoint;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: Pick<CallObserver, 'called'>;
  /** Asked just before each call. Once it returns false, no call is made. Default: always true. */
  readonly mayCall?: () => boolean;
}

/** The Secret, or the operator itself, that a call of STS is made for. */
export interface StsCaller {
  /** Takes permits in rotation with other namespaces. */
  readonly namespace: string;
  /** `default` or the Secret's `namespace/name`. */
  readonly identity: string;
}

export interface SessionKey {
  readonly accessKey: AccessKey;
  /** Clock `now` when STS was called. */
  readonly assumedAt: number;
  /** Clock `now`; no later than STS says. */
  readonly expiresAt: number;
}

export type Assumed = { readonly key: SessionKey } | Refused;

/** The longest life that every role allows: no role can be limited to less. */
const SESSION_SECONDS = 3_600;

/** 10 calls a second, a tenth of what the vendor allows an account: 1,000 roles are assumed in 100 s. */
const ASSUME_EVERY_MS = 100;

/** 5 lookups of accounts a second, for which no request waits: 1,000 Secrets are known in 200 s. */
const LOOK_UP_EVERY_MS = 200;

/** Failures that need not come from STS itself. Several in a row mean that STS cannot be reached. */
const UNREACHABLE: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
]);

/** A session serves all that wait for it, so no caller aborts. */
const NEVER_ABORTED = { aborted: false };

/** Reaches no status: an operator that stops writes none. */
const STOPPING: Refused = { failure: { kind: 'ConnectionFailed', message: 'the operator is stopping' } };

interface Call<T> {
  readonly caller: StsCaller;
  readonly action: string;
  readonly accessKey: AccessKey | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  /** @throws UnexpectedBody */
  readonly map: (body: unknown, sentAt: number) => T;
}

export class Sts {
  readonly #options: StsOptions;
  readonly #assumptions: FairLimiter;
  readonly #lookups: FairLimiter;
  readonly #guards: EndpointGuards;

  constructor(options: StsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#assumptions = new FairLimiter({ minTimeMs: ASSUME_EVERY_MS, clock });
    this.#lookups = new FairLimiter({ minTimeMs: LOOK_UP_EVERY_MS, clock });
    this.#guards = new EndpointGuards(clock);
  }

  assumeRole(caller: StsCaller, accessKey: AccessKey, { externalID, ...role }: Role): Promise<Assumed> {
    const parameters = { ...parametersOf(role), ...(externalID && { ExternalId: externalID }) };
    return this.#assume({ caller, action: 'AssumeRole', accessKey, parameters });
  }

  /**
   * @param token the token that the cluster gave to the operator's service account; it replaces the signature
   */
  assumeRoleWithOIDC(
    caller: StsCaller,
    { oidcProviderARN, token, ...role }: Role & { readonly oidcProviderARN: string; readonly token: string },
  ): Promise<Assumed> {
    const parameters = { ...parametersOf(role), OIDCProviderArn: oidcProviderARN, OIDCToken: token };
    return this.#assume({ caller, action: 'AssumeRoleWithOIDC', accessKey: undefined, parameters });
  }

  /** The account of a key. Needs no permission. */
  accountOf(caller: StsCaller, accessKey: AccessKey): Promise<{ readonly accountID: string } | Refused> {
    const map = (body: unknown) => ({ accountID: mapAccountID(body) });
    return this.#call({ caller, action: 'GetCallerIdentity', accessKey, parameters: {}, map }, this.#lookups);
  }

  /** Begins no call after this. */
  close(): void {
    this.#assumptions.close();
    this.#lookups.close();
  }

  #assume(call: Omit<Call<Assumed>, 'map'>): Promise<Assumed> {
    const { clock } = this.#options;
    const map = (body: unknown, assumedAt: number) => {
      const { accessKey, expiration } = mapSession(body);
      // Counted from the call, and at most what was requested: a wall clock that is late makes no session
      // longer.
      const lifeMs = Math.min(expiration - clock.date().getTime(), SESSION_SECONDS * 1_000);
      return { key: { accessKey, assumedAt, expiresAt: assumedAt + lifeMs } };
    };
    return this.#call({ ...call, map }, this.#assumptions);
  }

  async #call<T>(call: Call<T>, limiter: FairLimiter): Promise<T | Refused> {
    const { namespace } = call.caller;
    const guard = this.#guards.of(formatEndpoint(this.#options.endpoint), namespace);
    const entrance = await guard.enter(NEVER_ABORTED);
    if ('refused' in entrance) return { failure: entrance.refused };
    const { pass } = entrance;
    try {
      return await limiter.schedule(namespace, () => this.#begin(call, guard, pass));
    } catch {
      guard.abandoned(pass);
      return STOPPING;
    }
  }

  async #begin<T>(call: Call<T>, guard: EndpointGuard, pass: Pass): Promise<T | Refused> {
    const failure = this.#options.mayCall?.() === false ? STOPPING.failure : guard.refusal(pass);
    if (failure) {
      guard.abandoned(pass);
      return { failure };
    }
    guard.began();
    const result = await this.#send(call);
    if ('failure' in result && UNREACHABLE.has(result.failure.kind)) guard.failed(pass, result.failure);
    else guard.succeeded(pass);
    return 'failure' in result ? result : result.value;
  }

  async #send<T>({
    caller,
    action,
    accessKey,
    parameters,
    map,
  }: Call<T>): Promise<{ readonly value: T } | Refused> {
    const { endpoint, userAgent, clock, logger, observer } = this.#options;
    const client = new AlibabaClient({ api: 'sts', endpoint, accessKey, clock, userAgent });
    const sentAt = clock.now();
    const count = (code: string) => observer?.called(action, code, (clock.now() - sentAt) / 1_000);
    try {
      const value = map(await client.call(action, parameters), sentAt);
      count('OK');
      return { value };
    } catch (error) {
      const { identity } = caller;
      const { failure, code, requestID } = mapStsError(error, identity);
      count(code);
      logger.debug('a call failed', { action, identity, kind: failure.kind, code, requestID });
      return { failure };
    }
  }
}

function parametersOf({ roleARN, sessionName }: Role): Record<string, string> {
  return { RoleArn: roleARN, RoleSessionName: sessionName, DurationSeconds: `${SESSION_SECONDS}` };
}
