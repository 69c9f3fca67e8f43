/**
 * Measures how the CPU time of a function grows with the length of its text. Foreign texts must take linear
 * time: a quadratic expression takes 10 ms for a text of 4,096 characters, and an attacker repeats it.
 */

/**
 * Length of the longer texts. A linear function takes 4 times as long for them as for texts of a quarter of
 * the length, a quadratic function 16 times.
 */
const LONGEST = 4_096;

/** The growth at which a function counts as more than linear: halfway, so that noise decides nothing. */
const MOST_GROWTH = 9;

/** Noise makes a single measurement too long, never too short. */
const ATTEMPTS = 8;

/** The texts whose growth is measured. */
const SUSPECTS = 5;

/** What hostile texts are made of: each is repeated, and stands between a beginning and an end. */
const PIECES = [
  ...'a A 0 f . , : ; - _ / \\ ? # & = @ | % " \' * [ ] { ( + é %3 %25 %2540 a= a& a: a@ a. a- a/ =&'.split(
    ' ',
  ),
  ...':// a:// a://b@ 1h 1. 1, {"a": [" \\u'.split(' '),
  ...[' ', '\t', '\n', '\u202e', '\ud83d', '  at '],
];
const ENDS = ['', '!', 'a', '@', '=', '\n'];

/**
 * Hostile texts of a length.
 *
 * @param words further pieces, such as the words that an expression looks for
 * @param beginnings what a parser accepts before it comes to the repeated piece
 */
function hostileTexts(length: number, words: readonly string[], beginnings: readonly string[]): string[] {
  return [...PIECES, ...words].flatMap((piece) =>
    ['', ...beginnings].flatMap((beginning) =>
      ENDS.map((end) => {
        const room = length - beginning.length - end.length;
        return beginning + piece.repeat(Math.ceil(room / piece.length)).slice(0, room) + end;
      }),
    ),
  );
}

export interface Hostile {
  /** Further pieces, such as the words that an expression looks for. */
  readonly words?: readonly string[];
  /** What a parser accepts before it comes to the repeated piece. */
  readonly beginnings?: readonly string[];
  /** Length of the longer texts, where the function leaves out longer ones unread. */
  readonly longest?: number;
}

/**
 * Returns how many times as long a longer text takes as the shorter one of the same kind, and the text's
 * beginning; undefined when all take about linear time.
 */
export function superlinearGrowth(run: (text: string) => unknown, hostile: Hostile = {}): string | undefined {
  const { words = [], beginnings = [], longest = LONGEST } = hostile;
  const short = hostileTexts(longest / 4, words, beginnings);
  const long = hostileTexts(longest, words, beginnings);
  // The slowest ones are enough: what takes quadratic time is far slower than the others.
  const slowest = long
    .map((text, index) => ({ text, index, time: leastTime(run, text, 2) }))
    .sort((a, b) => b.time - a.time)
    .slice(0, SUSPECTS);
  for (const { text, index } of slowest) {
    const growth = growthOf(run, short[index] as string, text);
    if (growth > MOST_GROWTH) return `${growth.toFixed(1)} times for ${JSON.stringify(text.slice(0, 20))}…`;
  }
  return undefined;
}

function growthOf(run: (text: string) => unknown, short: string, long: string): number {
  let [leastShort, leastLong] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    leastShort = Math.min(leastShort, leastTime(run, short, 10));
    leastLong = Math.min(leastLong, leastTime(run, long, 5));
    if (leastLong <= MOST_GROWTH * leastShort) break;
  }
  return leastLong / leastShort;
}

/** The least time of some runs, ns: other processes and the compiler only make a run longer. */
function leastTime(run: (text: string) => unknown, text: string, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let each = 0; each < runs; each++) {
    const began = process.hrtime.bigint();
    run(text);
    least = Math.min(least, Number(process.hrtime.bigint() - began));
  }
  return least;
}
