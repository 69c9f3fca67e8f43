/**
 * What is monitored, and what monitors it: operators, Prometheus with the shipped rules, and Alertmanager
 * with the shipped example.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Replacements, replaced, shippedRulesWithoutWaits } from '../../world/monitoring/rules.ts';
import type { Alertmanager } from '../../world/monitoring/servers.ts';
import type { Operator } from '../../world/operator.ts';
import { redisUrl } from '../../world/redis.ts';
import { shipped } from '../support/shipped.ts';
import type { World } from '../support/world.ts';
import { CALLS_PER_MINUTE, SHARD } from './scenes.ts';

/** The scrape jobs, with `honor_labels` and without. */
export const JOBS = ['honored', 'renamed'];

export const OPERATOR_NAMESPACE = 'edge-transcode-system';

export const SCRAPE_SECONDS = 1;

/** Times of the rules that are shorter here. */
const SHORTER_IN_RULES: Replacements = [
  [/ < 120$/gm, ' < 8'],
  [/ > 600$/gm, ' > 5'],
  [/\[12m\]/g, '[8s]'],
  [/\[2m\]/g, '[8s]'],
];
/** Waits of Alertmanager that are shorter here; nothing else is changed. */
const SHORTER_IN_ALERTMANAGER: Replacements = [
  [/group_wait: 30s/g, 'group_wait: 1s'],
  [/group_interval: 5m/g, 'group_interval: 1s'],
];

/** @param args further flags */
export function operatorOn(
  world: World,
  port: number,
  redisPort: number,
  args: readonly string[],
): Promise<Operator> {
  return world.operator({
    args: [
      ...argumentsFor(port),
      '--observe-with=get',
      ...['--leader-elect', '--lease-duration=4s', '--renew-deadline=3s', '--retry-period=1s'],
      ...args,
    ],
    env: { EDGETRANSCODE_REDIS_URL: redisUrl(redisPort) },
  });
}

/** The operator of the shard, which observes a cluster by its list. */
export function shardedOperatorOn(world: World, port: number): Promise<Operator> {
  const args = [...argumentsFor(port), '--observe-with=list', `--shard=${SHARD}`];
  return world.operator({ name: 'operator-of-the-shard', args });
}

function argumentsFor(port: number): string[] {
  return [`--http-address=127.0.0.1:${port}`, `--calls-per-minute=${CALLS_PER_MINUTE}`, '--shard-count=2'];
}

/** @param ports of the operator and of that of the shard */
export async function prometheusConfig(
  world: World,
  ports: readonly number[],
  { url }: Alertmanager,
): Promise<object> {
  const rules = join(world.processes.directory, 'rules.yaml');
  await writeFile(rules, replaced(await shippedRulesWithoutWaits(), SHORTER_IN_RULES));
  const targets = ports.map((port, index) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { namespace: OPERATOR_NAMESPACE, pod: `operator-${index}` },
  }));
  return {
    global: { scrape_interval: `${SCRAPE_SECONDS}s`, evaluation_interval: '1s' },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(url).host] }] }] },
    scrape_configs: JOBS.map((name) => ({
      job_name: name,
      honor_labels: name === 'honored',
      static_configs: targets,
    })),
  };
}

export async function alertmanagerConfig(webhookUrl: string): Promise<string> {
  const text = await readFile(shipped('deploy/prometheus/alertmanager.yaml'), 'utf8');
  return replaced(text, [
    ...SHORTER_IN_ALERTMANAGER,
    [/http:\/\/prometheus-webhook-dingtalk\.monitoring:8060/g, webhookUrl],
  ]);
}
