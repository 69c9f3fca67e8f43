/**
 * The alerting rules, their runbooks and the examples of deploy/prometheus fit each other, the metrics of the
 * operator and the CRD. That the rules mean what they say is tested in test/integration/monitoring.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { GROUP, KIND, STATES, VERSION } from '../../../src/api/edge-transcode-job.ts';
import { ownMetrics } from '../own-metrics.ts';
import { ROOT, readCrd, type Schema } from './manifests.ts';
import {
  type Paths,
  readAlertmanagerConfig,
  readRules,
  readRuleTests,
  readStateMetrics,
} from './monitoring.ts';
import { impossible, selectorsIn } from './selectors.ts';

const RULES = readRules();
const METRICS = ownMetrics();

/** Labels that Prometheus adds: of the target, and in place of a label that the target has, too. */
const OF_THE_TARGET = ['instance', 'pod', 'node', 'namespace', 'exported_namespace', 'shard'];

/** The endings of the series of a histogram. */
const OF_A_HISTOGRAM = /_(bucket|sum|count)$/;

const SECTIONS = ['What it means', 'What to look at', 'How to repair it'];

describe('the alerting rules', () => {
  it('have a severity and say what to do', () => {
    for (const { alert, labels, annotations } of RULES) {
      expect(labels.severity, alert).to.be.oneOf(['critical', 'warning', 'info']);
      expect(annotations.summary, alert).to.match(/\.$/);
      expect(annotations.description, alert).to.match(/^.{40,}\.$/);
    }
  });

  it('have a runbook each, with all sections, and there is no other runbook', () => {
    const pages = globSync('docs/runbooks/*.md', { cwd: ROOT }).filter((path) => !path.endsWith('README.md'));
    expect(RULES.map(({ annotations }) => annotations.runbook_url)).to.have.members(pages);
    for (const { alert, annotations } of RULES) {
      const page = readFileSync(join(ROOT, annotations.runbook_url), 'utf8');
      expect(page, alert).to.match(new RegExp(`^# ${alert}\\n`));
      const titles = Array.from(page.matchAll(/^## (.*)$/gm), ([, title]) => title);
      expect(titles, alert).to.include.members(SECTIONS);
    }
  });

  it('are listed with their severities', () => {
    const page = readFileSync(join(ROOT, 'docs/runbooks/README.md'), 'utf8');
    const rows = Array.from(page.matchAll(/^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \|/gm), ([, ...row]) => row);
    expect(rows).to.deep.equal(RULES.map(({ alert, labels }) => [alert, alert, labels.severity]));
  });

  it('have a test of promtool in which they fire, and one in which they do not', () => {
    const tests = readRuleTests();
    const named = (fires: boolean) =>
      new Set(tests.filter((each) => each.exp_alerts.length > 0 === fires).map(({ alertname }) => alertname));
    const alerts = RULES.map(({ alert }) => alert);
    expect([...named(true)]).to.have.members(alerts);
    expect([...named(false)]).to.have.members(alerts);
  });

  it('select by metrics, labels and values that the operator has', () => {
    for (const { alert, expr } of RULES) {
      const selectors = selectorsIn(expr);
      expect(selectors, alert).not.to.deep.equal([]);
      for (const { name, matchers } of selectors)
        expect(METRICS.get(name), `${alert}: ${name}`).to.include.members(matchers.map(({ label }) => label));
      expect(selectors.flatMap(impossible), alert).to.deep.equal([]);
    }
  });

  it('group by labels, and write labels into texts, that their metrics or targets have', () => {
    for (const { alert, expr, annotations } of RULES) {
      const names = expr.match(/edgetranscode_\w+/g) ?? [];
      const known = [...OF_THE_TARGET, ...names.flatMap((name) => METRICS.get(name) ?? [])];
      const grouped = Array.from(
        expr.matchAll(/(?:without|by|ignoring|on|group_left) \(([^)]*)\)/g),
        ([, list = '']) => list.split(', '),
      ).flat();
      const texts = `${annotations.summary} ${annotations.description}`;
      const written = Array.from(texts.matchAll(/\$labels\.(\w+)/g), ([, label]) => label);
      expect(known, alert).to.include.members([...grouped, ...written]);
    }
  });

  it('become a PrometheusRule by the command of the docs, with the addresses of a copy', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    const [, command = ''] = /^(\{ printf .*?\}) \| kubectl /ms.exec(page) ?? [];
    const { kind, spec } = parse(execFileSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' }));
    const withAddresses = RULES.map(({ annotations: { runbook_url, ...texts }, ...rule }) => {
      return { ...rule, annotations: { ...texts, runbook_url: `https://YOUR-COPY/${runbook_url}` } };
    });
    expect(kind).to.equal('PrometheusRule');
    expect(spec.groups[0].rules).to.deep.equal(withAddresses);
  });

  it('take the namespace of an object from either label', () => {
    const ofObjects = RULES.filter(({ expr }) => expr.includes('edgetranscode_job_condition'));
    expect(ofObjects).to.have.lengthOf(3);
    for (const { annotations } of ofObjects)
      expect(annotations.summary).to.contain(
        '{{ with $labels.exported_namespace }}{{ . }}{{ else }}{{ $labels.namespace }}{{ end }}',
      );
  });
});

describe('the pages', () => {
  it('name no metric that the operator has not', () => {
    const pages = globSync(['docs/**/*.md', 'README.md'], { cwd: ROOT });
    const unknown = pages.flatMap((page) => {
      const names = readFileSync(join(ROOT, page), 'utf8').match(/\bedgetranscode_\w+/g) ?? [];
      return names.filter((name) => !METRICS.has(name) && !METRICS.has(name.replace(OF_A_HISTOGRAM, '')));
    });
    expect(unknown).to.deep.equal([]);
  });

  it('select and group by labels and values that the metrics have', () => {
    for (const page of globSync(['docs/**/*.md', 'README.md'], { cwd: ROOT })) {
      const text = readFileSync(join(ROOT, page), 'utf8');
      for (const { name, matchers } of selectorsIn(text)) {
        const labels = METRICS.get(name.replace(OF_A_HISTOGRAM, '')) ?? METRICS.get(name);
        expect(labels, `${page}: ${name}`).to.include.members(matchers.map(({ label }) => label));
      }
      expect(selectorsIn(text).flatMap(impossible), page).to.deep.equal([]);
      for (const [query, list = ''] of text.matchAll(
        /\b(?:by|without) \(([\w, ]+)\)[^\n]*edgetranscode_\w+/g,
      )) {
        const names = query.match(/edgetranscode_\w+/g) ?? [];
        const known = [...OF_THE_TARGET, ...names.flatMap((name) => METRICS.get(name) ?? [])];
        expect(known, `${page}: ${query}`).to.include.members(list.split(', '));
      }
    }
  });

  it('name no alert that is not there', () => {
    const pages = globSync(['docs/**/*.md', 'deploy/**/*.yaml'], { cwd: ROOT });
    const names = pages.flatMap(
      (page) => readFileSync(join(ROOT, page), 'utf8').match(/\bEdgeTranscode(?!Job(?:s|List)?\b)\w+/g) ?? [],
    );
    expect(RULES.map(({ alert }) => alert)).to.include.members(names);
  });
});

/** No rule and no scrape sets it: Prometheus adds it to what it sends. */
const OF_THE_CLUSTER = 'cluster';

describe('the example for Alertmanager', () => {
  it('inhibits no alert because of another cluster, in which credentials have the same names', () => {
    const { inhibit_rules } = readAlertmanagerConfig();
    expect(inhibit_rules).not.to.be.empty;
    for (const { equal } of inhibit_rules) expect(equal).to.include(OF_THE_CLUSTER);
  });

  it('inhibits alerts that there are, by labels that both sides have', () => {
    const labelsOf = (matchers: readonly string[]) => {
      const [, pattern = ''] = /^alertname =~? "(.*)"$/.exec(matchers.join()) ?? [];
      const rules = RULES.filter(({ alert }) => new RegExp(`^(?:${pattern})$`).test(alert));
      expect(rules.map(({ alert }) => alert)).to.have.members(pattern.split('|'));
      return rules.map(({ expr }) => [
        ...OF_THE_TARGET,
        'job',
        OF_THE_CLUSTER,
        ...(expr.match(/edgetranscode_\w+/g) ?? []).flatMap((name) => METRICS.get(name) ?? []),
      ]);
    };
    for (const { source_matchers, target_matchers, equal } of readAlertmanagerConfig().inhibit_rules)
      for (const labels of [...labelsOf(source_matchers), ...labelsOf(target_matchers)])
        expect(labels).to.include.members([...equal]);
  });
});

describe('the example for kube-state-metrics', () => {
  const crd = readCrd();
  const [resource, ...others] = readStateMetrics();

  it('is about the resource', () => {
    expect(others).to.deep.equal([]);
    expect(resource?.groupVersionKind).to.deep.equal({ group: GROUP, version: VERSION, kind: KIND });
  });

  it('reads only fields of the CRD', () => {
    const missing = Object.values(resource?.labelsFromPath ?? {}).filter((path) => path[0] !== 'metadata');
    for (const { each } of resource?.metrics ?? [])
      for (const { path = [], labelsFromPath = {}, valueFrom = [] } of Object.values<Paths>(each)) {
        const below = [...Object.values(labelsFromPath), valueFrom].map((rest) => [...path, ...rest]);
        missing.push(...[path, ...below].filter((full) => full.length > 0 && !fieldAt(full)));
      }
    expect(missing).to.deep.equal([]);
    expect(resource?.metrics).to.have.lengthOf(4);
  });

  it('knows every state and every status of a condition', () => {
    const listOf = (name: string) =>
      resource?.metrics.find((each) => each.name === name)?.each.stateSet?.list;
    expect(listOf('status_state')).to.deep.equal(STATES);
    expect(listOf('status_condition')).to.deep.equal(fieldAt(['status', 'conditions', 'status'])?.enum);
  });

  /** A field of the CRD; of a list, that of its items. */
  function fieldAt(path: readonly string[]): Schema | undefined {
    return path.reduce<Schema | undefined>(
      (schema, name) => (schema?.items ?? schema)?.properties?.[name],
      crd.spec.versions[0].schema.openAPIV3Schema,
    );
  }
});
