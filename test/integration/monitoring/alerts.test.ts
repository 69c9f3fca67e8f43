/**
 * The shipped rules in a real Prometheus that scrapes the real operator, while the simulated cloud, the API
 * server and Redis make each condition happen and end. Two scrape jobs have the same target: `honored` has
 * `honor_labels`, `renamed` has not. A real Alertmanager runs the shipped example.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readRules } from '../../guards/deploy/monitoring.ts';
import { MissingToolError } from '../../world/builds/go-build.ts';
import {
  type Alert,
  type Alertmanager,
  type Prometheus,
  startAlertmanager,
  startPrometheus,
} from '../../world/monitoring/servers.ts';
import type { Operator } from '../../world/operator.ts';
import { freePort } from '../../world/processes/ports.ts';
import { redisProgram, redisUrl, startRedis } from '../../world/redis.ts';
import { skipBecause } from '../../world/skip.ts';
import { shipped } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';
import { requestRefresh } from '../support/user-side.ts';
import type { World } from '../support/world.ts';
import {
  busy,
  CALLS_PER_MINUTE,
  missing,
  type Repair,
  refused,
  stale,
  stopped,
  throttled,
} from './scenes.ts';
import { usePrograms } from './use-programs.ts';
import { Webhook } from './webhook.ts';

const SILENT = 'EdgeTranscodeWatchSilent';
const JOBS = ['honored', 'renamed'];
const OPERATOR_NAMESPACE = 'edge-transcode-system';

/** What a selector names beside the labels of a scrape. */
const ADDED = ['__name__', 'instance', 'pod', 'node'];

/** Waits and times of the rules and of Alertmanager that are shorter here; nothing else is changed. */
const SHORTER_IN_RULES: Replacements = [
  [/^ +for: \w+\n/gm, ''],
  [/ < 120$/gm, ' < 8'],
  [/ > 600$/gm, ' > 5'],
];
const SHORTER_IN_ALERTMANAGER: Replacements = [
  [/group_wait: 30s/g, 'group_wait: 1s'],
  [/group_interval: 5m/g, 'group_interval: 1s'],
];

/** Nothing here takes longer, on a busy machine either. */
const WITHIN = { withinMs: 60_000, everyMs: 250 };

/** The longest is the probe of a key, which comes after at most 20 s. */
const TIMEOUT_MS = 150_000;

type Replacements = readonly (readonly [RegExp, string])[];

describe('the alerting rules in Prometheus', function () {
  this.timeout(TIMEOUT_MS);
  const programs = usePrograms();
  const webhook = new Webhook();
  const repairs: Repair[] = [];
  let redis: { readonly program: string; readonly port: number };
  let startAgain: () => Promise<Operator>;
  let prometheus: Prometheus;
  let alertmanager: Alertmanager;
  before(async function () {
    const program = await redisProgram().catch((error: Error) => {
      if (error instanceof MissingToolError) return skipBecause(this, error.message);
      throw error;
    });
    redis = { program, port: await freePort() };
  });
  const scene = useWorld({
    prepare: async (world) => {
      for (const cause of [stale, stopped, missing, refused, throttled, busy])
        repairs.push(await cause(world));
    },
    operator: 'none',
  });
  after(() => webhook[Symbol.asyncDispose]());

  scene.setUp(async () => {
    const { world } = scene;
    const port = await freePort();
    startAgain = () => operatorOn(world, port, redis.port);
    alertmanager = await startAlertmanager(
      world.processes,
      programs().alertmanager,
      await alertmanagerConfig(await webhook.start()),
    );
    prometheus = await startPrometheus(
      world.processes,
      programs().prometheus,
      await prometheusConfig(world, port, alertmanager),
    );
    await startAgain();
  });

  it('fire for each condition of objects, credentials and budgets', async () => {
    await fire(
      'EdgeTranscodeJobNotFresh stale',
      'EdgeTranscodeJobNotAsExpected stopped',
      'EdgeTranscodeJobNotReady missing',
      'EdgeTranscodeJobNotReady refused',
      'EdgeTranscodeJobNotReady stale',
      'EdgeTranscodeJobNotReady throttled',
      'EdgeTranscodeAuthenticationFailing default/refused',
      'EdgeTranscodeAccountThrottled default/throttled',
      'EdgeTranscodeDemandHigh default/busy',
      'EdgeTranscodeBudgetNotShared',
    );
  });

  it('name the namespace of the object, with honor_labels and without', async () => {
    const alerts = (await prometheus.firing()).filter(({ labels }) => labels.name !== undefined);
    expect(alerts.map(({ labels }) => labels.job)).to.include.members(JOBS);
    for (const { labels, annotations } of alerts) {
      const { namespace, exported_namespace } = labels;
      expect({ namespace, exported_namespace }).to.deep.equal(
        labels.job === 'honored'
          ? { namespace: 'default', exported_namespace: undefined }
          : { namespace: OPERATOR_NAMESPACE, exported_namespace: 'default' },
      );
      expect(annotations.summary).to.match(new RegExp(`^Object ${labels.name} of namespace default is `));
    }
  });

  it('have texts without gaps', async () => {
    for (const { annotations, labels } of await prometheus.firing())
      expect(Object.values(annotations).join(), labels.alertname).not.to.match(
        /<no value>|\{\{|error|\s,|\s\./i,
      );
  });

  it('read only metrics and labels that the operator exports', async () => {
    const scrape = await lastOf(scene.world).metrics();
    for (const { alert, expr } of readRules()) {
      const selectors = await prometheus.selectorsIn(expr);
      expect(selectors, alert).not.to.deep.equal([]);
      for (const { name = '', matchers = [] } of selectors) {
        const needed = matchers.map((matcher) => matcher.name).filter((each) => !ADDED.includes(each));
        expect(labelsIn(scrape, name), `${alert}: ${name}`).to.include.members(needed);
      }
    }
  });

  it('reach DingTalk by severity, without those that follow from another alert', async () => {
    const { world } = scene;
    const sent = (path: string) => webhook.sentTo(`/dingtalk/${path}/send`);
    await world.eventually(
      () => `notifications; there are ${JSON.stringify(webhook.received)}`,
      () => (sent('operator').length > 0 && sent('operator-urgent').length > 1 ? true : undefined),
      WITHIN,
    );
    const alerts = await alertmanager.alerts();
    const inhibited = alerts.filter(({ status }) => status.inhibitedBy.length > 0);
    expect(new Set(inhibited.map(titleOf))).to.deep.equal(
      new Set(['refused', 'stale', 'throttled'].map((name) => `EdgeTranscodeJobNotReady ${name}`)),
    );
    await world.eventually(
      () => `the other alerts at DingTalk; there are ${JSON.stringify(webhook.received)}`,
      () => (sent('operator').includes('EdgeTranscodeJobNotReady missing') ? true : undefined),
      WITHIN,
    );
    expect(sent('operator')).not.to.include.members(['EdgeTranscodeJobNotReady refused']);
    expect(sent('operator-urgent')).to.include.members(['EdgeTranscodeJobNotAsExpected stopped']);
    expect(sent('operator')).not.to.include('EdgeTranscodeJobNotAsExpected stopped');
  });

  it('end with their conditions', async () => {
    const { world } = scene;
    await Promise.all(repairs.map((repair) => repair()));
    await startRedis(world.processes, redis.program, redis.port);
    await fire();
  });

  it('fire while the API server hangs, and end when it answers', async () => {
    const { controlPlane } = scene.world;
    controlPlane.pauseApiServer();
    await fire('EdgeTranscodeNoLeader', SILENT);
    controlPlane.resumeApiServer();
    // The watch brings the annotation, and then the status that a leader writes.
    await requestRefresh(scene.world, 'stopped', 'after-the-pause');
    await fire();
    await ends(SILENT);
  });

  it('fire while the operator is stopped, and end when it runs', async () => {
    await lastOf(scene.world).process.stop();
    await fire('EdgeTranscodeOperatorAbsent');
    await startAgain();
    await fire();
  });

  /**
   * Resolves when exactly these alerts fire, in both jobs. The silent watch counts only where it is wanted:
   * at times nothing changes for 5 s.
   */
  async function fire(...wanted: readonly string[]): Promise<void> {
    const { world } = scene;
    let firing: string[] = [];
    const look = async () => {
      const counts = ({ labels: { alertname } }: Alert) => alertname !== SILENT || wanted.includes(SILENT);
      const alerts = (await prometheus.firing()).filter(counts);
      firing = alerts.map((alert) => `${alert.labels.job}: ${titleOf(alert)}`).sort();
      const all = JOBS.flatMap((name) => wanted.map((title) => `${name}: ${title}`)).sort();
      return JSON.stringify(firing) === JSON.stringify(all) ? true : undefined;
    };
    await world.eventually(() => `alerts ${wanted.join(', ')}; there are ${firing.join(', ')}`, look, WITHIN);
  }

  /** Resolves when this alert does not fire. */
  async function ends(alert: string): Promise<void> {
    const look = async () =>
      (await prometheus.firing()).some(({ labels }) => labels.alertname === alert) ? undefined : true;
    await scene.world.eventually(`the end of ${alert}`, look, WITHIN);
  }
});

function lastOf({ operators }: World): Operator {
  const operator = operators.at(-1);
  if (!operator) throw new Error('no operator was started');
  return operator;
}

/** The labels of the first sample of a metric. @throws where there is none */
function labelsIn(scrape: string, metric: string): string[] {
  const sample = new RegExp(`^${metric}(?:\\{(.*)\\})? `, 'm').exec(scrape);
  if (!sample) throw new Error(`the operator exports no ${metric}`);
  return Array.from(sample[1]?.matchAll(/(\w+)="/g) ?? [], ([, label = '']) => label);
}

/** The name of an alert, with the object or the credential that it is about. */
function titleOf({ labels }: Pick<Alert, 'labels'>): string {
  return [labels.alertname, labels.name ?? labels.identity].filter(Boolean).join(' ');
}

function operatorOn(world: World, port: number, redisPort: number): Promise<Operator> {
  return world.operator({
    args: [
      `--http-address=127.0.0.1:${port}`,
      `--calls-per-minute=${CALLS_PER_MINUTE}`,
      ...['--observe-with=get', '--shard-count=2'],
      ...['--leader-elect', '--lease-duration=4s', '--renew-deadline=3s', '--retry-period=1s'],
    ],
    env: { EDGETRANSCODE_REDIS_URL: redisUrl(redisPort) },
  });
}

async function prometheusConfig(world: World, port: number, { url }: Alertmanager): Promise<object> {
  const rules = join(world.processes.directory, 'rules.yaml');
  const text = await readFile(shipped('deploy/prometheus/rules.yaml'), 'utf8');
  await writeFile(rules, replaced(text, SHORTER_IN_RULES));
  const labels = { namespace: OPERATOR_NAMESPACE, pod: 'operator-0' };
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(url).host] }] }] },
    scrape_configs: JOBS.map((name) => ({
      job_name: name,
      honor_labels: name === 'honored',
      static_configs: [{ targets: [`127.0.0.1:${port}`], labels }],
    })),
  };
}

async function alertmanagerConfig(webhookUrl: string): Promise<string> {
  const text = await readFile(shipped('deploy/prometheus/alertmanager.yaml'), 'utf8');
  return replaced(text, [
    ...SHORTER_IN_ALERTMANAGER,
    [/http:\/\/prometheus-webhook-dingtalk\.monitoring:8060/g, webhookUrl],
  ]);
}

/** @throws where something is not there to be replaced */
function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((before, [pattern, replacement]) => {
    const after = before.replace(pattern, replacement);
    if (after === before) throw new Error(`there is no ${pattern}`);
    return after;
  }, text);
}
