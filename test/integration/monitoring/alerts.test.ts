/**
 * The shipped rules and the dashboard in a real Prometheus that scrapes real operators, while the simulated
 * cloud, the API server and Redis make each condition happen and end. Two scrape jobs have the same targets:
 * `honored` has `honor_labels`, `renamed` has not. A real Alertmanager runs the shipped example.
 */
import { expect } from 'chai';
import { inOrder } from '../../../scripts/test/in-order.ts';
import { readRules } from '../../guards/deploy/monitoring.ts';
import {
  type Alert,
  type Alertmanager,
  type Prometheus,
  startAlertmanager,
  startPrometheus,
} from '../../world/monitoring/servers.ts';
import type { Operator } from '../../world/operator.ts';
import { freePort } from '../../world/processes/ports.ts';
import { startRedis } from '../../world/redis.ts';
import { useRedis } from '../../world/use-redis.ts';
import { useWorld } from '../support/use-world.ts';
import { requestRefresh } from '../support/user-side.ts';
import type { World } from '../support/world.ts';
import { describeDashboard } from './dashboard.ts';
import {
  alertmanagerConfig,
  JOBS,
  OPERATOR_NAMESPACE,
  operatorOn,
  prometheusConfig,
  shardedOperatorOn,
} from './monitored.ts';
import {
  busy,
  missing,
  type Repair,
  refused,
  refuseStatus,
  SHARD,
  sharded,
  stale,
  stopped,
  throttled,
} from './scenes.ts';
import { usePrograms } from './use-programs.ts';
import { Webhook } from './webhook.ts';

const SILENT = 'EdgeTranscodeWatchSilent';
const REFUSED = 'EdgeTranscodeStatusRefused';
/** The alerts of what is there before the operators start. */
const PREPARED = [
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
];

/** Alerts that fire now and then without the waits of the rules: nothing changes for 5 s, a write fails. */
const FLEETING = [SILENT, REFUSED];

/** What a selector names beside the labels of a scrape. */
const ADDED = ['__name__', 'instance', 'pod', 'node'];

/** Nothing here takes longer, on a busy machine either. */
const WITHIN = { withinMs: 60_000, everyMs: 250 };

/** The longest is the probe of a key, which comes after at most 20 s. */
const TIMEOUT_MS = 150_000;

describe('in Prometheus', function () {
  this.timeout(TIMEOUT_MS);
  // All conditions are there first. Then they end, and others begin and end one after the other.
  inOrder(this);
  const programs = usePrograms();
  const webhook = new Webhook();
  const repairs: Repair[] = [];
  const redis = useRedis();
  let redisPort: number;
  let startAgain: (...args: readonly string[]) => Promise<Operator>;
  let prometheus: Prometheus;
  let alertmanager: Alertmanager;
  before(async () => {
    redisPort = await freePort();
  });
  const scene = useWorld({
    prepare: async (world) => {
      for (const cause of [stale, stopped, missing, refused, throttled, busy, sharded])
        repairs.push(await cause(world));
    },
    operator: 'none',
  });
  after(() => webhook[Symbol.asyncDispose]());

  scene.setUp(async () => {
    const { world } = scene;
    const ports = [await freePort(), await freePort()] as const;
    startAgain = (...args) => operatorOn(world, ports[0], redisPort, args);
    alertmanager = await startAlertmanager(
      world.processes,
      programs().alertmanager,
      await alertmanagerConfig(await webhook.start()),
    );
    prometheus = await startPrometheus(
      world.processes,
      programs().prometheus,
      await prometheusConfig(world, ports, alertmanager),
    );
    await shardedOperatorOn(world, ports[1]);
    await startAgain();
  });

  describe('the alerting rules', () => {
    it('fire for each condition of objects, credentials and budgets', () => fire(...PREPARED));

    it('name the namespace of the object, with honor_labels and without', async () => {
      await fire(...PREPARED);
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
      await fire(...PREPARED);
      for (const { annotations, labels } of await prometheus.firing())
        expect(Object.values(annotations).join(), labels.alertname).not.to.match(
          /<no value>|\{\{|error|\s,|\s\./i,
        );
    });

    it('read only metrics and labels that the operator exports', async () => {
      await fire(...PREPARED);
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
      await fire(...PREPARED);
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
      const hasOthers = () =>
        sent('operator').includes('EdgeTranscodeJobNotReady missing') &&
        sent('operator-urgent').includes('EdgeTranscodeJobNotAsExpected stopped');
      await world.eventually(
        () => `the other alerts at DingTalk; there are ${JSON.stringify(webhook.received)}`,
        () => (hasOthers() ? true : undefined),
        WITHIN,
      );
      expect(sent('operator')).not.to.include.members(['EdgeTranscodeJobNotReady refused']);
      expect(sent('operator')).not.to.include('EdgeTranscodeJobNotAsExpected stopped');
    });
  });

  describeDashboard(() => ({ world: scene.world, prometheus }));

  describe('the alerting rules, when something changes,', () => {
    it('end with their conditions', async () => {
      const { world } = scene;
      await Promise.all(repairs.map((repair) => repair()));
      await startRedis(world.processes, redis.program, redisPort);
      await fire();
    });

    it('fire while a policy refuses statuses, and end when they are stored', async () => {
      const { world } = scene;
      const allow = await refuseStatus(world, 'stopped');
      // Each request is answered by another status, which is written at once.
      let requests = 0;
      const refresh = () => requestRefresh(world, 'stopped', `request-${requests++}`);
      await world.eventually(
        'two refused statuses',
        async () => {
          await refresh();
          const refused = /result="rejected".*} (\d+)$/m.exec(await lastOf(world).metrics());
          return Number(refused?.[1]) > 1 ? true : undefined;
        },
        { withinMs: 60_000, everyMs: 1_000 },
      );
      await fire(REFUSED);
      await allow();
      await world.eventually(
        'a stored status',
        async () => {
          await refresh();
          const { status } = await world.get('stopped');
          return status.lastHandledRequestedAt === undefined ? undefined : true;
        },
        { withinMs: 60_000, everyMs: 1_000 },
      );
      await ends(REFUSED);
    });

    it('fire while the API server hangs, and end when it answers', async () => {
      const { controlPlane } = scene.world;
      controlPlane.pauseApiServer();
      await fire('EdgeTranscodeNoLeader', SILENT);
      controlPlane.resumeApiServer();
      // Each watch brings an annotation, and then the status that a leader writes.
      await requestRefresh(scene.world, 'stopped', 'after-the-pause');
      await requestRefresh(scene.world, 'stopped', 'after-the-pause', SHARD);
      await fire();
      await ends(SILENT);
    });

    it('fire while there are more objects than have series of their own', async () => {
      await lastOf(scene.world).process.stop();
      await startAgain('--per-object-metrics-limit=1');
      await fire('EdgeTranscodeObjectMetricsOff');
    });

    it('fire while the operator is stopped, and end when it runs', async () => {
      await lastOf(scene.world).process.stop();
      await fire('EdgeTranscodeOperatorAbsent');
      await startAgain();
      await fire();
    });
  });

  /** Resolves when exactly these alerts fire, in both jobs; fleeting ones count only where wanted. */
  async function fire(...wanted: readonly string[]): Promise<void> {
    const { world } = scene;
    let firing: string[] = [];
    const look = async () => {
      const counts = ({ labels: { alertname = '' } }: Alert) =>
        !FLEETING.includes(alertname) || wanted.includes(alertname);
      const alerts = (await prometheus.firing()).filter(counts);
      // A silent API server is reported by each operator.
      firing = [...new Set(alerts.map((alert) => `${alert.labels.job}: ${titleOf(alert)}`))].sort();
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
