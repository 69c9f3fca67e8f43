/**
 * What the objects' intervals ask of the cloud. Objects that mean the same target are one, at the shortest of their intervals.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ClusterDemand, ClusterReference, CredentialReference, Reference } from '../model/cloud-port.ts';
import { clusterKey, referenceOf } from '../model/reference.ts';
import { intervalWished, type ScheduleSettings } from './poll-schedule.ts';

/**
 * By cluster, credential and region; objects that are suspended, or cannot be used, ask for nothing.
 *
 * @param mayUse whether a namespace may use the credential that its objects mean: if not, they must not stretch the intervals of others
 */
export function demandOf(
  jobs: Iterable<EdgeTranscodeJob>,
  settings: ScheduleSettings,
  mayUse: (credential: CredentialReference) => boolean = () => true,
): ClusterDemand[] {
  const clusters = new Map<string, { reference: Reference; intervals: Map<string, number> }>();
  const interval = remembering(settings);
  for (const job of jobs) {
    const reference = referenceOf(job);
    if (!mayUse(reference.credential)) continue;
    const key = clusterKey(reference);
    const known = clusters.get(key);
    const { intervals } = known ?? { intervals: new Map<string, number>() };
    if (!known) clusters.set(key, { reference, intervals });
    if (job.spec.suspend || job.invalid !== undefined) continue;
    const { jobID } = reference;
    intervals.set(jobID, Math.min(interval(job), intervals.get(jobID) ?? Number.POSITIVE_INFINITY));
  }
  return Array.from(clusters.values(), ({ reference, intervals }) => ({
    ...clusterOf(reference),
    targets: counted(intervals.values()),
  }));
}

/** Reads each text but once: there are few, and a hundred thousand objects. */
function remembering(settings: ScheduleSettings): (job: EdgeTranscodeJob) => number {
  const known = new Map<string | undefined, number>();
  return ({ spec }) => {
    const interval = known.get(spec.interval) ?? intervalWished(spec, settings);
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
