// No key is in work twice at a time and none is forgotten, whatever happens between adding and the end of the
// work.

import { expect } from 'chai';
import fc from 'fast-check';
import { Controller } from '../../../src/controller/controller.ts';
import { awaitChange, type Outcome, pollAt } from '../../../src/controller/outcome.ts';
import type { Work } from '../../../src/controller/work.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';
import { holdsInTime, sequence } from '../kit/for-any.ts';

type End = 'awaitChange' | 'pollAt' | 'throw';

type Step =
  | { readonly do: 'add'; readonly key: number }
  | { readonly do: 'end'; readonly which: number; readonly how: End; readonly ms: number }
  | { readonly do: 'pass'; readonly ms: number };

const ms = fc.constantFrom(0, 1, 1_000, 60_000);
const steps: fc.Arbitrary<Step[]> = sequence(
  fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: fc.nat(3) }),
    fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(3),
      how: fc.constantFrom('awaitChange', 'pollAt', 'throw'),
      ms,
    }),
    fc.record({ do: fc.constant('pass' as const), ms }),
  ),
  40,
);

interface Run {
  readonly key: number;
  readonly work: Work<number>;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/** Longest delay after a throw. */
const LONGEST_BACKOFF = 300_000;

class WorkAtHand {
  readonly clock = new FakeClock();
  /** When a key must begin that was added, or is due by its last outcome, and has not begun since. */
  readonly owed = new Map<number, { readonly from: number; readonly by: number }>();
  readonly wrong: string[] = [];
  #runs: Run[] = [];
  readonly #concurrency: number;
  readonly #controller: Controller<number>;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    this.#controller = new Controller({ clock: this.clock, logger: new RecordingLogger(), concurrency });
    this.#ended = this.#controller.run((key, work) => this.#begin(key, work), this.#stop.signal);
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'add') this.#add(step.key);
    else if (step.do === 'end') this.#end(this.#runs[step.which], step.how, step.ms);
    await this.clock.advance(step.do === 'pass' ? step.ms : 0);
    this.#checkPrompt();
    expect(this.wrong).to.deep.equal([]);
  }

  /** Ends all work, again and again, until no key has to run. */
  async finish(): Promise<void> {
    for (let rounds = 0; rounds < 20 && (this.owed.size > 0 || this.#runs.length > 0); rounds += 1) {
      for (const run of [...this.#runs]) this.#end(run, 'awaitChange', 0);
      await this.clock.advance(LONGEST_BACKOFF);
    }
    this.#stop.abort();
    await this.#ended;
  }

  #begin(key: number, work: Work<number>): Promise<Outcome> {
    if (this.#runs.some((run) => run.key === key)) this.wrong.push(`${key} is in work twice`);
    const { from = Number.POSITIVE_INFINITY } = this.owed.get(key) ?? {};
    if (from > this.clock.now()) this.wrong.push(`${key} runs without a reason`);
    this.owed.delete(key);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#runs.push({ key, work, resolve, reject });
    return promise;
  }

  /** Where there is room, every key that is due has begun, except keys still in work. */
  #checkPrompt(): void {
    if (this.#runs.length >= this.#concurrency) return;
    for (const [key, { by }] of this.owed)
      if (by <= this.clock.now() && !this.#runs.some((run) => run.key === key))
        this.wrong.push(`${key} is late`);
  }

  #add(key: number): void {
    this.owed.set(key, { from: this.clock.now(), by: this.clock.now() });
    this.#controller.add(key);
    const run = this.#runs.find((one) => one.key === key);
    if (run && !run.work.aborted) this.wrong.push(`${key} still waits although it was added again`);
  }

  #end(run: Run | undefined, how: End, delay: number): void {
    if (!run) return;
    this.#runs = this.#runs.filter((one) => one !== run);
    const now = this.clock.now();
    const at = now + delay;
    const next = how === 'throw' ? { from: now, by: now + LONGEST_BACKOFF } : { from: at, by: at };
    if (!this.owed.has(run.key) && how !== 'awaitChange') this.owed.set(run.key, next);
    if (how === 'throw') run.reject(new Error('as planned'));
    else run.resolve(how === 'pollAt' ? pollAt(at) : awaitChange());
  }
}

describe('for any order of adding, of time passing and of work ending', () => {
  it('runs no key twice at a time, begins none without a reason, and forgets none that must run', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.constantFrom(1, 2, Number.POSITIVE_INFINITY), steps, async (concurrency, given) => {
        const work = new WorkAtHand(concurrency);
        for (const step of given) await work.take(step);
        await work.finish();
        expect([...work.owed.keys()], 'forgotten').to.deep.equal([]);
        expect(work.wrong).to.deep.equal([]);
      }),
    );
  });
});
