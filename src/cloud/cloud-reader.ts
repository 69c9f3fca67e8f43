/**
 * The cloud as the domain sees it. `observe` shares calls where it can, waits for a permit of the account's
 * budget, makes one call, and answers. Its answers hold no secret and no foreign text.
 */

import type { Credentials } from '../credentials/credentials.ts';
import type {
  CloudPlan,
  CloudPlanning,
  CloudReader,
  ClusterReference,
  CredentialReference,
  Destination,
  Listing,
  Priority,
  Question,
  Reference,
} from '../job/model/cloud-port.ts';
import { identityOf } from '../job/model/reference.ts';
import { fullCallsPerSecond } from '../ratelimit/call-rate.ts';
import { SharedDemand } from '../redis/shared-demand.ts';
import type { Sharing } from '../redis/shared-limiter.ts';
import { answer } from './batching/answer.ts';
import { Batches } from './batching/batches.ts';
import { LiveClient, type LiveClientOptions, PAGE_SIZE } from './client/live-client.ts';
import { CredentialStates } from './requests/credential-states.ts';
import { WITHDRAWN } from './requests/request.ts';
import { Requests } from './requests/requests.ts';
import type { Sts } from './sts/sts.ts';

export interface LiveReaderOptions extends LiveClientOptions {
  readonly credentials: Credentials;
  readonly callsPerMinute: number;
  /** Whether this process leads; read just before each call. Default: it does. */
  readonly mayCall?: () => boolean;
  /** Gives the account of a key. Undefined: each credential is an account of its own. */
  readonly sts?: Pick<Sts, 'accountOf'> | undefined;
  /** Shares the budgets with other processes; undefined: this process spends them alone. */
  readonly sharing?: Sharing | undefined;
  /** Whether more objects are known to come, because the operator still lists them. Default: no. */
  readonly expectsMore?: () => boolean;
}

export class LiveReader implements CloudReader, CloudPlanning {
  readonly jobsPerPage = PAGE_SIZE;
  readonly #options: LiveReaderOptions;
  readonly #client: LiveClient;
  readonly #states: CredentialStates;
  readonly #requests: Requests;
  readonly #batches: Batches;
  readonly #fullRate: number;
  readonly #sharedDemand: SharedDemand | undefined;
  #plan: Pick<CloudPlan, 'namespaceDemands'> = { namespaceDemands: [] };
  #closed = false;

  constructor(options: LiveReaderOptions) {
    const { callsPerMinute, sharing, expectsMore = () => false } = options;
    this.#options = options;
    this.#fullRate = fullCallsPerSecond(callsPerMinute);
    this.#client = new LiveClient(options);
    this.#states = new CredentialStates(options);
    this.#requests = new Requests({ ...options, states: this.#states, client: this.#client });
    this.#batches = new Batches({ ...options, requests: this.#requests, expectsMore });
    this.#sharedDemand = sharing && this.#share(sharing);
  }

  observe(question: Question): void {
    const { reference, signal, known } = question;
    const refused = this.#options.credentials.refusalOf(reference.credential);
    if (this.#closed || signal.aborted) answer([question], WITHDRAWN);
    else if (refused) answer([question], { kind: 'failed', ...refused, sentAt: this.#options.clock.now() });
    else if (known === 'AuthenticationFailed') void this.#observeAfterRefusal(question);
    else this.#batches.observe(question);
  }

  mayUse(credential: CredentialReference): boolean {
    return !this.#options.credentials.refusalOf(credential);
  }

  leadsTo(reference: Reference): Destination | undefined {
    return reference.credential.name === undefined ? this.#client.destinationOf(reference, {}) : undefined;
  }

  /** Number of requests that wait for a permit or are parked, by credential and priority. */
  *backlog(): Iterable<{ identity: string; priority: Priority; waiting: number }> {
    const states = [...this.#states];
    const counts = new Map(states.map(([identity]) => [identity, { urgent: 0, scheduled: 0, retry: 0 }]));
    // Each account once: thousands of credentials can share its backlog.
    const backlogs = new Set(states.map(([, { account }]) => account?.budget.backlog ?? []));
    for (const waiting of [...backlogs, this.#requests.parked])
      for (const { about, priority } of waiting) {
        const count = counts.get(identityOf(about.credential));
        if (count) count[priority] += 1;
      }
    for (const [identity, count] of counts)
      for (const [priority, waiting] of Object.entries(count))
        yield { identity, priority: priority as Priority, waiting };
  }

  /** Calls a second that a credential's account may make now. */
  callsPerSecond(identity: string): number {
    return this.#states.find(identity)?.account?.budget.callsPerSecond ?? this.#fullRate;
  }

  /** Clock `now` when a call of a credential's account was last throttled. Undefined: none was. */
  lastThrottledAt(identity: string): number | undefined {
    return this.#states.find(identity)?.account?.budget.lastThrottledAt;
  }

  /** The clusters whose list was read, with the number of jobs that it had last. */
  listed(): Iterable<readonly [cluster: ClusterReference, jobs: number]> {
    return this.#batches.listed();
  }

  accountOf(identity: string): string {
    return this.#states.find(identity)?.account?.key ?? identity;
  }

  /** Whether each budget in use is shared with other processes now. */
  get sharesBudgets(): boolean {
    return [...this.#states].every(([, { account }]) => account?.budget.isShared ?? true);
  }

  get capacity(): number {
    return this.#fullRate * (this.#sharedDemand?.share ?? 1);
  }

  othersDemandOf(account: string): ReadonlyMap<string, number> {
    return this.#sharedDemand?.othersOf(account) ?? new Map();
  }

  listingOf(cluster: ClusterReference): Listing {
    return this.#batches.listingOf(cluster);
  }

  apply(plan: CloudPlan): void {
    this.#plan = plan;
    this.#states.keep((identity) => plan.names(identity));
    this.#batches.apply(plan);
  }

  /** Withdraws every question at once. Makes no further call and reads no Secret. Drops answers in flight. */
  close(): void {
    this.#closed = true;
    this.#sharedDemand?.close();
    this.#batches.close();
    this.#requests.close();
    this.#options.credentials.close();
  }

  /** Observes a job whose object shows already that its key is refused, once a call is worth a try. */
  async #observeAfterRefusal(question: Question): Promise<void> {
    const { reference, signal } = question;
    await this.#states.find(identityOf(reference.credential))?.breaker.untilRetry(signal);
    if (this.#closed || signal.aborted) answer([question], WITHDRAWN);
    else this.#batches.observe(question);
  }

  #share({ redis, shards, shard = '' }: Sharing): SharedDemand {
    const own = () => {
      const accounts = new Map<string, Map<string, number>>();
      for (const { identity, namespace, calls } of this.#plan.namespaceDemands) {
        const account = this.#states.find(identity)?.account?.key;
        if (account === undefined) continue;
        const sums = accounts.get(account) ?? new Map<string, number>();
        accounts.set(account, sums.set(namespace, (sums.get(namespace) ?? 0) + calls));
      }
      return accounts;
    };
    return new SharedDemand({ redis, shards, shard, own, clock: this.#options.clock });
  }
}
