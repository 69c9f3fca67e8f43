// The closing words of a test run must not be greener than the run.

import { expect } from 'chai';
import { failSkipped, failures, judge, type Outcome, summary } from '../../../../scripts/test/outcome.ts';

const FINE = { code: 0, signal: null };

describe('judge', () => {
  it('takes the counts of a suite that ended well', () => {
    const counts = { passed: 3, failed: 0, skipped: ['one (no redis)'] };
    expect(judge(counts, FINE)).to.deep.equal({ ...counts, notes: [] });
  });

  it('counts a failed test once, although the exit code reports it too', () => {
    const judged = judge({ passed: 3, failed: 2, skipped: [] }, { code: 2, signal: null });
    expect(judged).to.deep.equal({ passed: 3, failed: 2, skipped: [], notes: [] });
  });

  it('counts a suite without counts as one failure, whatever its exit code', () => {
    for (const ending of [FINE, { code: 7, signal: null }, { code: null, signal: 'SIGKILL' as const }]) {
      expect(judge(undefined, ending)).to.include({ passed: 0, failed: 1 });
    }
    expect(judge(undefined, { code: null, signal: 'SIGKILL' }).notes).to.deep.equal([
      'ended before all tests had run (SIGKILL)',
    ]);
  });

  it('counts a bad ending after good tests as one failure', () => {
    const judged = judge({ passed: 3, failed: 0, skipped: [] }, { code: 7, signal: null });
    expect(judged).to.include({ passed: 3, failed: 1 });
    expect(judged.notes).to.deep.equal(['all tests passed, and yet it ended with exit code 7']);
  });

  it('counts a suite that ran no test as one failure', () => {
    expect(judge({ passed: 0, failed: 0, skipped: [] }, FINE)).to.include({ failed: 1 });
  });
});

describe('summary', () => {
  it('ends with the sums', () => {
    expect(lastLine([outcome({ passed: 2 }), outcome({ passed: 3, failed: 1 })])).to.equal(
      '5 passed, 1 failed',
    );
  });

  it('shows the number of skipped tests if there are any, and each with its reason', () => {
    const outcomes = [outcome({ suite: 'world', passed: 2, skipped: ['serves (no redis-server on PATH)'] })];
    expect(lastLine(outcomes)).to.equal('2 passed, 0 failed, 1 skipped');
    expect(summary(outcomes)).to.contain('Skipped:\n  world: serves (no redis-server on PATH)\n');
  });

  it('has a row for each suite, and lists failures that belong to no test', () => {
    const lines = summary([outcome({ suite: 'types', failed: 1, seconds: 1.26, notes: ['tsc failed'] })]);
    expect(lines).to.match(/^types +0 +1 +0 +1\.3$/m);
    expect(lines).to.contain('  types: tsc failed\n');
  });
});

describe('failSkipped', () => {
  it('turns each skipped test into a failure with its title', () => {
    const [strict] = [failSkipped(outcome({ passed: 1, skipped: ['a (no Go)', 'b (no Go)'] }))];
    expect(failures([strict])).to.equal(2);
    expect(lastLine([strict])).to.equal('1 passed, 2 failed');
    expect(summary([strict])).to.contain('which CI=true does not allow: b (no Go)');
  });
});

function outcome(part: Partial<Outcome>): Outcome {
  return { suite: 'unit', seconds: 1, passed: 0, failed: 0, skipped: [], notes: [], ...part };
}

function lastLine(outcomes: readonly Outcome[]): string | undefined {
  return summary(outcomes).split('\n').at(-1);
}
