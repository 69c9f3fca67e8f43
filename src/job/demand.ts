/**
 * What the objects' intervals ask of each credential.
 */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { intervalWished, type ScheduleSettings } from './schedule.ts';
import { identityOf, referenceOf } from './target.ts';

/** Calls a second by credential identity; objects that are suspended, or cannot be used, ask for none. */
export function demandOf(jobs: Iterable<EdgeTranscodeJob>, settings: ScheduleSettings): Map<string, number> {
  const demand = new Map<string, number>();
  for (const job of jobs) {
    const identity = identityOf(referenceOf(job).credential);
    const calls = job.spec.suspend || job.invalid ? 0 : 1_000 / intervalWished(job.spec, settings);
    demand.set(identity, (demand.get(identity) ?? 0) + calls);
  }
  return demand;
}
