/**
 * A cloud that says what the test has planned, call by call. A call that was not planned, and a plan that
 * nobody called for, fail the test in `verify`.
 */
import { expect } from 'chai';
import type {
  Answer,
  CloudReader,
  CredentialReference,
  Destination,
  ObserveOptions,
  Reference,
} from '../../../src/job/model/cloud-port.ts';
import type { Reply } from './answers.ts';
import type { FakeClock } from './fake-clock.ts';

export interface Call {
  readonly reference: Reference;
  readonly options: ObserveOptions;
  /** Clock `now` when it was made. */
  readonly at: number;
}

/** A call whose end is the test's to say. It waits for its turn, and can be withdrawn, until it is sent. */
export class HeldCall {
  readonly #answered = Promise.withResolvers<Answer>();
  readonly #clock: FakeClock;
  #sentAt: number | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  begin({ signal }: ObserveOptions): Promise<Answer> {
    const withdraw = () => this.#sentAt === undefined && this.#answered.resolve({ kind: 'withdrawn' });
    if (signal.aborted) withdraw();
    signal.addEventListener('abort', withdraw, { once: true });
    return this.#answered.promise;
  }

  /** Its turn has come. */
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
  /** Namespaces that may not use the keys that they name. */
  readonly excluded = new Set<string>();
  /** Where every call would be sent; undefined: that cannot be told. */
  leads: Destination | undefined;
  readonly #clock: FakeClock;
  #plan: Planned[] = [];
  #standing: Reply | undefined;
  #unplanned = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** The next calls are answered thus, each at once. */
  plan(...replies: Reply[]): void {
    this.#plan.push(...replies);
  }

  /** The next call is held. */
  hold(): HeldCall {
    const held = new HeldCall(this.#clock);
    this.#plan.push(held);
    return held;
  }

  /** Takes back what was planned and not called for. */
  unplan(): void {
    this.#plan = [];
  }

  /**
   * Every call that has no plan of its own is answered thus from now on; undefined: no such call is expected.
   */
  always(reply: Reply | undefined): void {
    this.#standing = reply;
  }

  async observe(reference: Reference, options: ObserveOptions): Promise<Answer> {
    const at = this.#clock.now();
    this.calls.push({ reference, options, at });
    const planned = this.#plan.shift() ?? this.#standing;
    if (planned instanceof HeldCall) return planned.begin(options);
    if (planned) return planned(at);
    this.#unplanned += 1;
    throw new Error('the cloud was called, and no call was planned');
  }

  mayUse({ namespace }: CredentialReference): boolean {
    return !this.excluded.has(namespace);
  }

  leadsTo(): Destination | undefined {
    return this.leads;
  }

  /** How many calls were made since this was last asked. */
  takeCalls(): readonly Call[] {
    return this.calls.splice(0);
  }

  verify(): void {
    expect(this.#unplanned, 'calls that were not planned').to.equal(0);
    expect(this.#plan, 'planned calls that were not made').to.have.length(0);
  }
}
