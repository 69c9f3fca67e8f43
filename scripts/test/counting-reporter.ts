// A mocha reporter that shows what another one shows, and writes the counts to a file once all tests have
// run. Options: `counts`, the file; `show`, dot or spec.

import { writeFileSync } from 'node:fs';
import Mocha, { type MochaOptions, type Runner, type Test } from 'mocha';
import type { Counts } from './outcome.ts';

const { EVENT_RUN_END, EVENT_TEST_PENDING } = Mocha.Runner.constants;

class CountingReporter {
  readonly #skipped: string[] = [];

  constructor(runner: Runner, options: MochaOptions) {
    const { counts, show } = options.reporterOptions as { counts: string; show: 'dot' | 'spec' };
    new Mocha.reporters[show === 'spec' ? 'Spec' : 'Dot'](runner, options);
    runner.on(EVENT_TEST_PENDING, (test: Test) => this.#skipped.push(test.fullTitle()));
    runner.once(EVENT_RUN_END, () => {
      const { passes = 0, failures = 0 } = runner.stats ?? {};
      const counted: Counts = { passed: passes, failed: failures, skipped: this.#skipped };
      writeFileSync(counts, JSON.stringify(counted));
    });
  }
}

// Mocha loads a reporter by `require`, and this is the name of what that returns.
export { CountingReporter as 'module.exports' };
