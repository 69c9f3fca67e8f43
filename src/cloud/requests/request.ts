/**
 * One observation, from the wish to the answer: credential → circuit → gate → turn → call, and round again where that is worth it.
 * While it waits for its turn it is this object and nothing else: no promise under way, no timer, no socket.
 */

import type { Clock } from '../../base/clock.ts';
import type { Answer, Destination, ObserveOptions, Priority, Reference } from '../../job/model/cloud-port.ts';
import type { Failure, FailureKind } from '../../job/model/failures.ts';
import type { Caller, Payer } from '../budget/budget.ts';
import type { Credential } from '../client/credential.ts';
import type { CallResult, JobCall } from '../client/job-call.ts';
import { SIGNATURE_NONCE_USED } from '../client/map-error.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Resolved } from '../credentials/secret-credential.ts';
import { abandon, findWay, isApart, tellOthers, type Way } from './admission.ts';
import type { Sessions } from './credential-states.ts';

/** Whom an observation is for. */
export interface ObservationOwner {
  readonly reference: Reference;
  /** Its call is made now: it is not withdrawn any more, and who asks from now on wants a newer answer. */
  calling(): void;
  /** Called once, and last. */
  ended(answer: Answer): void;
}

export interface ObservationParts {
  readonly credentials: Pick<Credentials, 'resolve' | 'fresh' | 'doubt'>;
  readonly sessions: Sessions;
  readonly jobCall: Pick<JobCall, 'destinationOf' | 'make'>;
  readonly clock: Clock;
  /** Asked just before each call; once it says no, no call is made any more. Default: it may. */
  readonly mayCall?: () => boolean;
}

/** Answers given, or not given, before the key was looked at. */
const SAYS_NOTHING_OF_THE_KEY: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
  'Throttled',
  'ClockSkewed',
]);

/** For what an observation goes round again, each once: as flags, for want of space. */
const AGAIN = { oldCredential: 1, usedNonce: 2, refusedKey: 4 } as const;

type Result = Answer | 'again';

export const WITHDRAWN: Answer = { kind: 'withdrawn' };

export class Observation implements Caller {
  readonly priority: Priority;
  readonly deadline: number;
  withdrawn = false;
  waitingSince = 0;
  readonly #parts: ObservationParts;
  readonly #owner: ObservationOwner;
  #phase: 'preparing' | 'waiting' | 'calling' | 'ended' = 'preparing';
  #way: Way | undefined;
  #again = 0;

  constructor(
    parts: ObservationParts,
    { priority, deadline }: Pick<ObserveOptions, 'priority' | 'deadline'>,
    owner: ObservationOwner,
  ) {
    this.priority = priority;
    this.deadline = deadline;
    this.#parts = parts;
    this.#owner = owner;
  }

  get namespace(): string {
    return this.#owner.reference.credential.namespace;
  }

  get payer(): Payer | undefined {
    return this.#way?.session.member;
  }

  begin(): void {
    void this.#prepare();
  }

  /** From when its call is sent until that has ended. */
  get isCalling(): boolean {
    return this.#phase === 'calling';
  }

  /** Whether nobody waits for it any more: for the circuit. */
  get aborted(): boolean {
    return this.#hasEnded();
  }

  /** Ends it at once, whatever it is about. */
  leave(): void {
    if (this.#phase === 'waiting') {
      this.#way?.session.budget.withdraw(this);
      this.#abandon();
    }
    this.#end(WITHDRAWN);
  }

  dismissed(): void {
    this.#abandon();
    void this.#prepare();
  }

  ready(): boolean {
    if (!this.#way) return false;
    const { session, pass, gate, gatePass, destination } = this.#way;
    // The key was refused to somebody else; its Secret may hold another one by now.
    if (session.circuit.refusal(pass)) {
      this.dismissed();
      return false;
    }
    const refused = gate.refusal(gatePass);
    if (!refused) return true;
    this.#abandon();
    this.#end(this.#refused(refused, destination));
    return false;
  }

  async call(): Promise<void> {
    if (!this.#way) return;
    this.#phase = 'preparing';
    const ended = this.#take(this.#way);
    // Whoever is not awaited holds none of the slots that the budget's others need as well; the gate bounds how many.
    if (!isApart(this.#way)) await ended;
  }

  async #take(way: Way): Promise<void> {
    const result = await this.#turn(way);
    if (result !== 'again') this.#end(result);
    else void this.#prepare();
  }

  async #prepare(): Promise<void> {
    if (this.#hasEnded()) return;
    const { credentials } = this.#parts;
    this.#phase = 'preparing';
    const resolved = await credentials.resolve(this.#owner.reference.credential);
    if (this.#hasEnded()) return;
    if ('failure' in resolved) return this.#end(this.#refused(resolved.failure));
    const way = await findWay(this.#parts, this.#owner.reference, resolved.credential, this);
    if ('refused' in way) return this.#end(this.#refused(way.refused, way.destination));
    this.#way = way;
    if (this.#hasEnded()) return this.#abandon();
    this.#phase = 'waiting';
    way.session.budget.add(this);
  }

  /** Its turn has come; the credential is looked at again, as the wait may have been long. */
  async #turn(way: Way): Promise<Result> {
    const { sessions, jobCall } = this.#parts;
    const resolved = await this.#current();
    if (resolved === 'again' || 'failure' in resolved || this.#hasEnded()) {
      this.#abandon();
      return resolved !== 'again' && 'failure' in resolved ? this.#refused(resolved.failure) : 'again';
    }
    const { credential } = resolved;
    const { budget } = way.session;
    sessions.of(credential);
    // It leads elsewhere by now, or the turn is of an account that its new key may not be of.
    const { endpoint } = jobCall.destinationOf(this.#owner.reference, credential);
    if (endpoint !== way.destination.endpoint || way.session.budget !== budget) {
      this.#abandon();
      return 'again';
    }
    const refused = way.session.circuit.refusal(way.pass) ?? way.gate.refusal(way.gatePass);
    if (refused) {
      this.#abandon();
      return this.#refused(refused, way.destination);
    }
    if (this.#parts.mayCall?.() === false) {
      this.#abandon();
      return WITHDRAWN;
    }
    this.#phase = 'calling';
    way.gate.began();
    this.#owner.calling();
    return await this.#settle(way, credential, await jobCall.make(this.#owner.reference, credential));
  }

  /**
   * No turn is spent waiting for a Secret: turns would pile up, and their calls go all at once. Who comes a second time waits all
   * the same: its turns are further apart than a Secret is kept, so none pile up.
   */
  async #current(): Promise<Resolved | 'again'> {
    const { credentials } = this.#parts;
    const { credential } = this.#owner.reference;
    const fresh = credentials.fresh(credential);
    if (fresh) return fresh;
    return this.#isFirst('oldCredential') ? 'again' : await credentials.resolve(credential);
  }

  /** What a call's end means for those who share its account or credential, and for itself. */
  async #settle(way: Way, credential: Credential, result: CallResult): Promise<Result> {
    const { circuit } = way.session;
    const { answer, failed } = result;
    const kind = failed?.failure.kind;
    tellOthers(way, result);
    if (failed?.code === SIGNATURE_NONCE_USED && this.#isFirst('usedNonce')) {
      circuit.abandoned(way.pass);
      return 'again';
    }
    if (failed && kind === 'AuthenticationFailed')
      return await this.#keyRefused(way, credential, failed.failure, result);
    if (kind && SAYS_NOTHING_OF_THE_KEY.has(kind)) circuit.inconclusive(way.pass);
    else circuit.succeeded(way.pass);
    return answer;
  }

  /** Nobody else tries this key but a probe. The Secret is read again at once: its owner may have replaced the key just now. */
  async #keyRefused(
    { session, pass }: Way,
    { identity, version }: Credential,
    failure: Failure,
    { answer, sentAt }: CallResult,
  ): Promise<Result> {
    const { credentials } = this.#parts;
    credentials.doubt(identity, sentAt);
    if (session.version === version) session.circuit.failed(pass, failure);
    const resolved = await credentials.resolve(this.#owner.reference.credential);
    const isReplaced = 'credential' in resolved && resolved.credential.version !== version;
    const refused = session.circuit.refusal(pass);
    if ((isReplaced || !refused) && this.#isFirst('refusedKey')) return 'again';
    if (answer.kind !== 'failed' || refused?.retryAt === undefined) return answer;
    return { ...answer, failure: { ...failure, retryAt: refused.retryAt } };
  }

  #refused(failure: Failure, destination?: Destination): Answer {
    return { kind: 'failed', failure, sentAt: this.#parts.clock.now(), ...(destination && { destination }) };
  }

  #isFirst(reason: keyof typeof AGAIN): boolean {
    const flag = AGAIN[reason];
    if (this.#again & flag) return false;
    this.#again |= flag;
    return true;
  }

  /** The call that it had leave for is not made, or not yet. */
  #abandon(): void {
    if (this.#way) abandon(this.#way);
  }

  #hasEnded(): boolean {
    return this.#phase === 'ended';
  }

  #end(answer: Answer): void {
    if (this.#hasEnded()) return;
    this.#phase = 'ended';
    this.#owner.ended(answer);
  }
}
