/**
 * The cloud as the domain sees it: `observe` resolves the credential, waits its turn in the account's budget, asks once, and
 * answers. It never rejects, and what it answers is free of secrets and of foreign text.
 */
import type { Clock } from '../base/clock.ts';
import {
  type Answer,
  type CloudPlan,
  type CloudPlanning,
  type CloudReader,
  type ClusterReference,
  type CredentialReference,
  type Destination,
  type Listing,
  type ObserveOptions,
  PRIORITIES,
  type Priority,
  type Reference,
} from '../job/model/cloud-port.ts';
import { Clusters } from './batching/clusters.ts';
import { PAGE_SIZE } from './batching/page-call.ts';
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
  /** Whether it is known that more will be asked for in a moment. Default: no. */
  readonly expectsMore?: () => boolean;
}

/** The plan until the planner has applied one: no sweeps. */
const NO_PLAN: CloudPlan = {
  sweepingOf: () => 'none',
  includes: () => false,
  names: () => false,
  demand: new Map(),
};

export class LiveReader implements CloudReader, CloudPlanning {
  readonly jobsPerPage = PAGE_SIZE;
  readonly #parts: SweepParts;
  readonly #credentials: Credentials;
  readonly #clusters: Clusters;
  readonly #fullRate: number;
  readonly #sharedDemand: SharedDemand | undefined;
  #plan = NO_PLAN;
  #closed = false;

  constructor(options: LiveReaderOptions) {
    const { credentials, callsPerMinute, sts, sharing, clock, observer, logger, mayCall } = options;
    const { expectsMore = () => false } = options;
    const onWait = observer?.waited.bind(observer);
    this.#fullRate = fullCallsPerSecond(callsPerMinute);
    const isWanted = (identity: string) => this.#plan.names(identity);
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
    this.#clusters = new Clusters(this.#parts, { plan: NO_PLAN, logger });
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

  /** Equal for credentials that share a budget, as far as is known now. */
  accountOf(identity: string): string {
    return this.#parts.sessions.find(identity)?.member.account.key ?? identity;
  }

  /** Calls a second that an account is given for those whose demand is known. */
  get capacity(): number {
    return this.#fullRate * (this.#sharedDemand?.share ?? 1);
  }

  othersDemandOf(account: string): number {
    return this.#sharedDemand?.othersOf(account) ?? 0;
  }

  listingOf(cluster: ClusterReference): Listing {
    return this.#clusters.listingOf(cluster);
  }

  apply(plan: CloudPlan): void {
    this.#plan = plan;
    this.#clusters.apply(plan);
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
      for (const [identity, calls] of this.#plan.demand) {
        const account = this.#parts.sessions.find(identity)?.member.account.key;
        if (account !== undefined) sums.set(account, (sums.get(account) ?? 0) + calls);
      }
      return sums;
    };
    return new SharedDemand({ redis, shards, shard, own, clock });
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
