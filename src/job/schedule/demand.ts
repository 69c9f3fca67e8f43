/**
 * How many jobs are polled at which intervals, by cluster, and for which namespaces. Objects that mean the
 * same job count once, at the shortest of their intervals. An object counts as it is really polled: rarely
 * after an answer that only a person can change, and not at all while its key is refused.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ClusterDemand, ClusterReference, CredentialReference, Reference } from '../model/cloud-port.ts';
import { policyOf } from '../model/policies.ts';
import { obstacleOf } from '../model/polled.ts';
import { canonicalID, clusterKey, referenceOf } from '../model/reference.ts';
import { desiredInterval, pollInterval, type ScheduleSettings, type Verdict } from './poll-schedule.ts';

export interface DemandParts {
  readonly settings: ScheduleSettings;
  /** Whether a namespace may use a credential. */
  readonly mayUse: (credential: CredentialReference) => boolean;
  /** Returns the definitive failure in force for an object, if any. */
  readonly verdictOf: (object: EdgeTranscodeJob) => Verdict | undefined;
}

/** A namespace that needs a target, and the next one that needs the same target. */
interface Sharer {
  readonly namespace: string;
  interval: number;
  next: Sharer | undefined;
}

/**
 * Adds up the demand by cluster, credential and region. Objects that make no calls count nothing. Those that
 * may not use the credential that they name do not even name its cluster: they must not change how the
 * objects of other namespaces are polled.
 */
export function demandOf(jobs: Iterable<EdgeTranscodeJob>, parts: DemandParts): ClusterDemand[] {
  const clusters = new Map<string, { reference: Reference; targets: Map<string, Sharer> }>();
  const desired = remembering(parts.settings);
  for (const job of jobs) {
    const obstacle = obstacleOf(job, parts.mayUse);
    if (obstacle === 'forbidden') continue;
    const reference = referenceOf(job);
    const key = clusterKey(reference);
    const cluster = clusters.get(key) ?? { reference, targets: new Map<string, Sharer>() };
    clusters.set(key, cluster);
    const verdict = parts.verdictOf(job);
    if (obstacle !== undefined || (verdict && !policyOf(verdict.kind).calls)) continue;
    const interval = pollInterval(desired(job), verdict, parts.settings);
    const jobID = canonicalID(reference.jobID);
    const { targets } = cluster;
    targets.set(jobID, withSharer(targets.get(jobID), job.namespace, interval));
  }
  return Array.from(clusters.values(), ({ reference, targets }) => ({
    ...clusterOf(reference),
    ...countedBy(targets.values()),
  }));
}

/** Parses each interval's text once: 100,000 objects share a few texts. */
function remembering(settings: ScheduleSettings): (job: EdgeTranscodeJob) => number {
  const known = new Map<string | undefined, number>();
  return ({ spec }) => {
    const interval = known.get(spec.interval) ?? desiredInterval(spec, settings);
    known.set(spec.interval, interval);
    return interval;
  };
}

function clusterOf({ jobID: _jobID, ...cluster }: Reference): ClusterReference {
  return cluster;
}

function withSharer(first: Sharer | undefined, namespace: string, interval: number): Sharer {
  for (let sharer = first; sharer; sharer = sharer.next)
    if (first && sharer.namespace === namespace) {
      sharer.interval = Math.min(sharer.interval, interval);
      return first;
    }
  return { namespace, interval, next: first };
}

function countedBy(targets: Iterable<Sharer>): Pick<ClusterDemand, 'targets' | 'namespaces'> {
  const counts = new Map<number, number>();
  const namespaces = new Map<string, number>();
  for (const first of targets) {
    const sharers = first.next ? sharersFrom(first) : [first];
    const shortest = sharers.at(-1)?.interval ?? first.interval;
    counts.set(shortest, (counts.get(shortest) ?? 0) + 1);
    divide(sharers, namespaces);
  }
  return { targets: counts, namespaces };
}

/** The sharers of a target, the longest interval first. */
function sharersFrom(first: Sharer): Sharer[] {
  const sharers: Sharer[] = [];
  for (let sharer: Sharer | undefined = first; sharer; sharer = sharer.next) sharers.push(sharer);
  return sharers.sort((a, b) => b.interval - a.interval);
}

/**
 * Divides the calls for a target: the calls that several namespaces need count in equal parts for these, and
 * the further calls of shorter intervals for those that have them. So no namespace counts for more than it
 * would alone, whatever objects others create.
 */
function divide(sharers: readonly Sharer[], namespaces: Map<string, number>): void {
  let shared = 0;
  let part = 0;
  for (const [index, { namespace, interval }] of sharers.entries()) {
    const calls = 1_000 / interval;
    part += (calls - shared) / (sharers.length - index);
    shared = calls;
    namespaces.set(namespace, (namespaces.get(namespace) ?? 0) + part);
  }
}
