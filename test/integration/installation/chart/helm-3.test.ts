/**
 * Helm 3, which many still have, makes of the chart what Helm 4 makes of it. On the API server the other
 * tests use Helm 4.
 */
import { expect } from 'chai';
import { helm3Program } from '../../../world/helm/helm.ts';
import { CHART, useHelm, type Values } from '../../support/release/helm.ts';

const RRSA: Values = { credentials: { rrsa: { enabled: true, roleName: 'job-reader' } } };

const VALUES: Readonly<Record<string, Values>> = {
  'the defaults': {},
  'all that can be switched on': {
    config: {
      interval: '90s',
      freshness: 2.5,
      callsPerMinute: 6_000,
      perObjectMetricsLimit: 1_000_000,
      insecureEndpoint: true,
      defaultCredentialsNamespaces: ['*'],
    },
    leaderElection: { leaseDuration: '30s' },
    shard: { name: 'sports', count: 3, redisSecret: { name: 'shared-budget' } },
    extraCA: { configMap: 'our-ca' },
    rbac: { aggregateToView: true },
    podDisruptionBudget: { minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    serviceMonitor: { enabled: true, additionalLabels: { release: 'prometheus' }, interval: '30s' },
    prometheusRule: {
      enabled: true,
      severities: { EdgeTranscodeJobNotFresh: 'critical' },
      runbookURL: 'https://example.com',
    },
    page: {
      enabled: true,
      namespaces: ['media'],
      readerNamespaces: ['login'],
      ingress: { enabled: true, readersLogIn: true, host: 'h.example.com', tls: [{ secretName: 'tls' }] },
    },
    crds: { annotations: { note: 'n' } },
    extraArgs: ['--log-level=debug'],
    extraEnv: [{ name: 'TZ', value: 'Asia/Shanghai' }],
    extraObjects: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' } },
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-text\n',
    ],
  },
  'a role by the webhook': RRSA,
  'a Secret with a key': { credentials: { existingSecret: { name: 'account' } } },
  'single namespaces without rights of the cluster': {
    watchNamespaces: ['media', 'sports'],
    credentials: { namespaceSecrets: { media: ['media-account'] } },
    crds: { install: false },
    rbac: { userRoles: false },
    objectSizePolicy: { enabled: false },
  },
};

describe('with Helm 3, the chart', function () {
  this.timeout(60_000);
  const three = useHelm(helm3Program);
  const four = useHelm();

  it('is rendered by the versions that it is meant to be', async () => {
    const versions = [three.helm, four.helm].map((helm) => helm.run(['version', '--template={{.Version}}']));
    const [old, recent] = (await Promise.all(versions)).map(({ stdout }) => stdout);
    expect(old).to.match(/^v3\./);
    expect(recent).to.match(/^v4\./);
  });

  it('passes lint', async () => {
    const { code, stdout } = await three.helm.run(['lint', '--strict', CHART]);
    expect(code, stdout).to.equal(0);
    expect(stdout).not.to.match(/WARNING|ERROR/);
  });

  for (const [title, values] of Object.entries(VALUES))
    it(`gives the manifests that Helm 4 gives, with ${title}`, async () => {
      const [old, recent] = await Promise.all([three.helm.render({ values }), four.helm.render({ values })]);
      expect(old).not.to.deep.equal([]);
      expect(old).to.deep.equal(recent);
    });

  it('refuses what Helm 4 refuses, with the same sentence', async () => {
    for (const [values, sentence] of [
      [{ replicas: 2 }, "'replicas' not allowed"],
      [{ serviceMonitor: { enabled: true }, podMonitor: { enabled: true } }, 'scrape every series twice'],
    ] as const)
      for (const { helm } of [three, four]) expect(await helm.refusal(values)).to.contain(sentence);
  });
});
