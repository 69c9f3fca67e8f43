/**
 * The files of deploy/prometheus, read as they are shipped.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './manifests.ts';

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

export interface AlertmanagerConfig {
  readonly inhibit_rules: readonly InhibitRule[];
}

/** What promtool expects of an alert at one time. */
export interface RuleTest {
  readonly alertname: string;
  /** Empty: it does not fire. */
  readonly exp_alerts: readonly object[];
}

/** Where a metric of kube-state-metrics takes its samples from. */
export interface Paths {
  readonly path?: readonly string[];
  readonly labelsFromPath?: Readonly<Record<string, readonly string[]>>;
  readonly valueFrom?: readonly string[];
  readonly list?: readonly string[];
}

/** One resource of a configuration of kube-state-metrics. */
export interface ResourceMetrics {
  readonly groupVersionKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly labelsFromPath: Readonly<Record<string, readonly string[]>>;
  readonly metrics: readonly {
    readonly name: string;
    readonly each: { readonly gauge?: Paths; readonly stateSet?: Paths; readonly info?: Paths };
  }[];
}

export function readRules(): readonly Rule[] {
  return read<{ groups: readonly { rules: readonly Rule[] }[] }>('rules').groups.flatMap(
    ({ rules }) => rules,
  );
}

/** The tests of the rules, by alert and time. */
export function readRuleTests(): readonly RuleTest[] {
  const text = readFileSync(join(ROOT, 'test/integration/monitoring/rules.promtool.yaml'), 'utf8');
  const { tests } = parse(text) as { tests: readonly { alert_rule_test: readonly RuleTest[] }[] };
  return tests.flatMap((each) => each.alert_rule_test);
}

export function readAlertmanagerConfig(): AlertmanagerConfig {
  return read('alertmanager');
}

export function readStateMetrics(): readonly ResourceMetrics[] {
  return read<{ spec: { resources: readonly ResourceMetrics[] } }>('kube-state-metrics').spec.resources;
}

function read<T>(name: string): T {
  return parse(readFileSync(join(ROOT, 'deploy/prometheus', `${name}.yaml`), 'utf8'));
}
