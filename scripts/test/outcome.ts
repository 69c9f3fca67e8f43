// The outcome of a suite, and the summary of all outcomes.

/** What mocha counted. */
export type Counts = {
  readonly passed: number;
  readonly failed: number;
  /** Titles of the skipped tests, with the reasons in them. */
  readonly skipped: readonly string[];
};

/** How the suite's process ended. */
export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Outcome = Counts & {
  readonly suite: string;
  readonly seconds: number;
  /** Reasons of failures that belong to no test. */
  readonly notes: readonly string[];
};

/**
 * Combines what mocha counted with how its process ended, and takes the worse. No counts (a crash), no test,
 * or a bad ending without a failed test is one failure each.
 */
export function judge(
  counts: Counts | undefined,
  ending: Ending,
): Counts & { readonly notes: readonly string[] } {
  const how = ending.signal === null ? `exit code ${ending.code}` : ending.signal;
  if (counts === undefined) {
    return { passed: 0, failed: 1, skipped: [], notes: [`ended before all tests had run (${how})`] };
  }
  if (counts.failed > 0) return { ...counts, notes: [] };
  if (ending.code !== 0)
    return { ...counts, failed: 1, notes: [`all tests passed, and yet it ended with ${how}`] };
  if (counts.passed + counts.skipped.length === 0) return { ...counts, failed: 1, notes: ['ran no test'] };
  return { ...counts, notes: [] };
}

/** Turns skipped tests into failures, for machines that have everything a test needs. */
export function failSkipped(outcome: Outcome): Outcome {
  const notes = outcome.skipped.map((title) => `skipped, which CI=true does not allow: ${title}`);
  return {
    ...outcome,
    failed: outcome.failed + notes.length,
    skipped: [],
    notes: [...outcome.notes, ...notes],
  };
}

/** A table of the suites, what was skipped and why, what else went wrong, and the sums as the last line. */
export function summary(outcomes: readonly Outcome[]): string {
  const skipped = outcomes.flatMap((each) => each.skipped.map((title) => `  ${each.suite}: ${title}`));
  const notes = outcomes.flatMap((each) => each.notes.map((note) => `  ${each.suite}: ${note}`));
  return [
    ...table(outcomes),
    '',
    ...(skipped.length > 0 ? ['Skipped:', ...skipped, ''] : []),
    ...(notes.length > 0 ? ['Failed beside the tests:', ...notes, ''] : []),
    sums(outcomes),
  ].join('\n');
}

/** The number of failures of all suites. */
export function failures(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { failed }) => sum + failed, 0);
}

function sums(outcomes: readonly Outcome[]): string {
  const passed = outcomes.reduce((sum, each) => sum + each.passed, 0);
  const skipped = outcomes.reduce((sum, each) => sum + each.skipped.length, 0);
  return `${passed} passed, ${failures(outcomes)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function table(outcomes: readonly Outcome[]): string[] {
  const row = (name: string, ...cells: string[]) =>
    [name.padEnd(12), ...cells.map((cell) => cell.padStart(8))].join(' ');
  return [
    row('suite', 'passed', 'failed', 'skipped', 'seconds'),
    ...outcomes.map(({ suite, passed, failed, skipped, seconds }) =>
      row(suite, String(passed), String(failed), String(skipped.length), seconds.toFixed(1)),
    ),
  ];
}
