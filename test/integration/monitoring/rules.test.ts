/** The alerting rules in promtool: they parse, fire when they should and end, with the right texts. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';

import { readRules } from '../../guards/deploy/monitoring.ts';
import { shipped } from '../support/shipped.ts';
import { usePrograms } from './use-programs.ts';

const run = promisify(execFile);

describe('the alerting rules in promtool', () => {
  const programs = usePrograms();

  it('are valid', async () => {
    const { stdout } = await run(programs().promtool, [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      shipped('deploy/prometheus/rules.yaml'),
    ]);
    expect(stdout).to.contain(`SUCCESS: ${readRules().length} rules found`);
  });

  it('fire and end when they should', async () => {
    const tests = shipped('test/integration/monitoring/rules.promtool.yaml');
    const { stdout } = await run(programs().promtool, ['test', 'rules', tests]).catch((error) => {
      throw new Error(`promtool: ${error.stdout}${error.stderr}`);
    });
    expect(stdout).to.contain('SUCCESS');
  });
});
