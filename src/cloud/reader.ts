/**
 * The cloud as the domain sees it: `observe` resolves the credential, waits its turn in the account's budget, asks once, and
 * answers. It never rejects, and what it answers is free of secrets and of foreign text.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type {
  Answer,
  Asked,
  CloudReader,
  Failure,
  FailureKind,
  Lane,
  ObserveOptions,
  Reference,
} from '../job/ports.ts';
import { identityOf } from '../job/target.ts';
import { AlibabaClient } from './alibaba-client.ts';
import { Budget } from './budget.ts';
import { Circuit } from './circuit.ts';
import type { Credential, Credentials, Resolved } from './credentials.ts';
import { type Endpoint, endpointOfRegion, formatEndpoint } from './endpoints.ts';
import { type CallContext, type CallFailure, mapError, SIGNATURE_NONCE_USED } from './map-error.ts';
import { mapJobResponse } from './map-response.ts';

export interface LiveReaderOptions {
  readonly credentials: Credentials;
  readonly callsPerMinute: number;
  /** For every credential without an endpoint of its own; default: by region. */
  readonly endpoint: Endpoint | undefined;
  /** For objects and Secrets without one. */
  readonly regionID: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: CallObserver;
}

/** What metrics want to know. */
export interface CallObserver {
  /** `code` is `OK`, or what the failure was: short. */
  called(operation: string, code: string, seconds: number): void;
  waited(lane: Lane, seconds: number): void;
}

/** What is kept for one credential. */
interface Session {
  readonly budget: Budget;
  readonly circuit: Circuit;
  /** Of the credential that the circuit judged. */
  version: string;
  client?: { readonly version: string; readonly endpoint: string; readonly client: AlibabaClient };
}

/** Answers given, or not given, before the key was looked at. */
const SAYS_NOTHING_OF_THE_KEY: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
  'Throttled',
  'ClockSkewed',
]);

const OPERATION = 'GetEdgeTranscodeJob';

export class LiveReader implements CloudReader {
  readonly #options: LiveReaderOptions;
  readonly #sessions = new Map<string, Session>();
  #closed = false;

  constructor(options: LiveReaderOptions) {
    this.#options = options;
  }

  async observe(reference: Reference, options: ObserveOptions): Promise<Answer> {
    const identity = identityOf(reference.credential);
    const resolved = await this.#options.credentials.resolve(reference.credential);
    if ('failure' in resolved) return this.#failed(resolved.failure);
    const session = this.#session(identity, resolved.credential.version);
    const refused = await session.circuit.enter();
    if (refused) return this.#failed(refused, this.#asked(reference, resolved.credential));
    const first = await session.budget.run(options, () => this.#ask(session, reference));
    const answer =
      first === 'nonce used' ? await session.budget.run(options, () => this.#ask(session, reference)) : first;
    if (answer === 'withdrawn' || answer === 'nonce used') {
      session.circuit.abandon();
      return { kind: 'withdrawn' };
    }
    return answer;
  }

  /** Calls waiting for their turn, by credential and lane. */
  *backlog(): Iterable<{ identity: string; lane: Lane; waiting: number }> {
    for (const [identity, { budget }] of this.#sessions)
      for (const lane of ['asked', 'due', 'retry'] as const)
        yield { identity, lane, waiting: budget.waiting(lane) };
  }

  /** Makes no call after this, and drops the answers of those under way. */
  close(): void {
    this.#closed = true;
    for (const { budget } of this.#sessions.values()) budget.close();
  }

  /** Its turn has come; the credential is looked at again, as the wait may have been long. */
  async #ask(session: Session, reference: Reference): Promise<Answer | 'nonce used'> {
    const resolved: Resolved = await this.#options.credentials.resolve(reference.credential);
    if ('failure' in resolved) {
      session.circuit.abandon();
      return this.#failed(resolved.failure);
    }
    const { credential } = resolved;
    const asked = this.#asked(reference, credential);
    const refused = session.circuit.refusal();
    if (refused) return this.#failed(refused, asked);
    const answer = await this.#call(session, reference, credential, asked);
    return this.#closed ? { kind: 'withdrawn' } : answer;
  }

  async #call(
    session: Session,
    reference: Reference,
    credential: Credential,
    asked: Asked,
  ): Promise<Answer | 'nonce used'> {
    const { clock } = this.#options;
    const { clusterID, jobID } = reference;
    const { identity } = credential;
    const context: CallContext = { action: OPERATION, identity, clusterID, jobID, regionID: asked.regionID };
    const askedAt = clock.now();
    try {
      const client = this.#client(session, credential, asked);
      const query = { RegionId: asked.regionID, ClusterId: clusterID, JobId: jobID };
      const job = mapJobResponse(await client.call(OPERATION, query), jobID);
      this.#settle(session, credential);
      this.#options.observer?.called(OPERATION, 'OK', (clock.now() - askedAt) / 1_000);
      return { kind: 'observed', job, asked, askedAt };
    } catch (error) {
      const failure = mapError(error, context);
      this.#settle(session, credential, failure);
      this.#options.observer?.called(OPERATION, failure.code, (clock.now() - askedAt) / 1_000);
      if (failure.code === SIGNATURE_NONCE_USED) return 'nonce used';
      return this.#answerOf(failure, context, asked, askedAt);
    }
  }

  /** What a call's end means for those who share its account or credential. */
  #settle({ budget, circuit }: Session, { identity }: Credential, result?: CallFailure): void {
    const failure = result?.failure;
    if (failure?.kind === 'Throttled') budget.throttled();
    else budget.accepted();
    if (failure?.kind === 'AuthenticationFailed') {
      this.#options.credentials.doubt(identity);
      circuit.failed(failure);
    } else if (failure && SAYS_NOTHING_OF_THE_KEY.has(failure.kind)) circuit.abandon();
    else circuit.succeeded();
  }

  #answerOf(
    { failure, code, requestID }: CallFailure,
    context: CallContext,
    asked: Asked,
    askedAt: number,
  ): Answer {
    this.#options.logger.debug('a call failed', { ...context, kind: failure.kind, code, requestID });
    return { kind: 'failed', failure, asked, askedAt, ...(requestID && { requestID }) };
  }

  #failed(failure: Failure, asked?: Asked): Answer {
    return { kind: 'failed', failure, askedAt: this.#options.clock.now(), ...(asked && { asked }) };
  }

  #asked(reference: Reference, credential: Credential): Asked {
    const regionID = reference.regionID ?? credential.regionID ?? this.#options.regionID;
    return { regionID, endpoint: formatEndpoint(this.#endpoint(credential, regionID)) };
  }

  #endpoint(credential: Credential, regionID: string): Endpoint {
    return credential.endpoint ?? this.#options.endpoint ?? endpointOfRegion(regionID);
  }

  /** A changed Secret has not failed yet, whatever the old one did. */
  #session(identity: string, version: string): Session {
    const known = this.#sessions.get(identity);
    if (known && known.version !== version) known.circuit.succeeded();
    if (known) return Object.assign(known, { version });
    const { callsPerMinute, clock, observer } = this.#options;
    const onWait = observer?.waited.bind(observer);
    const session: Session = {
      budget: new Budget({ callsPerMinute, clock, ...(onWait && { onWait }) }),
      circuit: new Circuit(clock),
      version,
    };
    this.#sessions.set(identity, session);
    return session;
  }

  #client(session: Session, credential: Credential, asked: Asked): AlibabaClient {
    const { version } = credential;
    const known = session.client;
    if (known?.version === version && known.endpoint === asked.endpoint) return known.client;
    const { clock, userAgent } = this.#options;
    const endpoint = this.#endpoint(credential, asked.regionID);
    const client = new AlibabaClient({ endpoint, accessKey: credential.accessKey, clock, userAgent });
    session.client = { version, endpoint: asked.endpoint, client };
    return client;
  }
}
