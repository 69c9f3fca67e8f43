/**
 * The cloud as the domain sees it: `observe` resolves the credential, waits its turn in the account's budget, asks once, and
 * answers. It never rejects, and what it answers is free of secrets and of foreign text.
 */
import {
  type Answer,
  type Asked,
  type CloudReader,
  type Failure,
  type FailureKind,
  LANES,
  type Lane,
  type ObserveOptions,
  type Reference,
} from '../job/ports.ts';
import type { Pass } from './circuit.ts';
import type { Credentials } from './credentials.ts';
import { type CallResult, JobCall, type JobCallOptions } from './job-call.ts';
import { SIGNATURE_NONCE_USED } from './map-error.ts';
import type { Credential, Resolved } from './secret-credential.ts';
import { type Session, Sessions } from './sessions.ts';

export interface LiveReaderOptions extends JobCallOptions {
  readonly credentials: Credentials;
  readonly callsPerMinute: number;
}

/** One observation under way. */
interface Observation {
  readonly reference: Reference;
  readonly options: ObserveOptions;
  /** From here on it ends as it ends, wanted or not. */
  readonly onCall: () => void;
  /** For what it has begun again; it does so once for each. */
  readonly again: Set<'old credential' | 'used nonce' | 'refused key'>;
}

/** A call that may be made now. */
interface Turn {
  readonly observation: Observation;
  readonly session: Session;
  readonly pass: Pass;
  readonly credential: Credential;
}

type Result = Answer | 'again';

/** Answers given, or not given, before the key was looked at. */
const SAYS_NOTHING_OF_THE_KEY: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
  'Throttled',
  'ClockSkewed',
]);

/** Answers that need not have come from behind the gate where calls are counted. */
const SAYS_NOTHING_OF_THE_QUOTA: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
]);

const WITHDRAWN: Answer = { kind: 'withdrawn' };

export class LiveReader implements CloudReader {
  readonly #options: LiveReaderOptions;
  readonly #call: JobCall;
  readonly #sessions: Sessions;
  /** Ends each observation under way, as withdrawn. */
  readonly #leaving = new Set<() => void>();
  #closed = false;

  constructor(options: LiveReaderOptions) {
    const { callsPerMinute, clock, observer } = options;
    const onWait = observer?.waited.bind(observer);
    this.#options = options;
    this.#call = new JobCall(options);
    this.#sessions = new Sessions({ callsPerMinute, clock, ...(onWait && { onWait }) });
  }

  async observe(reference: Reference, options: ObserveOptions): Promise<Answer> {
    const { signal } = options;
    if (this.#closed || signal.aborted) return WITHDRAWN;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const leave = () => resolve(WITHDRAWN);
    const onCall = () => signal.removeEventListener('abort', leave);
    signal.addEventListener('abort', leave, { once: true });
    this.#leaving.add(leave);
    void this.#observe({ reference, options, onCall, again: new Set() }).then((answer) => {
      onCall();
      this.#leaving.delete(leave);
      resolve(answer);
    });
    return await promise;
  }

  /** Calls waiting for their turn, by credential and lane. */
  *backlog(): Iterable<{ identity: string; lane: Lane; waiting: number }> {
    for (const [identity, { budget }] of this.#sessions)
      for (const lane of LANES) yield { identity, lane, waiting: budget.waiting(lane) };
  }

  /** Makes no call after this, and ends every observation at once; answers that are on their way are dropped. */
  close(): void {
    this.#closed = true;
    for (const leave of this.#leaving) leave();
    for (const [, { budget }] of this.#sessions) budget.close();
  }

  async #observe(observation: Observation): Promise<Answer> {
    for (;;) {
      const result = await this.#attempt(observation);
      if (result !== 'again') return result;
    }
  }

  async #attempt(observation: Observation): Promise<Result> {
    const { reference, options } = observation;
    const resolved = await this.#options.credentials.resolve(reference.credential);
    if (this.#closed) return WITHDRAWN;
    if ('failure' in resolved) return this.#refused(resolved.failure);
    const session = this.#sessions.of(resolved.credential);
    const entrance = await session.circuit.enter(options.signal);
    if ('refused' in entrance)
      return this.#refused(entrance.refused, this.#call.asked(reference, resolved.credential));
    const { pass } = entrance;
    const result = await session.budget.run(options, () => this.#turn(observation, session, pass));
    return result === 'withdrawn' ? this.#left(session, pass, options) : result;
  }

  /** No longer wanted; or sent away with all the others, because the key was refused: its Secret may hold another one by now. */
  #left({ circuit }: Session, pass: Pass, { signal }: ObserveOptions): Result {
    circuit.abandoned(pass);
    return signal.aborted || this.#closed ? WITHDRAWN : 'again';
  }

  /** Its turn has come; the credential is looked at again, as the wait may have been long. */
  async #turn(observation: Observation, session: Session, pass: Pass): Promise<Result> {
    const { reference, onCall } = observation;
    const resolved = await this.#current(observation);
    if (resolved === 'again' || 'failure' in resolved) {
      session.circuit.abandoned(pass);
      return resolved === 'again' ? resolved : this.#refused(resolved.failure);
    }
    const { credential } = resolved;
    this.#sessions.of(credential);
    const refused = session.circuit.refusal(pass);
    if (refused) return this.#refused(refused, this.#call.asked(reference, credential));
    onCall();
    return await this.#settle(
      { observation, session, pass, credential },
      await this.#call.make(reference, credential),
    );
  }

  /**
   * No turn is spent waiting for a Secret: turns would pile up, and their calls go all at once. Who comes a second time waits all
   * the same: its turns are further apart than a Secret is kept, so none pile up.
   */
  async #current({ reference, again }: Observation): Promise<Resolved | 'again'> {
    const { credentials } = this.#options;
    const fresh = credentials.fresh(reference.credential);
    if (fresh) return fresh;
    return first(again, 'old credential') ? 'again' : await credentials.resolve(reference.credential);
  }

  /** What a call's end means for those who share its account or credential, and for itself. */
  async #settle(turn: Turn, { answer, failed, askedAt }: CallResult): Promise<Result> {
    const { observation, session, pass } = turn;
    const kind = failed?.failure.kind;
    if (kind === 'Throttled') session.budget.throttled();
    else if (!kind || !SAYS_NOTHING_OF_THE_QUOTA.has(kind)) session.budget.accepted();
    if (failed?.code === SIGNATURE_NONCE_USED && first(observation.again, 'used nonce')) {
      session.circuit.abandoned(pass);
      return 'again';
    }
    if (failed && kind === 'AuthenticationFailed')
      return await this.#keyRefused(turn, failed.failure, answer, askedAt);
    if (kind && SAYS_NOTHING_OF_THE_KEY.has(kind)) session.circuit.inconclusive(pass);
    else session.circuit.succeeded(pass);
    return answer;
  }

  /** Nobody else tries this key but a probe. The Secret is read again at once: its owner may have replaced the key just now. */
  async #keyRefused(
    { observation, session, pass, credential }: Turn,
    failure: Failure,
    answer: Answer,
    askedAt: number,
  ): Promise<Result> {
    const { credentials } = this.#options;
    const { identity, version } = credential;
    if (session.version === version && session.circuit.failed(pass, failure)) session.budget.dismiss();
    credentials.doubt(identity, askedAt);
    const resolved = await credentials.resolve(observation.reference.credential);
    const isReplaced = 'credential' in resolved && resolved.credential.version !== version;
    const refused = session.circuit.refusal(pass);
    if ((isReplaced || !refused) && first(observation.again, 'refused key')) return 'again';
    const { retryAt } = refused ?? {};
    return answer.kind !== 'failed' || retryAt === undefined
      ? answer
      : { ...answer, failure: { ...failure, retryAt } };
  }

  #refused(failure: Failure, asked?: Asked): Answer {
    return { kind: 'failed', failure, askedAt: this.#options.clock.now(), ...(asked && { asked }) };
  }
}

/** Whether this is the first time. */
function first<T>(seen: Set<T>, value: T): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  return true;
}
