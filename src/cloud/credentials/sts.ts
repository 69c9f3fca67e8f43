/**
 * The vendor's security token service: gives sessions of roles, and tells whose a key is. Its calls are paced, each namespace has
 * its turn, and while the service is away one probe at a time goes there for each. Nothing rejects.
 */

import type { Clock } from '../../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import type { Failure, FailureKind } from '../../job/model/failures.ts';
import { AlibabaClient } from '../client/alibaba-client.ts';
import type { AccessKey, Role } from '../client/credential.ts';
import type { CallObserver } from '../client/live-client.ts';
import { mapStsError } from '../client/map-sts-error.ts';
import { mapAccountID, mapSession } from '../client/map-sts-response.ts';
import { FairLimiter } from '../ratelimit/fair-limiter.ts';
import type { Pass } from '../resilience/circuit-breaker.ts';
import { type EndpointGuard, EndpointGuards } from '../resilience/endpoint-guard.ts';

export interface StsOptions {
  readonly endpoint: Endpoint;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: Pick<CallObserver, 'called'>;
  /** Asked just before each call; once it says no, no call is made any more. Default: it may. */
  readonly mayCall?: () => boolean;
}

/** On whose behalf STS is asked. */
export interface StsCaller {
  /** Takes turns with other namespaces. */
  readonly namespace: string;
  /** `default` or the Secret's `namespace/name`. */
  readonly identity: string;
}

export interface SessionKey {
  readonly accessKey: AccessKey;
  /** Clock `now` when STS was asked. */
  readonly assumedAt: number;
  /** Clock `now`; no later than the cloud says. */
  readonly expiresAt: number;
}

export type Assumed = { readonly key: SessionKey } | { readonly failure: Failure };

/** The longest that every role allows, as none can be set to less. */
const SESSION_SECONDS = 3_600;

/** 10 calls a second, a tenth of what the vendor lets one account do: a thousand roles are assumed in 100 s. */
const CALL_EVERY_MS = 100;

/** For lookups, which nobody waits for: a thousand Secrets are known in 200 s. */
const LOOK_UP_EVERY_MS = 200;

/** Answers that need not have come from STS: it is taken to be away when several come in a row. */
const AWAY: ReadonlySet<FailureKind> = new Set(['ConnectionFailed', 'ServerError', 'UnexpectedResponse']);

/** Sessions are for all who wait for them: nobody leaves. */
const NEVER = new AbortController().signal;

/** Nobody sees it: who is told has nothing more to write. */
const STOPPING: Failure = { kind: 'ConnectionFailed', message: 'the operator is stopping' };

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
  readonly #turns: FairLimiter;
  readonly #lookups: FairLimiter;
  readonly #guards: EndpointGuards;

  constructor(options: StsOptions) {
    this.#options = options;
    this.#turns = new FairLimiter({ minTimeMs: CALL_EVERY_MS, clock: options.clock });
    this.#lookups = new FairLimiter({ minTimeMs: LOOK_UP_EVERY_MS, clock: options.clock });
    this.#guards = new EndpointGuards(options.clock);
  }

  assumeRole(caller: StsCaller, accessKey: AccessKey, { externalID, ...role }: Role): Promise<Assumed> {
    const parameters = { ...parametersOf(role), ...(externalID && { ExternalId: externalID }) };
    return this.#assume({ caller, action: 'AssumeRole', accessKey, parameters });
  }

  /** @param token that the cluster gave the operator's service account; it stands for a signature */
  assumeRoleWithOIDC(
    caller: StsCaller,
    { oidcProviderARN, token, ...role }: Role & { readonly oidcProviderARN: string; readonly token: string },
  ): Promise<Assumed> {
    const parameters = { ...parametersOf(role), OIDCProviderArn: oidcProviderARN, OIDCToken: token };
    return this.#assume({ caller, action: 'AssumeRoleWithOIDC', accessKey: undefined, parameters });
  }

  /** Whose a key is. Needs no permission. */
  async accountOf(
    caller: StsCaller,
    accessKey: AccessKey,
  ): Promise<{ readonly accountID: string } | { readonly failure: Failure }> {
    const call = { caller, action: 'GetCallerIdentity', accessKey, parameters: {} };
    const map = (body: unknown) => ({ accountID: mapAccountID(body) });
    return await this.#call({ ...call, map }, this.#lookups);
  }

  /** Begins no call after this. */
  close(): void {
    this.#turns.close();
    this.#lookups.close();
  }

  #assume(call: Omit<Call<Assumed>, 'map'>): Promise<Assumed> {
    const { clock } = this.#options;
    return this.#call({
      ...call,
      map: (body, assumedAt) => {
        const { accessKey, expiration } = mapSession(body);
        // By the wall clock, if that is right; counted from the question, a session is never thought longer than it is.
        const life = Math.min(expiration - clock.date().getTime(), SESSION_SECONDS * 1_000);
        return { key: { accessKey, assumedAt, expiresAt: assumedAt + life } };
      },
    });
  }

  async #call<T>(call: Call<T>, turns = this.#turns): Promise<T | { readonly failure: Failure }> {
    const guard = this.#guards.of(formatEndpoint(this.#options.endpoint), call.caller.namespace);
    const entrance = await guard.enter(NEVER);
    if ('refused' in entrance) return { failure: entrance.refused };
    const { pass } = entrance;
    try {
      return await turns.schedule(call.caller.namespace, () => this.#send(call, guard, pass));
    } catch {
      guard.abandoned(pass);
      return { failure: STOPPING };
    }
  }

  async #send<T>(
    call: Call<T>,
    guard: EndpointGuard,
    pass: Pass,
  ): Promise<T | { readonly failure: Failure }> {
    const refused = this.#options.mayCall?.() === false ? STOPPING : guard.refusal(pass);
    if (refused) {
      guard.abandoned(pass);
      return { failure: refused };
    }
    guard.began();
    const { endpoint, userAgent, clock } = this.#options;
    const { action, accessKey, parameters } = call;
    const client = new AlibabaClient({ api: 'sts', endpoint, accessKey, clock, userAgent });
    const sentAt = clock.now();
    try {
      const result = call.map(await client.call(action, parameters), sentAt);
      this.#tell(action, 'OK', sentAt);
      guard.succeeded(pass);
      return result;
    } catch (error) {
      const failure = this.#failed(error, call, sentAt);
      if (AWAY.has(failure.kind)) guard.failed(pass, failure);
      else guard.succeeded(pass);
      return { failure };
    }
  }

  #failed(
    error: unknown,
    { caller, action }: Pick<Call<never>, 'caller' | 'action'>,
    sentAt: number,
  ): Failure {
    const { failure, code, requestID } = mapStsError(error, caller.identity);
    this.#tell(action, code, sentAt);
    const { identity } = caller;
    this.#options.logger.debug('a call failed', { action, identity, kind: failure.kind, code, requestID });
    return failure;
  }

  #tell(action: string, code: string, sentAt: number): void {
    const { clock, observer } = this.#options;
    observer?.called(action, code, (clock.now() - sentAt) / 1_000);
  }
}

function parametersOf({ roleARN, sessionName }: Role): Record<string, string> {
  return { RoleArn: roleARN, RoleSessionName: sessionName, DurationSeconds: `${SESSION_SECONDS}` };
}
