/**
 * Which pages to ask for once more, for those who came when some had been asked for already; pure.
 */

export interface Round {
  /** None: whoever waits is better asked about one by one. */
  readonly pages: readonly number[];
  /** Those who came by then (clock `now`) will have seen every page. */
  readonly until: number;
}

/**
 * The fewest calls for all: the k pages that were asked for first, and one call each for those who came after the next of them.
 *
 * @param askedAt by page number, clock `now` when it was last asked for
 * @param sinces of each who waits, clock `now` when it came
 */
export function nextRound(sentAt: ReadonlyMap<number, number>, sinces: readonly number[]): Round {
  const pages = [...sentAt].sort(([, a], [, b]) => a - b);
  const comings = [...sinces].sort((a, b) => b - a);
  let best: Round = { pages: [], until: Number.NEGATIVE_INFINITY };
  let fewest = Number.POSITIVE_INFINITY;
  let late = comings.length;
  for (let count = 0; count <= pages.length; count += 1) {
    const until = pages[count]?.[1] ?? Number.POSITIVE_INFINITY;
    while (late > 0 && (comings[late - 1] as number) <= until) late -= 1;
    if (count + late >= fewest) continue;
    fewest = count + late;
    best = { pages: pages.slice(0, count).map(([pageNo]) => pageNo), until };
  }
  return best;
}
