// Every request ends once, for any order of replaced keys, answers of STS, refusals, throttlings and
// withdrawals.

import { expect } from 'chai';
import fc from 'fast-check';
import type { LiveClient } from '../../../../src/cloud/client/live-client.ts';
import { CredentialStates } from '../../../../src/cloud/requests/credential-states.ts';
import type { Request } from '../../../../src/cloud/requests/request.ts';
import { Requests } from '../../../../src/cloud/requests/requests.ts';
import type { Resolved } from '../../../../src/credentials/secret-credential.ts';
import { type CredentialReference, PRIORITIES, type Priority } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { aKey, aRequest, callResult, DESTINATION } from '../../kit/samples/a-request.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const SECRETS = ['a', 'b'] as const;
const MINUTE = 60_000;
const CALLS_PER_MINUTE = 60;
/** How long a Secret is fresh after a read, in these tests. */
const FRESH_MS = 10_000;

/** 0.7 s for both tests. 1,200 were tried when the test was written. */
const RUNS = 20;

const OUTCOMES = [
  'answered',
  'AuthenticationFailed',
  'ConnectionFailed',
  'Throttled',
  'ServerError',
] as const;

type Step =
  | { readonly do: 'submit'; readonly secret: string; readonly priority: Priority; readonly many: number }
  | { readonly do: 'withdraw'; readonly which: number }
  /** What calls end with from now on. */
  | { readonly do: 'outcome'; readonly outcome: FailureKind | 'answered' }
  | { readonly do: 'replace'; readonly secret: string; readonly key: string }
  | { readonly do: 'sts'; readonly answerMs: number; readonly isKnown: boolean }
  | { readonly do: 'pass'; readonly ms: number };

const secret = fc.constantFrom(...SECRETS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      secret,
      priority: fc.constantFrom(...PRIORITIES),
      many: fc.constantFrom(1, 3, 40),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('withdraw' as const), which: fc.nat(4) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('outcome' as const), outcome: fc.constantFrom(...OUTCOMES) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('replace' as const),
      secret,
      key: fc.constantFrom('k1', 'k2', 'k3'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('sts' as const),
      answerMs: fc.constantFrom(10, 2_000, 8_000),
      isKnown: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 500, 5_000, 30_000, 2 * MINUTE),
    }),
  },
);

/** Requests with two Secrets, whose keys k1 and k2 are of one account. */
class World {
  readonly time = new SteppedTime();
  readonly submitted: Request<unknown>[] = [];
  readonly withdrawn = new Set<Request<unknown>>();
  readonly finished: Request<unknown>[] = [];
  /** When calls of a key were made. */
  readonly calls: { readonly key: string; readonly at: number }[] = [];
  readonly states: CredentialStates;
  readonly #requests: Requests;
  readonly #held = new Map<string, { key: string; version: number; readAt: number }>();
  #outcome: FailureKind | 'answered' = 'answered';
  #answerMs = 10;
  #isKnown = true;

  constructor() {
    for (const name of SECRETS)
      this.#held.set(name, { key: 'k1', version: 0, readAt: Number.NEGATIVE_INFINITY });
    const clock = this.time;
    const sts = { accountOf: (_: unknown, key: { accessKeyID: string }) => this.#accountOf(key.accessKeyID) };
    this.states = new CredentialStates({ callsPerMinute: CALLS_PER_MINUTE, clock, sts });
    this.states.keep(() => true);
    const credentials = {
      resolve: async (reference: CredentialReference) => {
        await clock.sleep(5);
        return this.#read(reference);
      },
      fresh: ({ name = '' }: CredentialReference) => {
        const held = this.#held.get(name);
        return held && clock.now() - held.readAt < FRESH_MS ? this.#credential(name) : undefined;
      },
      markStale: (identity: string) => {
        const held = this.#held.get(identity.replace('media/', ''));
        if (held) held.readAt = Number.NEGATIVE_INFINITY;
      },
    };
    const client = { destinationOf: () => DESTINATION, call: this.#call };
    this.#requests = new Requests({ credentials, states: this.states, client, clock });
    void this.#collect();
  }

  readonly #call: LiveClient['call'] = async ({ read }, _, { accessKey }) => {
    const at = this.time.now();
    this.calls.push({ key: accessKey.accessKeyID, at });
    await this.time.sleep(300);
    return callResult(this.#outcome, at, read({ Job: { JobId: 'j' } }));
  };

  async take(given: Step): Promise<void> {
    if (given.do === 'submit')
      for (let index = 0; index < given.many; index += 1) this.#submit(given.secret, given.priority);
    else if (given.do === 'withdraw') this.#withdraw(given.which);
    else if (given.do === 'outcome') this.#outcome = given.outcome;
    else if (given.do === 'replace') this.#replace(given.secret, given.key);
    else if (given.do === 'sts') this.#setSts(given.answerMs, given.isKnown);
    else if (given.do === 'pass') await this.time.pass(given.ms, Math.max(1, given.ms / 50));
  }

  /** Lets every call succeed from now on, and passes the time in which the waiting requests are called. */
  async recover(): Promise<void> {
    this.#outcome = 'answered';
    this.#setSts(10, true);
    await this.time.pass(20 * MINUTE, 500);
  }

  end(): void {
    this.#requests.close();
    this.time.restore();
  }

  get open(): Request<unknown>[] {
    return this.submitted.filter((each) => !this.withdrawn.has(each) && !each.result);
  }

  #submit(name: string, priority: Priority): void {
    const request = aRequest(name, { priority, deadline: this.time.now() });
    this.submitted.push(request);
    this.#requests.submit(request);
  }

  #withdraw(which: number): void {
    const request = this.open[which];
    if (!request) return;
    this.#requests.withdraw(request);
    if (!request.isCalling) this.withdrawn.add(request);
  }

  #replace(name: string, key: string): void {
    const held = this.#held.get(name);
    if (held) Object.assign(held, { key, version: held.version + 1 });
  }

  #setSts(answerMs: number, isKnown: boolean): void {
    this.#answerMs = answerMs;
    this.#isKnown = isKnown;
  }

  async #accountOf(
    key: string,
  ): Promise<{ accountID: string } | { failure: { kind: FailureKind; message: string } }> {
    const isKnown = this.#isKnown;
    await this.time.sleep(this.#answerMs);
    return isKnown ? { accountID: accountOf(key) } : { failure: { kind: 'ServerError', message: '' } };
  }

  #read({ name = '' }: CredentialReference): Resolved {
    const held = this.#held.get(name);
    if (held) held.readAt = this.time.now();
    return this.#credential(name);
  }

  #credential(name: string): Resolved & { credential: object } {
    const { key, version } = this.#held.get(name) ?? expect.fail();
    return aKey(key, { identity: `media/${name}`, version: `${version}` });
  }

  async #collect(): Promise<void> {
    const { finished } = this.#requests;
    for (let items = await finished.next(); items.length > 0; items = await finished.next())
      this.finished.push(...items.filter(({ result }) => result));
  }
}

function accountOf(key: string): string {
  return key === 'k3' ? '3' : '1';
}

async function living(steps: readonly Step[], rule: (world: World) => Promise<void> | void): Promise<void> {
  const world = new World();
  try {
    for (const each of steps) await world.take(each);
    await rule(world);
  } finally {
    world.end();
  }
}

/**
 * Checks a property without a time limit, which would interrupt a run that holds the global timers. Does not
 * search for a smaller input, which takes long.
 */
async function tried<Input>(property: fc.IAsyncProperty<Input>, runs: number): Promise<void> {
  await fc.assert(property, { numRuns: runs, endOnFailure: true });
}

describe('for any order of replaced keys, answers of STS, refusals, throttlings and withdrawals', function () {
  this.timeout(30_000);

  it('every request leaves once, unless it is withdrawn, and no request is left waiting', async () => {
    const steps = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
    await tried(
      fc.asyncProperty(steps, async (given) => {
        await living(given, async (world) => {
          await world.recover();
          expect(world.open, 'never ended').to.deep.equal([]);
          expect(new Set(world.finished).size, 'ended twice').to.equal(world.finished.length);
          expect(world.finished.length + world.withdrawn.size).to.equal(world.submitted.length);
          for (const each of world.finished) expect(world.withdrawn.has(each)).to.equal(false);
          for (const [, { account }] of world.states) expect(account?.budget.backlog.total).to.equal(0);
          const members = [...world.states].map(([, { account }]) => account);
          for (const account of members)
            expect(account?.members).to.equal(members.filter((other) => other === account).length);
        });
      }),
      RUNS,
    );
  });

  it('no account is called more often than its budget allows while STS answers in time', async () => {
    const inTime = step.filter((each) => each.do !== 'sts' || (each.answerMs < 3_000 && each.isKnown));
    const steps = fc.array(inTime, { minLength: 10, maxLength: 40, size: 'max' });
    await tried(
      fc.asyncProperty(steps, async (given) => {
        await living(given, ({ calls }) => {
          for (const account of ['1', '3']) {
            const times = calls.filter(({ key }) => accountOf(key) === account).map(({ at }) => at);
            for (const end of times)
              expect(times.filter((at) => at > end - MINUTE && at <= end).length).to.be.at.most(
                CALLS_PER_MINUTE,
              );
          }
        });
      }),
      RUNS,
    );
  });
});
