/**
 * Which objects an operator serves when there are several, each with a share of them: those whose label names its shard, or for the
 * one without a name those without the label. The API server does the choosing.
 */
import { type EdgeTranscodeJob, SHARD_LABEL } from './edge-transcode-job.ts';

/** A name, which is a value of the label; undefined: the shard that has none. */
export type Shard = string | undefined;

/** For list and watch. */
export function labelSelectorOf(shard: Shard): string {
  return shard === undefined ? `!${SHARD_LABEL}` : `${SHARD_LABEL}=${shard}`;
}

export function isOfShard(job: EdgeTranscodeJob, shard: Shard): boolean {
  return job.shard === shard;
}

/** Each shard has a leader of its own. */
export function leaseNameOf(name: string, shard: Shard): string {
  return shard === undefined ? name : `${name}-${shard}`;
}
