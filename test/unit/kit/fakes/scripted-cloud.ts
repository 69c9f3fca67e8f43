/**
 * A cloud that answers what the test has planned, call by call. A call without a plan, and a plan without a
 * call, fail the test in `verify`.
 */
import { expect } from 'chai';
import type {
  Answer,
  CloudReader,
  CredentialReference,
  Destination,
  Question,
} from '../../../../src/job/model/cloud-port.ts';
import type { Reply } from '../samples/answers.ts';
import type { FakeClock } from './fake-clock.ts';

export interface Call {
  /** A copy without the receiver, which holds what a test may expect to be dropped. */
  readonly question: Pick<Question, 'reference' | 'priority' | 'deadline' | 'known'>;
  /** Clock `now` when the call was made. */
  readonly at: number;
}

/** A call that the test ends. Until it is sent it waits for a permit, and can be withdrawn. */
export class HeldCall {
  readonly #answered = Promise.withResolvers<Answer>();
  readonly #clock: FakeClock;
  #sentAt: number | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  begin({ signal }: Question): Promise<Answer> {
    const withdraw = () => this.#sentAt === undefined && this.#answered.resolve({ kind: 'withdrawn' });
    if (signal.aborted) withdraw();
    signal.addEventListener('abort', withdraw, { once: true });
    return this.#answered.promise;
  }

  /** Sends the call: its permit was granted. */
  send(): this {
    this.#sentAt ??= this.#clock.now();
    return this;
  }

  answer(reply: Reply): void {
    this.send();
    this.#answered.resolve(reply(this.#sentAt as number));
  }
}

type Planned = Reply | HeldCall;

export class ScriptedCloud implements CloudReader {
  readonly calls: Call[] = [];
  /** Namespaces whose objects may not use the keys that they name. */
  readonly excluded = new Set<string>();
  /** The destination of every call; undefined: not known before the call. */
  leads: Destination | undefined;
  readonly #clock: FakeClock;
  #plan: Planned[] = [];
  #standing: Reply | undefined;
  #unplanned = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** Plans these answers for the next calls, each at once. */
  plan(...replies: Reply[]): void {
    this.#plan.push(...replies);
  }

  /** Plans to hold the next call. */
  hold(): HeldCall {
    const held = new HeldCall(this.#clock);
    this.#plan.push(held);
    return held;
  }

  /** Removes plans without a call. */
  unplan(): void {
    this.#plan = [];
  }

  /**
   * Plans this answer for every call without its own plan. Undefined: no such call is expected.
   */
  always(reply: Reply | undefined): void {
    this.#standing = reply;
  }

  observe(question: Question): void {
    const at = this.#clock.now();
    const { reference, priority, deadline, known } = question;
    this.calls.push({ question: { reference, priority, deadline, known }, at });
    const planned = this.#plan.shift() ?? this.#standing;
    if (!planned) {
      this.#unplanned += 1;
      throw new Error('the cloud was called, and no call was planned');
    }
    const answer = planned instanceof HeldCall ? planned.begin(question) : Promise.resolve(planned(at));
    void answer.then((each) => question.answered(each));
  }

  mayUse({ namespace }: CredentialReference): boolean {
    return !this.excluded.has(namespace);
  }

  leadsTo(): Destination | undefined {
    return this.leads;
  }

  /** Returns the calls made since the last `takeCalls`. */
  takeCalls(): readonly Call[] {
    return this.calls.splice(0);
  }

  verify(): void {
    expect(this.#unplanned, 'calls that were not planned').to.equal(0);
    expect(this.#plan, 'planned calls that were not made').to.have.length(0);
  }
}
