/**
 * The objects that one of several operators serves: those whose label names its shard. The operator without a
 * shard name serves the objects without the label. The API server filters them.
 */
import { type EdgeTranscodeJob, SHARD_LABEL } from './edge-transcode-job.ts';

/** The name of a shard, a value of the label; undefined: the shard without a name. */
export type Shard = string | undefined;

/** Returns the selector for list and watch. */
export function labelSelectorOf(shard: Shard): string {
  return shard === undefined ? `!${SHARD_LABEL}` : `${SHARD_LABEL}=${shard}`;
}

export function isOfShard(job: EdgeTranscodeJob, shard: Shard): boolean {
  return job.shard === shard;
}

/** Returns a name of its own for each shard, so that each shard has its own leader. */
export function leaseNameOf(name: string, shard: Shard): string {
  return shard === undefined ? name : `${name}-${shard}`;
}
