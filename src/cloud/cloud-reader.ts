/**
 * The cloud as the domain sees it: `observe` resolves the credential, waits its turn in the account's budget, asks once, and
 * answers. It never rejects, and what it answers is free of secrets and of foreign text.
 */
import type { Clock } from '../base/clock.ts';
import {
  type Answer,
  type CloudReader,
  type ClusterDemand,
  type CredentialReference,
  type Destination,
  type ObserveOptions,
  PRIORITIES,
  type Priority,
  type Reference,
} from '../job/model/cloud-port.ts';
import { type Pressure, pressuresOf } from '../job/schedule/interval-scale.ts';
import { Clusters, type ObserveWith } from './batching/clusters.ts';
import type { SweepParts } from './batching/sweep.ts';
import type { Budget, Payer } from './budget/budget.ts';
import { JobCall, type JobCallOptions } from './client/job-call.ts';
import type { Credentials } from './credentials/credentials.ts';
import type { Sts } from './credentials/sts.ts';
import { fullCallsPerSecond } from './ratelimit/call-rate.ts';
import { SharedDemand } from './redis/shared-demand.ts';
import type { Sharing } from './redis/shared-limiter.ts';
import { Sessions } from './requests/credential-states.ts';
import { Observation, WITHDRAWN } from './requests/request.ts';

export interface LiveReaderOptions extends JobCallOptions {
  readonly credentials: Credentials;
  readonly callsPerMinute: number;
  /** Asked just before each call; once it says no, no call is made any more. Default: it may. */
  readonly mayCall?: () => boolean;
  /** Says whose a key is; undefined: each credential is an account by itself. */
  readonly sts?: Pick<Sts, 'accountOf'> | undefined;
  /** With whom the budgets are shared; undefined: nobody. */
  readonly sharing?: Sharing | undefined;
  /** Default: get. */
  readonly observeWith?: ObserveWith;
  /** What all objects' intervals ask for; undefined: not known yet. Asked every few seconds at most. */
  readonly demand?: () => readonly ClusterDemand[] | undefined;
  /** Whether it is known that more will be asked for in a moment. Default: no. */
  readonly expectsMore?: () => boolean;
}

export class LiveReader implements CloudReader {
  readonly #parts: SweepParts;
  readonly #credentials: Credentials;
  readonly #clusters: Clusters;
  readonly #fullRate: number;
  readonly #sharedDemand: SharedDemand | undefined;
  #closed = false;

  constructor(options: LiveReaderOptions) {
    const { credentials, callsPerMinute, sts, sharing, clock, observer, logger, mayCall } = options;
    const { observeWith = 'get', demand = () => undefined, expectsMore = () => false } = options;
    const onWait = observer?.waited.bind(observer);
    this.#fullRate = fullCallsPerSecond(callsPerMinute);
    const isWanted = (identity: string) => this.#clusters.names(identity);
    const sessions = new Sessions({
      callsPerMinute,
      clock,
      sts,
      sharing,
      isWanted,
      ...(onWait && { onWait }),
    });
    this.#credentials = credentials;
    const jobCall = new JobCall(options);
    this.#parts = { credentials, sessions, jobCall, expectsMore, clock, ...(mayCall && { mayCall }) };
    this.#sharedDemand = sharing && this.#share(sharing, clock);
    const loadOf = (identity: string, calls: number) => this.#loadOf(identity, calls);
    this.#clusters = new Clusters(this.#parts, { observeWith, demand, loadOf, logger });
  }

  observe(reference: Reference, options: ObserveOptions): Promise<Answer> {
    if (this.#closed || options.signal.aborted) return Promise.resolve(WITHDRAWN);
    return new Promise((resolve) => {
      if (this.mayUse(reference.credential)) this.#clusters.observe(reference, options, resolve);
      else this.#refuse(reference, options, resolve);
    });
  }

  mayUse(credential: CredentialReference): boolean {
    return this.#credentials.permits(credential);
  }

  leadsTo(reference: Reference): Destination | undefined {
    return reference.credential.name === undefined
      ? this.#parts.jobCall.destinationOf(reference, {})
      : undefined;
  }

  /** Calls waiting for their turn, by credential and priority. */
  *backlog(): Iterable<{ identity: string; priority: Priority; waiting: number }> {
    const sessions = [...this.#parts.sessions];
    const waiting = waitingOf(new Set(sessions.map(([, { budget }]) => budget)));
    for (const [identity, { member }] of sessions)
      for (const priority of PRIORITIES)
        yield { identity, priority, waiting: waiting.get(member)?.[priority] ?? 0 };
  }

  /** What a credential's account may call now. */
  callsPerSecond(identity: string): number {
    return this.#parts.sessions.find(identity)?.budget.callsPerSecond ?? this.#fullRate;
  }

  /** Calls a second that the objects' intervals ask for, by credential. */
  demand(): ReadonlyMap<string, number> {
    return this.#clusters.demand();
  }

  /** What is asked of each credential's account, by all who share its budget, and what of that is for them. */
  pressures(): Map<string, Pressure> {
    const others = (account: string) => this.#sharedDemand?.othersOf(account) ?? 0;
    return pressuresOf(this.demand(), this.#capacity, (identity) => this.#accountOf(identity), others);
  }

  /** Makes no call after this, and ends every observation at once; answers that are on their way are dropped. */
  close(): void {
    this.#closed = true;
    this.#sharedDemand?.close();
    this.#clusters.close(WITHDRAWN);
    for (const [, { budget }] of this.#parts.sessions) budget.close();
  }

  #share({ redis, shards, shard = '' }: Sharing, clock: Clock): SharedDemand {
    const own = () => {
      const sums = new Map<string, number>();
      for (const [identity, calls] of this.demand()) {
        const account = this.#parts.sessions.find(identity)?.member.account.key;
        if (account !== undefined) sums.set(account, (sums.get(account) ?? 0) + calls);
      }
      return sums;
    };
    return new SharedDemand({ redis, shards, shard, own, clock });
  }

  /** Equal for credentials that share a budget, as far as is known now. */
  #accountOf(identity: string): string {
    return this.#parts.sessions.find(identity)?.member.account.key ?? identity;
  }

  /** Calls a second that an account is given for those whose demand is known. */
  get #capacity(): number {
    return this.#fullRate * (this.#sharedDemand?.share ?? 1);
  }

  /** Of an account's capacity, 1 being all of it, with so many calls a second of this process's. */
  #loadOf(identity: string, calls: number): number {
    const others = this.#sharedDemand?.othersOf(this.#accountOf(identity)) ?? 0;
    return (calls + others) / this.#capacity;
  }

  /** It shares nothing with those who may use the same keys: it is told at once why it may not. */
  #refuse(reference: Reference, options: ObserveOptions, onAnswer: (answer: Answer) => void): void {
    new Observation(this.#parts, options, {
      reference,
      calling: () => undefined,
      ended: onAnswer,
    }).begin();
  }
}

/** How many wait for whom: of a budget that several share, each has its own. */
function waitingOf(budgets: Iterable<Budget>): Map<Payer | undefined, Record<Priority, number>> {
  const waiting = new Map<Payer | undefined, Record<Priority, number>>();
  for (const budget of budgets)
    for (const { payer, priority } of budget.callers) {
      const priorities = waiting.get(payer) ?? { urgent: 0, scheduled: 0, retry: 0 };
      priorities[priority] += 1;
      waiting.set(payer, priorities);
    }
  return waiting;
}
