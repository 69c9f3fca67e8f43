/**
 * Returns the most calls in any 60 s that begin with one of them. @param sent clock `now` of each, in order
 */
export function mostInAMinute(sent: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [last, at] of sent.entries()) {
    while (at - (sent[first] as number) >= 60_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
