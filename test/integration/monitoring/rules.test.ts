/**
 * The alerting rules in promtool: they parse, fire when they should and end, with the right texts. And a
 * table of the dashboard, with series that a scraper keeps.
 */
import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { readRules } from '../../guards/deploy/monitoring.ts';
import { blocksIn, textOf } from '../../guards/pages/pages.ts';
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

  it('have company in docs/watching.md: a job that is wrong for two hours, and one that stops', async () => {
    const rules = recipes();
    expect(rules.map(({ alert }) => alert)).to.deep.equal(['StreamWrongForTwoHours', 'StreamStopped']);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'recipes-'));
    const fires = (eval_time: string, alertname: string, severity: string, summary?: string) => {
      const type = alertname === 'StreamStopped' ? 'Running' : 'AsExpected';
      const labels = { name: 's', severity, status: 'False', type };
      const exp_alerts = summary ? [{ exp_labels: labels, exp_annotations: { summary } }] : [];
      return { eval_time, alertname, exp_alerts };
    };
    const tests = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            {
              series:
                'edgetranscode_job_condition_last_transition_timestamp_seconds{type="AsExpected",status="False",name="s"}',
              values: '0x150',
            },
            {
              series: 'edgetranscode_job_condition{type="Running",status="False",name="s"}',
              values: '1x150',
            },
          ],
          alert_rule_test: [
            fires('1m', 'StreamStopped', 'warning'),
            fires('3m', 'StreamStopped', 'warning', 's does not run.'),
            fires('2h', 'StreamWrongForTwoHours', 'critical'),
            fires('2h1m', 'StreamWrongForTwoHours', 'critical', 's has been wrong for 2h 1m 0s.'),
          ],
        },
      ],
    };
    await writeFile(join(folder.path, 'rules.yaml'), stringify({ groups: [{ name: 'recipes', rules }] }));
    await writeFile(join(folder.path, 'tests.yaml'), stringify(tests));
    const args = ['test', 'rules', join(folder.path, 'tests.yaml')];
    const { stdout } = await run(programs().promtool, args).catch((error) => {
      throw new Error(`promtool: ${error.stdout}${error.stderr}`);
    });
    expect(stdout).to.contain('SUCCESS');
  });
});

describe('the table of objects that are not as expected', () => {
  const programs = usePrograms();

  it('has the latest state of an object where the scraper keeps the one before', async () => {
    const { panels } = JSON.parse(await readFile(shipped('deploy/chart/files/dashboard.json'), 'utf8')) as {
      readonly panels: readonly { readonly title: string; readonly targets?: readonly { expr: string }[] }[];
    };
    const table = panels.find(
      ({ title, targets }) => title === 'Not as expected' && targets?.[0]?.expr.includes('state'),
    );
    const expr = table?.targets?.[0]?.expr.replaceAll(/"\$(job|shard|namespace)"/g, '".*"');
    const object = 'job="o",shard="",namespace="media",name="s"';
    const state = (name: string, values: string) => ({
      series: `edgetranscode_job_state{${object},identity="default",state="${name}"}`,
      values,
    });
    const tests = {
      tests: [
        {
          interval: '1m',
          input_series: [
            {
              series: `edgetranscode_job_condition_last_transition_timestamp_seconds{${object},type="AsExpected",status="False"}`,
              values: '0x5',
            },
            state('Running', '1 1 1 _ _ _'),
            state('NotStarted', '_ _ _ 1 1 1'),
          ],
          promql_expr_test: [['2m', 'Running', 120] as const, ['4m', 'NotStarted', 240] as const].map(
            ([eval_time, name, value]) => {
              const labels = `{namespace="media",name="s",state="${name}",identity="default"}`;
              return { expr, eval_time, exp_samples: [{ labels, value }] };
            },
          ),
        },
      ],
    };
    await using folder = await mkdtempDisposable(join(tmpdir(), 'table-'));
    const file = join(folder.path, 'tests.yaml');
    await writeFile(file, stringify(tests));
    const { stdout } = await run(programs().promtool, ['test', 'rules', file]).catch((error) => {
      throw new Error(`promtool: ${error.stdout}${error.stderr}`);
    });
    expect(stdout).to.contain('SUCCESS');
  });
});

/** The rules that the page gives to Helm as values. */
function recipes(): { readonly alert: string }[] {
  const block = blocksIn(textOf('docs/watching.md')).find(({ text }) => text.includes('extraRules'));
  const [, values = ''] = /<<'END'\n([\s\S]*)END\n/.exec(block?.text ?? '') ?? [];
  return parse(values).prometheusRule.extraRules;
}
