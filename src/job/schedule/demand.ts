/**
 * How many jobs are to be polled at which intervals, by cluster. Objects that mean the same job count once,
 * at the shortest of their intervals.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ClusterDemand, ClusterReference, CredentialReference, Reference } from '../model/cloud-port.ts';
import { obstacleOf } from '../model/polled.ts';
import { clusterKey, referenceOf } from '../model/reference.ts';
import { desiredInterval, type ScheduleSettings } from './poll-schedule.ts';

/**
 * Adds up the demand by cluster, credential and region. Objects that are not polled count nothing. Those that
 * may not use the credential that they name do not even name its cluster: they must not change how the
 * objects of other namespaces are polled.
 *
 * @param mayUse whether a namespace may use a credential
 */
export function demandOf(
  jobs: Iterable<EdgeTranscodeJob>,
  settings: ScheduleSettings,
  mayUse: (credential: CredentialReference) => boolean = () => true,
): ClusterDemand[] {
  const clusters = new Map<string, { reference: Reference; intervals: Map<string, number> }>();
  const interval = remembering(settings);
  for (const job of jobs) {
    const obstacle = obstacleOf(job, mayUse);
    if (obstacle === 'forbidden') continue;
    const reference = referenceOf(job);
    const key = clusterKey(reference);
    const known = clusters.get(key);
    const { intervals } = known ?? { intervals: new Map<string, number>() };
    if (!known) clusters.set(key, { reference, intervals });
    if (obstacle !== undefined) continue;
    const { jobID } = reference;
    intervals.set(jobID, Math.min(interval(job), intervals.get(jobID) ?? Number.POSITIVE_INFINITY));
  }
  return Array.from(clusters.values(), ({ reference, intervals }) => ({
    ...clusterOf(reference),
    targets: counted(intervals.values()),
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

function counted(values: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
