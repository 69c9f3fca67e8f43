/**
 * What the metrics read at each rendering.
 */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import type { ClusterReference } from '../job/model/cloud-port.ts';

/** Sources that are read, and not changed, at each rendering. */
export interface MetricsSources {
  /** All objects, as stored. */
  jobs(): Iterable<EdgeTranscodeJob>;
  /** Number of objects. */
  jobCount(): number;
  /** Wall clock of the object's last observation, as in its status, Unix seconds; undefined: never. */
  observedAt(job: EdgeTranscodeJob): number | undefined;
  /** Calls that wait for a permit. */
  backlog(): Iterable<{ identity: string; priority: string; waiting: number }>;
  /** Calls per second that the objects' intervals require, by credential. */
  demand(): ReadonlyMap<string, number>;
  /** Calls per second that a credential's account may make now. */
  budgetOf(identity: string): number;
  /**
   * The demand of each credential's account, of all its credentials and all processes whose demand is known,
   * as a part of what the account may call.
   */
  loads(): ReadonlyMap<string, number>;
  /** Wall clock of the last throttling of the credential's account, Unix seconds; undefined: never. */
  lastThrottledAt(identity: string): number | undefined;
  /** The clusters that are observed by their list, with the number of jobs in it. */
  listedClusters(): Iterable<readonly [cluster: ClusterReference, jobs: number]>;
  /** Whether the list of its cluster is known to lack the object's job. */
  isUnlisted(job: EdgeTranscodeJob): boolean;
  /**
   * Factor by which intervals are stretched, for each namespace that uses a credential, so that a credential
   * may come several times; 1: not at all.
   */
  stretches(): Iterable<readonly [identity: string, factor: number]>;
  /** Wall clock of the last page, event or bookmark, Unix seconds. */
  watchProgressedAt(): number;
  /** Watched namespaces whose list or watch the API server refuses. */
  refusedNamespaces(): readonly string[];
  /**
   * Whether budgets are shared with other processes now; undefined: they never are, or this process spends
   * none.
   */
  sharesBudgets(): boolean | undefined;
  /** Whether this process leads; otherwise it is a standby. */
  isLeading(): boolean;
}
