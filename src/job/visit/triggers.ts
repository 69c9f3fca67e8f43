/**
 * Which changes of an object call for a visit. Status-only changes do not: our own writes come back as such, and each would
 * poll again.
 */
import type { Change } from '../model/sinks.ts';

export function needsVisit({ before, after }: Change): boolean {
  if (!before || !after) return true;
  return (
    before.uid !== after.uid ||
    before.generation !== after.generation ||
    before.requestedAt !== after.requestedAt
  );
}
