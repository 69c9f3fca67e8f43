/**
 * Decides which changes of an object need a visit. Changes of the status alone do not: our own writes come
 * back as such changes, and each would cause another poll.
 */
import type { Change } from '../model/kube-port.ts';

export function needsVisit({ before, after }: Change): boolean {
  if (!before || !after) return true;
  return (
    before.uid !== after.uid ||
    before.generation !== after.generation ||
    before.requestedAt !== after.requestedAt
  );
}
