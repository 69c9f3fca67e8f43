/**
 * The vendor's security token service (STS): gives sessions of roles, and says whose a key is. Calls are
 * spaced, namespaces take permits in rotation, and while STS does not answer only a probe goes there for each
 * namespace. No method rejects.
 */
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts';
import type { AccessKey, Role } from '../../credentials/credential.ts';
import type { Refused } from '../../credentials/secret-credential.ts';
import type { Assumed, SessionSource, StsCaller, TokenRole } from '../../credentials/sts-port.ts';
import type { Failure } from '../../job/model/failures.ts';
import { FairLimiter } from '../../ratelimit/fair-limiter.ts';
import { AnswerMemory, MOST_OF_AN_ANSWER } from '../client/answer-memory.ts';
import { MAY_COME_FROM_A_PROXY } from '../client/map-error.ts';
import { type CallParts, makeCall, type VendorCall } from '../client/vendor-call.ts';
import { EndpointGuards } from '../resilience/endpoint-guard.ts';
import { mapStsError } from './map-sts-error.ts';
import { mapAccountID, mapSession } from './map-sts-response.ts';

export interface StsOptions extends CallParts {
  readonly endpoint: Endpoint;
  /** Asked just before each call. Once it returns false, no call is made. Default: always true. */
  readonly mayCall?: () => boolean;
}

/** The longest life that every role allows: no role can be limited to less. */
const SESSION_SECONDS = 3_600;

/** 10 calls a second, a tenth of what the vendor allows an account: 1,000 roles are assumed in 100 s. */
const ASSUME_EVERY_MS = 100;

/**
 * 50 lookups of accounts a second, as fast as Secrets are read: a key whose lookup waits for 3 s would spend
 * a budget of its own.
 */
const LOOK_UP_EVERY_MS = 20;

/** Reaches no status: an operator that stops writes none. */
const STOPPING: Failure = { kind: 'ConnectionFailed', message: 'the operator is stopping' };

type Call<T> = Pick<VendorCall<T>, 'action' | 'accessKey' | 'parameters' | 'read'>;

export class Sts implements SessionSource {
  readonly #options: StsOptions;
  readonly #assumptions: FairLimiter;
  readonly #lookups: FairLimiter;
  readonly #guards: EndpointGuards;
  readonly #memory = new AnswerMemory();

  constructor(options: StsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#assumptions = new FairLimiter({ minTimeMs: ASSUME_EVERY_MS, clock });
    this.#lookups = new FairLimiter({ minTimeMs: LOOK_UP_EVERY_MS, clock });
    this.#guards = new EndpointGuards(clock);
  }

  assumeRole(caller: StsCaller, accessKey: AccessKey, { externalID, ...role }: Role): Promise<Assumed> {
    const parameters = { ...parametersOf(role), ...(externalID && { ExternalId: externalID }) };
    return this.#assume(caller, { action: 'AssumeRole', accessKey, parameters });
  }

  assumeRoleWithOIDC(caller: StsCaller, { oidcProviderARN, token, ...role }: TokenRole): Promise<Assumed> {
    const parameters = { ...parametersOf(role), OIDCProviderArn: oidcProviderARN, OIDCToken: token };
    return this.#assume(caller, { action: 'AssumeRoleWithOIDC', accessKey: undefined, parameters });
  }

  /** The account of a key. Needs no permission. */
  accountOf(caller: StsCaller, accessKey: AccessKey): Promise<{ readonly accountID: string } | Refused> {
    const read = (body: unknown) => ({ accountID: mapAccountID(body) });
    return this.#call(caller, this.#lookups, {
      action: 'GetCallerIdentity',
      accessKey,
      parameters: {},
      read,
    });
  }

  /** Begins no call after this. */
  close(): void {
    this.#assumptions.close();
    this.#lookups.close();
  }

  #assume(caller: StsCaller, call: Omit<Call<Assumed>, 'read'>): Promise<Assumed> {
    const read = (body: unknown, assumedAt: number) => {
      const { accessKey, expiration } = mapSession(body);
      // Counted from the call, and at most what was requested: a wall clock that is late makes no session
      // longer.
      const lifeMs = Math.min(expiration - this.#options.clock.date().getTime(), SESSION_SECONDS * 1_000);
      return { key: { accessKey, assumedAt, expiresAt: assumedAt + lifeMs } };
    };
    return this.#call(caller, this.#assumptions, { ...call, read });
  }

  async #call<T>(
    { namespace, identity }: StsCaller,
    limiter: FairLimiter,
    call: Call<T>,
  ): Promise<T | Refused> {
    const { endpoint, mayCall } = this.#options;
    const guard = this.#guards.of(formatEndpoint(endpoint), namespace);
    const entrance = await guard.enter();
    if ('refused' in entrance) return { failure: entrance.refused };
    const { pass } = entrance;
    const abandoned = (failure: Failure): Refused => {
      guard.abandoned(pass);
      return { failure };
    };
    const send = async () => {
      const refused = mayCall?.() === false ? STOPPING : guard.refusal(pass);
      if (refused) return abandoned(refused);
      guard.began();
      const mapError = (error: unknown) => mapStsError(error, identity);
      const cost = this.#memory.open(namespace, MOST_OF_AN_ANSWER);
      const made = { ...call, api: 'sts', endpoint, cost, context: { identity }, mapError } as const;
      const end = await makeCall(made, this.#options);
      const failure = end.kind === 'failed' ? end.failed.failure : undefined;
      // Several in a row mean that STS, or what answers in its place, does not work.
      if (failure && MAY_COME_FROM_A_PROXY.has(failure.kind)) guard.failed(pass, failure);
      else guard.succeeded(pass);
      return end.kind === 'failed' ? { failure: end.failed.failure } : end.value;
    };
    return await limiter.schedule(namespace, send).catch(() => abandoned(STOPPING));
  }
}

function parametersOf({ roleARN, sessionName }: Role): Record<string, string> {
  return { RoleArn: roleARN, RoleSessionName: sessionName, DurationSeconds: `${SESSION_SECONDS}` };
}
