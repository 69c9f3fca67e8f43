/**
 * Which changes of an object call for a visit. Status-only changes do not: our own writes come back as such, and each would
 * poll again.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';

/** An object before and after; undefined where it did not exist. */
export interface Change {
  readonly before: EdgeTranscodeJob | undefined;
  readonly after: EdgeTranscodeJob | undefined;
}

export function needsVisit({ before, after }: Change): boolean {
  if (!before || !after) return true;
  return (
    before.uid !== after.uid ||
    before.generation !== after.generation ||
    before.requestedAt !== after.requestedAt
  );
}
