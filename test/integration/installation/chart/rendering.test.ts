/**
 * What the chart makes of its values, by meaning: each document is parsed, and the operator's own parser
 * reads the arguments.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type {
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1Ingress,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1PodSpec,
  V1Role,
  V1RoleBinding,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { configValues } from '../../../../scripts/chart/config-schema.ts';
import { dashboard } from '../../../../scripts/chart/dashboard/dashboard.ts';
import { leaseNameOf } from '../../../../src/api/shard.ts';
import type { Config } from '../../../../src/config/options.ts';
import { readConfig } from '../../../../src/config/read-config.ts';
import { type Manifest, readCrd, theOnly } from '../../../guards/deploy/manifests.ts';
import {
  CHART,
  NAMESPACE,
  RELEASE,
  theOnlyOrNone,
  useHelm,
  type Values,
} from '../../support/release/helm.ts';

describe('the chart', function () {
  this.timeout(60_000);
  const scene = useHelm();

  it('passes lint', async () => {
    const { code, stdout } = await scene.helm.run(['lint', '--strict', CHART]);
    expect(code, stdout).to.equal(0);
    expect(stdout).not.to.match(/WARNING|ERROR/);
  });

  it('installs on ACK, whose versions count as pre-releases', async () => {
    await scene.helm.render({ args: ['--kube-version=v1.31.1-aliyun.1'] });
    const { stderr } = await scene.helm.template({ args: ['--kube-version=v1.30.7-aliyun.1'] });
    expect(stderr).to.contain('requires kubeVersion: >=1.31.0-0');
  });

  it('gives every object one set of labels, and all but what a cluster has once the namespace', async () => {
    const manifests = await scene.helm.render();
    for (const { kind, metadata } of manifests) {
      const { labels } = metadata as { labels?: Record<string, string> };
      expect(labels, kind).to.include({
        'app.kubernetes.io/name': RELEASE,
        'app.kubernetes.io/instance': RELEASE,
        'app.kubernetes.io/managed-by': 'Helm',
      });
      const ofCluster = /^(Cluster|CustomResource|ValidatingAdmission)/.test(kind);
      expect(metadata.namespace, kind).to.equal(ofCluster ? undefined : NAMESPACE);
    }
  });

  it('gives the operator arguments that it accepts, in which only the Lease and a namespace differ from its defaults', async () => {
    const config = await configOf({});
    const byDefault = (readConfig([], {}) as { config: Config }).config;
    expect(config).to.deep.equal({
      ...byDefault,
      'leader-elect': true,
      'lease-name': RELEASE,
      'default-credentials-namespaces': ['default'],
    });
  });

  it('passes each option of config to the operator', async () => {
    const config = {
      interval: '1m30s',
      minInterval: '10s',
      freshness: 2.5,
      endpoint: 'live.example.com',
      insecureEndpoint: true,
      stsEndpoint: 'none',
      region: 'ap-southeast-1',
      callsPerMinute: 1500,
      observeWith: 'list',
      defaultCredentialsNamespaces: ['media', 'sports'],
      allowedEndpoints: ['*.aliyuncs.com', 'live.example.com:8443'],
      streamUrls: 'omit',
      // Helm would write a million as 1e+06.
      perObjectMetricsLimit: 1_000_000,
      logLevel: 'debug',
      logFormat: 'pretty',
    };
    expect(Object.keys(config)).to.have.members(configValues().map(({ name }) => name));
    const read = await configOf({ config });
    for (const { flag, name } of configValues()) {
      const value = config[name as keyof typeof config];
      const text = Array.isArray(value) ? value.join() : String(value);
      const alone = readConfig([`--${flag}=${text}`, '--insecure-endpoint'], {}) as { config: Config };
      expect(read[flag], flag).to.deep.equal(alone.config[flag]);
    }
  });

  it('serves the status page where it is switched on, to its readers only', async () => {
    expect((await configOf({}))['page-address']).to.equal(undefined);
    const values = {
      page: {
        enabled: true,
        port: 9_090,
        namespaces: ['media'],
        readerNamespaces: ['login'],
        ingress: { enabled: true, readersLogIn: true, host: 'streams.example.com' },
      },
    };
    expect(await configOf(values)).to.deep.include({
      'page-address': { host: undefined, port: 9_090 },
      'page-namespaces': ['media'],
    });
    const manifests = await scene.helm.render({ values });
    const { spec } = theOnly<V1NetworkPolicy>(manifests, 'NetworkPolicy', RELEASE);
    const [, readers] = spec?.ingress ?? [];
    expect(readers?.ports?.map(({ port }) => port)).to.deep.equal(['page']);
    expect(Reflect.get(readers ?? {}, 'from')).to.deep.equal([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'login' } } },
    ]);
    const { spec: service } = theOnly<V1Service>(manifests, 'Service', RELEASE);
    expect(service?.ports?.map(({ name, port, targetPort }) => [name, port, targetPort])).to.deep.equal([
      ['http', 8_080, 'http'],
      ['page', 9_090, 'page'],
    ]);
    const { spec: ingress } = theOnly<V1Ingress>(manifests, 'Ingress', `${RELEASE}-page`);
    const backend = ingress?.rules?.[0]?.http?.paths[0]?.backend.service;
    expect(backend).to.deep.equal({ name: RELEASE, port: { name: 'page' } });
  });

  it('stops its one pod before it starts the next without leader election, as both would call', async () => {
    const values = { replicaCount: 1, leaderElection: { enabled: false } };
    const strategies = await Promise.all(
      [values, {}].map(async (each) => {
        const manifests = await scene.helm.render({ values: each });
        return theOnly<V1Deployment>(manifests, 'Deployment', RELEASE).spec?.strategy;
      }),
    );
    expect(strategies).to.deep.equal([
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      undefined,
    ]);
  });

  it('passes leader election, namespaces and shard to the operator, and grants the Lease of that name', async () => {
    const values = {
      leaderElection: { leaseDuration: '30s', renewDeadline: '20s', retryPeriod: '5s' },
      watchNamespaces: ['media', 'sports'],
      shard: { name: 'sports', count: 3 },
    };
    const config = await configOf(values);
    expect(config).to.deep.include({
      'leader-elect': true,
      'lease-duration': 30_000,
      'renew-deadline': 20_000,
      'retry-period': 5_000,
      namespaces: ['media', 'sports'],
      shard: 'sports',
      'shard-count': 3,
    });
    const role = theOnly<V1Role>(await scene.helm.render({ values }), 'Role', `${RELEASE}-lease`);
    expect(role.rules?.[1]?.resourceNames).to.deep.equal([leaseNameOf(config['lease-name'], 'sports')]);
  });

  it('lets the last argument win, which is a user of extraArgs', async () => {
    const values = { config: { logLevel: 'warn' }, extraArgs: ['--log-level=debug'] };
    expect(await configOf(values)).to.include({ 'log-level': 'debug' });
  });

  it('renders names that YAML would take for numbers as texts', async () => {
    const values = {
      watchNamespaces: ['90001'],
      credentials: { existingSecret: { name: '90002' }, namespaceSecrets: { '90003': ['90004'] } },
      shard: { count: 2, redisSecret: { name: '90005' } },
      extraCA: { configMap: '90006' },
      serviceAccount: { name: '90007' },
      priorityClassName: '90008',
      grafanaDashboard: { enabled: true, namespace: '90009' },
    };
    const args = ['--namespace=90010'];
    const manifests = await scene.helm.render({ values, args, release: '90011' });
    expect(JSON.stringify(manifests)).not.to.match(/[:[,]900\d\d\b/);
  });

  // Helm fills in no section that came later with `--reuse-values`; null stands for that here.
  for (const values of [
    { page: null, grafanaDashboard: null },
    { serviceAccount: { annotations: null }, crds: { annotations: null } },
    { prometheusRule: { enabled: true, disabled: null, severities: null, for: null } },
    { podDisruptionBudget: { minAvailable: null, maxUnavailable: null } },
  ])
    it(`renders with nothing for ${JSON.stringify(values)}`, async () => {
      const bounds = theOnly<V1PodDisruptionBudget>(
        await scene.helm.render({ values }),
        'PodDisruptionBudget',
      );
      expect(bounds.spec).to.include({ maxUnavailable: 1 }).and.not.have.property('minAvailable');
      const notes = ['install', RELEASE, CHART, '--dry-run=client', '--values=-'];
      expect(await scene.helm.run(notes, { values })).to.include({ code: 0 });
    });

  it('renders without a section that is null, or names the section that it needs', async () => {
    const defaults = parse(await readFile(join(CHART, 'values.yaml'), 'utf8'));
    for (const path of sectionsOf(defaults)) {
      const { code, stderr } = await scene.helm.template({ values: withNull(path) });
      if (code !== 0) expect(stderr, path.join('.')).to.contain(`missing property '${path.at(-1)}'`);
    }
  });

  describe('in its notes', () => {
    const notes = async (values: Values): Promise<string> => {
      const args = ['install', RELEASE, CHART, '--dry-run=client', '--values=-'];
      return (await scene.helm.run(args, { values })).stdout.split('NOTES:')[1] ?? '';
    };

    it('has commands for a first object that a shell runs as they are pasted', async () => {
      const text = await notes({ watchNamespaces: ['90001'], shard: { name: '90002' } });
      const [, commands = ''] = /\nA first object\n(.*?)\n\n/s.exec(text) ?? [];
      const script = `kubectl() { if test "$1" = apply; then cat; else echo "# $*"; fi; }\n${commands}`;
      const { stdout } = await promisify(execFile)('sh', ['-c', script]);
      expect(stdout).to.contain(
        '\n# --namespace 90001 wait --for=condition=Ready edgetranscodejob/stream1-hd\n',
      );
      expect(parse(stdout).metadata).to.deep.equal({
        name: 'stream1-hd',
        namespace: '90001',
        labels: { 'edgetranscode.live/shard': '90002' },
      });
    });

    for (const [title, given, namespace, ownSecret] of [
      ['default, which may use the credentials', {}, 'default', false],
      [
        'one that may use the credentials',
        { config: { defaultCredentialsNamespaces: ['media'] } },
        'media',
        false,
      ],
      [
        'a watched one that may use the credentials',
        {
          config: { defaultCredentialsNamespaces: ['other', 'sports'] },
          watchNamespaces: ['media', 'sports'],
        },
        'sports',
        false,
      ],
      [
        'a watched one where all may use them',
        { config: { defaultCredentialsNamespaces: ['*'] }, watchNamespaces: ['media'] },
        'media',
        false,
      ],
      [
        'a watched one with a Secret of its own where none may',
        { watchNamespaces: ['media'] },
        'media',
        true,
      ],
    ] as const)
      it(`has a first object in ${title}`, async () => {
        const text = await notes({ credentials: { existingSecret: { name: 'account' } }, ...given });
        const [, object = ''] = /<<EOF\n(.*?)EOF\n/s.exec(text) ?? [];
        const { metadata, spec } = parse(object);
        expect([metadata.namespace, 'credentialsRef' in spec]).to.deep.equal([namespace, ownSecret]);
      });

    it('says from where metrics and page can be read', async () => {
      const page = { enabled: true };
      const everywhere = 'lets every pod of the cluster read it';
      expect(await notes({ page })).not.to.contain(everywhere);
      expect(await notes({ page, networkPolicy: { enabled: false } })).to.contain(everywhere);
      expect(await notes({ networkPolicy: { monitoringNamespaces: [] } })).to.contain(
        'No namespace may scrape',
      );
    });
  });

  for (const [title, values, message] of [
    ['an option that does not exist', { config: { intervall: '30s' } }, "'intervall' not allowed"],
    ['a duration without a unit', { config: { interval: '60' } }, '/config/interval'],
    ['a number out of bounds', { config: { callsPerMinute: 6_001 } }, 'maximum: got 6,001, want 6,000'],
    ['an unknown choice', { config: { streamUrls: 'all' } }, "'redact', 'short', 'full', 'omit'"],
    ['a text for a list', { config: { allowedEndpoints: '*' } }, 'want array'],
    ['an unknown value', { replicas: 2 }, "'replicas' not allowed"],
    ['an unknown value in a section', { serviceMonitor: { enable: true } }, "'enable' not allowed"],
    [
      'an ARN for the name of a role',
      { credentials: { rrsa: { roleName: 'acs:ram::1:role/r' } } },
      'rrsa/roleName',
    ],
  ] as const)
    it(`refuses ${title}`, async () => {
      expect(await scene.helm.refusal(values)).to.contain(message);
    });

  const RRSA = { rrsa: { enabled: true, roleName: 'job-reader' } };
  const BY_HAND = {
    rrsaManual: {
      enabled: true,
      roleARN: 'acs:ram::1000000000000001:role/job-reader',
      oidcProviderARN: 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c0ffee',
    },
  };
  const SECRET = { existingSecret: { name: 'account' } };

  for (const [title, values, sentence] of [
    [
      'several replicas without leader election',
      { leaderElection: { enabled: false } },
      'replicaCount is more than 1 without leader election, so every replica would spend the quota; set leaderElection.enabled=true or replicaCount=1',
    ],
    [
      'a role and a Secret together',
      { credentials: { ...RRSA, ...SECRET } },
      'credentials has rrsa and existingSecret together, and the operator uses one; switch on one of them',
    ],
    [
      'both kinds of RRSA together',
      { credentials: { ...RRSA, ...BY_HAND } },
      'credentials has rrsa and rrsaManual together',
    ],
    ['RRSA without a role', { credentials: { rrsa: { enabled: true } } }, 'set credentials.rrsa.roleName'],
    [
      'RRSA by hand without ARNs',
      { credentials: { rrsaManual: { enabled: true } } },
      'set credentials.rrsaManual.roleARN and oidcProviderARN',
    ],
    ...[
      { minAvailable: 2 },
      { minAvailable: '100%' },
      { minAvailable: '51%' },
      { maxUnavailable: 0 },
      { maxUnavailable: '0%' },
    ].map(
      (podDisruptionBudget) =>
        [
          `a disruption budget of ${JSON.stringify(podDisruptionBudget)} for two replicas`,
          { podDisruptionBudget },
          'podDisruptionBudget lets no pod go, so no node with a replica could be drained; set maxUnavailable=1',
        ] as const,
    ),
    [
      'a disruption budget with both bounds',
      { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } },
      'Kubernetes takes one; remove one',
    ],
    [
      'a ServiceMonitor and a PodMonitor',
      { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } },
      'serviceMonitor and podMonitor together scrape every series twice',
    ],
    [
      'a variable that the chart sets',
      { credentials: SECRET, extraEnv: [{ name: 'ALIBABA_CLOUD_ACCESS_KEY_ID', value: 'k' }] },
      'extraEnv has ALIBABA_CLOUD_ACCESS_KEY_ID, which the chart sets already',
    ],
    [
      'an Ingress of the page without a login',
      { page: { enabled: true, ingress: { enabled: true, host: 'streams.example.com' } } },
      'put a login before it, and say so by page.ingress.readersLogIn=true',
    ],
    [
      'an Ingress of a page that is off',
      { page: { ingress: { enabled: true, readersLogIn: true, host: 'streams.example.com' } } },
      'the status page, which is off; set page.enabled=true',
    ],
    [
      'an Ingress of a page that the NetworkPolicy closes',
      {
        page: { enabled: true, ingress: { enabled: true, readersLogIn: true, host: 'streams.example.com' } },
      },
      'set page.readerNamespaces to that of your ingress controller',
    ],
    [
      'the page on the port of the metrics',
      { page: { enabled: true, port: 8080 } },
      'page.port is 8080, the port of metrics and probes',
    ],
    [
      'shared budgets of one operator',
      { shard: { redisSecret: { name: 'shared-budget' } } },
      'shard.count is 1; set shard.count to their number',
    ],
  ] as const)
    it(`refuses ${title} with a sentence`, async () => {
      expect(await scene.helm.refusal(values)).to.contain(sentence);
    });

  for (const [podDisruptionBudget, spec] of [
    [{}, { maxUnavailable: 1 }],
    [{ maxUnavailable: '50%' }, { maxUnavailable: '50%' }],
    [{ minAvailable: 1 }, { minAvailable: 1 }],
    [
      { minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      { minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    ],
  ] as const)
    it(`makes a disruption budget of ${JSON.stringify(podDisruptionBudget)}`, async () => {
      const manifests = await scene.helm.render({ values: { podDisruptionBudget } });
      const { selector, ...bounds } =
        theOnly<V1PodDisruptionBudget>(manifests, 'PodDisruptionBudget').spec ?? {};
      expect(bounds).to.deep.equal(spec);
      expect(selector).to.deep.equal(theOnly<V1Deployment>(manifests, 'Deployment').spec?.selector);
    });

  describe('with credentials', () => {
    it('of a role by the webhook, labels the pod, annotates the account and insists on RRSA', async () => {
      const manifests = await scene.helm.render({ values: { credentials: RRSA } });
      const { template } = theOnly<V1Deployment>(manifests, 'Deployment').spec as NonNullable<
        V1Deployment['spec']
      >;
      expect(template.metadata?.labels).to.include({ 'pod-identity.alibabacloud.com/injection': 'on' });
      expect(theOnly<V1ServiceAccount>(manifests, 'ServiceAccount').metadata?.annotations).to.deep.equal({
        'pod-identity.alibabacloud.com/role-name': 'job-reader',
      });
      expect(template.spec?.containers[0]?.args).to.include('--credentials=rrsa');
      expect(template.spec?.containers[0]).not.to.have.property('env');
    });

    it('of a role by hand, mounts a token for STS where its variable says', async () => {
      const { spec, container } = await pod({ credentials: BY_HAND });
      const file = container.env?.find(({ name }) => name === 'ALIBABA_CLOUD_OIDC_TOKEN_FILE')?.value;
      const [mount] = container.volumeMounts ?? [];
      const [volume] = spec.volumes ?? [];
      const token = volume?.projected?.sources?.[0]?.serviceAccountToken;
      expect(token?.audience).to.equal('sts.aliyuncs.com');
      expect(volume?.name).to.equal(mount?.name);
      expect(file).to.equal(`${mount?.mountPath}/${token?.path}`);
      expect(container.env?.map(({ value }) => value)).to.include.members([
        BY_HAND.rrsaManual.roleARN,
        BY_HAND.rrsaManual.oidcProviderARN,
      ]);
    });

    it('of a Secret, requires it, and its token only if there is one', async () => {
      const { container } = await pod({ credentials: SECRET });
      expect(container.env?.map(({ name, valueFrom }) => [name, valueFrom?.secretKeyRef])).to.deep.equal([
        ['ALIBABA_CLOUD_ACCESS_KEY_ID', { name: 'account', key: 'accessKeyID', optional: false }],
        ['ALIBABA_CLOUD_ACCESS_KEY_SECRET', { name: 'account', key: 'accessKeySecret', optional: false }],
        ['ALIBABA_CLOUD_SECURITY_TOKEN', { name: 'account', key: 'securityToken', optional: true }],
      ]);
      expect(container.args).to.include('--credentials=access-key');
    });

    it('in Secrets of namespaces, grants to get these and nothing else', async () => {
      const namespaceSecrets = { media: ['media-account'], sports: ['one', 'two'] };
      const manifests = await scene.helm.render({ values: { credentials: { namespaceSecrets } } });
      const granted = manifests.filter(({ metadata }) => metadata.name.endsWith('-secrets'));
      const roles = granted.filter(({ kind }) => kind === 'Role') as (V1Role & Manifest)[];
      expect(roles.map(({ metadata, rules }) => [metadata.namespace, rules])).to.deep.equal(
        Object.entries(namespaceSecrets).map(([namespace, resourceNames]) => [
          namespace,
          [{ apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get'] }],
        ]),
      );
      const bindings = granted.filter(({ kind }) => kind === 'RoleBinding') as (V1RoleBinding & Manifest)[];
      expect(bindings.map(({ metadata }) => metadata.namespace)).to.deep.equal(['media', 'sports']);
      for (const { subjects } of bindings)
        expect(subjects).to.deep.equal([{ kind: 'ServiceAccount', name: RELEASE, namespace: NAMESPACE }]);
    });
  });

  it('makes no Role and no binding for the operator when rbac.create is off', async () => {
    const credentials = { namespaceSecrets: { media: ['media-account'] } };
    const values = { rbac: { create: false, userRoles: false }, watchNamespaces: ['media'], credentials };
    const kinds = (await scene.helm.render({ values })).map(({ kind }) => kind);
    expect(kinds).to.include('Deployment');
    expect(kinds.filter((kind) => kind.includes('Role'))).to.deep.equal([]);
  });

  it('watches namespaces by a Role in each, and makes nothing of the cluster when that is switched off', async () => {
    const values = {
      watchNamespaces: ['media', 'sports'],
      crds: { install: false },
      rbac: { userRoles: false },
      objectSizePolicy: { enabled: false },
    };
    const manifests = await scene.helm.render({ values });
    expect(manifests.filter(({ metadata }) => metadata.namespace === undefined)).to.deep.equal([]);
    const roles = manifests.filter(({ kind, metadata }) => kind === 'Role' && metadata.name === RELEASE);
    expect(roles.map(({ metadata }) => metadata.namespace)).to.deep.equal(['media', 'sports']);
    const { rules } = theOnly<V1Role>(await scene.helm.render(), 'ClusterRole', RELEASE);
    for (const role of roles as (V1Role & Manifest)[]) expect(role.rules).to.deep.equal(rules);
  });

  it('has the CRD of crds/, which an uninstall keeps by default', async () => {
    const crd = theOnly<Manifest & { spec: unknown }>(await scene.helm.render(), 'CustomResourceDefinition');
    expect(crd.spec).to.deep.equal(readCrd().spec);
    expect(crd.metadata).to.have.deep.property('annotations', { 'helm.sh/resource-policy': 'keep' });
    const loose = await scene.helm.render({ values: { crds: { keep: false } } });
    expect(theOnly<Manifest>(loose, 'CustomResourceDefinition').metadata).not.to.have.property('annotations');
    const none = await scene.helm.render({ values: { crds: { install: false } } });
    expect(theOnlyOrNone(none, 'CustomResourceDefinition')).to.equal(undefined);
  });

  it('makes two releases that have no name in common', async () => {
    const sports = {
      shard: { name: 'sports' },
      crds: { install: false },
      rbac: { userRoles: false },
      objectSizePolicy: { enabled: false },
    };
    const [one, other] = await Promise.all([
      scene.helm.render(),
      scene.helm.render({ release: 'sports', values: sports }),
    ]);
    const names = (manifests: readonly Manifest[]) =>
      manifests.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
    expect(names(one).filter((name) => names(other).includes(name))).to.deep.equal([]);
    const selectors = [one, other].map((each) => theOnly<V1Deployment>(each, 'Deployment').spec?.selector);
    expect(selectors[0]).not.to.deep.equal(selectors[1]);
    for (const [index, each] of [one, other].entries()) {
      const policy = theOnly<V1NetworkPolicy>(each, 'NetworkPolicy').spec?.podSelector;
      expect(policy).to.deep.equal(selectors[index]);
    }
  });

  it('names the image by registry, tag and digest', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const image = { repository: 'media/operator', tag: 'v9' };
    const named = async (values: Values) => (await pod(values)).container.image;
    expect(await named({})).to.match(/^edge-transcode-job-operator:\d/);
    expect(await named({ image })).to.equal('media/operator:v9');
    expect(await named({ image: { ...image, digest } })).to.equal(`media/operator@${digest}`);
    expect(await named({ image, global: { imageRegistry: 'registry.example' } })).to.equal(
      'registry.example/media/operator:v9',
    );
  });

  it('gives Node.js the authority of extraCA where the variable says', async () => {
    const { spec, container } = await pod({ extraCA: { configMap: 'our-ca', key: 'root.pem' } });
    const [mount] = container.volumeMounts ?? [];
    const { configMap } = spec.volumes?.[0] ?? {};
    expect(configMap).to.deep.equal({ name: 'our-ca', items: [{ key: 'root.pem', path: 'ca.crt' }] });
    expect(container.env).to.deep.equal([
      { name: 'NODE_EXTRA_CA_CERTS', value: `${mount?.mountPath}/ca.crt` },
    ]);
  });

  it('takes the URL of Redis from a Secret, not from an argument', async () => {
    const shard = { name: 'sports', count: 2, redisSecret: { name: 'shared-budget' } };
    const { container } = await pod({ shard });
    const secretKeyRef = { name: 'shared-budget', key: 'EDGETRANSCODE_REDIS_URL' };
    expect(container.env).to.deep.equal([{ name: secretKeyRef.key, valueFrom: { secretKeyRef } }]);
    expect(container.args?.filter((arg) => arg.includes('redis'))).to.deep.equal([]);
  });

  it('puts what users add beside what it sets', async () => {
    const added = {
      extraEnv: [{ name: 'TZ', value: 'Asia/Shanghai' }],
      extraEnvFrom: [{ configMapRef: { name: 'more' } }],
      extraVolumes: [{ name: 'scratch', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      podLabels: { team: 'video' },
      podAnnotations: { note: 'n' },
      priorityClassName: 'high',
      imagePullSecrets: [{ name: 'registry' }],
      tolerations: [{ operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
    };
    const { spec, container } = await pod({ ...added, credentials: SECRET, extraCA: { configMap: 'ca' } });
    expect(container.env?.map(({ name }) => name))
      .to.have.lengthOf(5)
      .and.include('TZ');
    expect(container.envFrom).to.deep.equal(added.extraEnvFrom);
    expect(spec.volumes?.map(({ name }) => name)).to.deep.equal(['extra-ca', 'scratch']);
    expect(container.volumeMounts?.map(({ name }) => name)).to.deep.equal(['extra-ca', 'scratch']);
    const { imagePullSecrets, tolerations, affinity, priorityClassName } = added;
    expect(spec).to.deep.include({ imagePullSecrets, tolerations, affinity, priorityClassName });
  });

  it('renders the manifests of extraObjects, of which a text is a template', async () => {
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'plain' },
      data: { a: '{{ x }}' },
    };
    const text = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-text\n';
    const manifests = await scene.helm.render({ values: { extraObjects: [settings, text] } });
    expect(theOnly(manifests, 'ConfigMap')).to.deep.equal(settings);
    expect(theOnly<Manifest>(manifests, 'Secret').metadata.name).to.equal(`${RELEASE}-text`);
  });

  for (const [section, kind, endpoints] of [
    ['serviceMonitor', 'ServiceMonitor', 'endpoints'],
    ['podMonitor', 'PodMonitor', 'podMetricsEndpoints'],
  ] as const)
    it(`makes a ${kind} that keeps the labels of the objects`, async () => {
      const annotations = { 'arms.prometheus.io/discovery': 'true' };
      const additionalLabels = { release: 'p' };
      const values = { [section]: { enabled: true, interval: '30s', additionalLabels, annotations } };
      const manifests = await scene.helm.render({ values });
      const { metadata, spec } = theOnly<Manifest & { spec: Record<string, unknown> }>(manifests, kind);
      expect(metadata).to.have.property('labels').that.includes(additionalLabels);
      expect(metadata).to.have.property('annotations').that.deep.equals(annotations);
      expect(spec[endpoints]).to.deep.equal([{ port: 'http', interval: '30s', honorLabels: true }]);
      const labels = theOnly<V1Deployment>(manifests, 'Deployment').spec?.selector;
      expect(spec.selector).to.deep.equal(labels);
    });

  describe('with the dashboard', () => {
    const values = (more: Values = {}): Values => ({ grafanaDashboard: { enabled: true, ...more } });

    it("puts it, as it is, where Grafana's sidecar looks", async () => {
      const [byDefault, chosen] = await Promise.all(
        [
          values(),
          values({
            ...{ namespace: 'monitoring', folder: 'Video', annotations: { ours: 'yes' } },
            ...{ sidecarLabel: 'dashboards', sidecarLabelValue: 'on', additionalLabels: { team: 'video' } },
          }),
        ].map(async (each) => theOnly<V1ConfigMap>(await scene.helm.render({ values: each }), 'ConfigMap')),
      );
      expect(JSON.parse(byDefault?.data?.['edge-transcode-jobs.json'] ?? '')).to.deep.equal(dashboard());
      expect(byDefault?.metadata).to.include({ namespace: NAMESPACE });
      expect(byDefault?.metadata?.labels).to.include({ grafana_dashboard: '1' });
      expect(byDefault?.metadata).not.to.have.property('annotations');
      expect(chosen?.metadata).to.include({ namespace: 'monitoring' });
      expect(chosen?.metadata?.labels).to.include({ dashboards: 'on', team: 'video' });
      expect(chosen?.metadata?.annotations).to.deep.equal({ grafana_folder: 'Video', ours: 'yes' });
    });

    it('says in the notes what its panels need', async () => {
      const notes = async (more: Values): Promise<string> => {
        const args = ['install', RELEASE, CHART, '--dry-run=client', '--values=-'];
        return (
          (await scene.helm.run(args, { values: { ...values(), ...more } })).stdout.split('NOTES:')[1] ?? ''
        );
      };
      expect(await notes({})).to.contain('Its panels stay empty until Prometheus scrapes the operator');
      expect(await notes({ serviceMonitor: { enabled: true } })).not.to.contain('stay empty');
      expect(await notes({ config: { perObjectMetricsLimit: 0 } })).to.contain(
        'Its panels about objects stay empty with config.perObjectMetricsLimit=0',
      );
    });
  });

  describe('with alerts', () => {
    interface Rule {
      readonly alert: string;
      readonly for?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }
    interface Group {
      readonly name: string;
      readonly rules: readonly Rule[];
    }

    async function groupsOf(prometheusRule: Values): Promise<readonly Group[]> {
      const values = { prometheusRule: { enabled: true, ...prometheusRule } };
      const manifests = await scene.helm.render({ values });
      return theOnly<{ spec: { groups: Group[] } }>(manifests, 'PrometheusRule').spec.groups;
    }

    it('has the rules of deploy/prometheus/rules.yaml, templates of Prometheus included', async () => {
      expect(await groupsOf({})).to.deep.equal(
        parse(await readFile('deploy/prometheus/rules.yaml', 'utf8')).groups,
      );
    });

    it('leaves out, changes and adds rules', async () => {
      const added = { alert: 'Ours', expr: 'up == 0' };
      const [group] = await groupsOf({
        disabled: ['EdgeTranscodeDemandHigh'],
        severities: { EdgeTranscodeJobNotFresh: 'page' },
        for: { EdgeTranscodeJobNotReady: '15m' },
        runbookURL: 'https://git.example/operator/',
        extraRules: [added],
      });
      const named = new Map(group?.rules.map((rule) => [rule.alert, rule]));
      expect([...named.keys()]).not.to.include('EdgeTranscodeDemandHigh');
      expect(named.get('EdgeTranscodeJobNotFresh')?.labels).to.deep.equal({ severity: 'page' });
      expect(named.get('EdgeTranscodeJobNotReady')).to.include({ for: '15m' });
      expect(named.get('EdgeTranscodeNoLeader')?.annotations.runbook_url).to.equal(
        'https://git.example/operator/docs/runbooks/EdgeTranscodeNoLeader.md',
      );
      expect(named.get('Ours')).to.deep.equal(added);
    });

    it('refuses the name of an alert that does not exist', async () => {
      const prometheusRule = { disabled: ['EdgeTranscodeDemandHihg'] };
      expect(await scene.helm.refusal({ prometheusRule })).to.contain('/prometheusRule/disabled/0');
    });
  });

  describe('as a part of another chart', () => {
    let wrapper: string;

    before(async () => {
      wrapper = join(scene.helm.folder, 'wrapper');
      await mkdir(join(wrapper, 'charts'), { recursive: true });
      await cp(CHART, join(wrapper, 'charts', RELEASE), { recursive: true });
      const { version } = JSON.parse(await readFile('package.json', 'utf8'));
      const dependency = { name: RELEASE, version, condition: `${RELEASE}.enabled` };
      const chart = { apiVersion: 'v2', name: 'wrapper', version: '1.0.0', dependencies: [dependency] };
      await writeFile(join(wrapper, 'Chart.yaml'), stringify(chart));
    });

    it('takes its values, the global ones and the condition of its parent', async () => {
      const values = {
        global: { imageRegistry: 'registry.example', ofTheParent: true },
        [RELEASE]: { enabled: true, replicaCount: 3 },
      };
      const deployment = theOnly<V1Deployment>(
        await scene.helm.render({ chart: wrapper, values }),
        'Deployment',
      );
      expect(deployment.spec?.replicas).to.equal(3);
      expect(deployment.spec?.template.spec?.containers[0]?.image).to.match(/^registry\.example\//);
      const without = { [RELEASE]: { enabled: false } };
      expect(await scene.helm.render({ chart: wrapper, values: without })).to.deep.equal([]);
    });

    it('still refuses what it does not know', async () => {
      const values = { [RELEASE]: { replicas: 3 } };
      const { code, stderr } = await scene.helm.template({ chart: wrapper, values });
      expect(code).to.equal(1);
      expect(stderr).to.contain("'replicas' not allowed");
    });
  });

  async function pod(values: Values): Promise<{ spec: V1PodSpec; container: V1Container }> {
    const deployment = theOnly<V1Deployment>(await scene.helm.render({ values }), 'Deployment');
    const spec = deployment.spec?.template.spec as V1PodSpec;
    return { spec, container: spec.containers[0] as V1Container };
  }

  /** What the operator reads from the rendered arguments. @throws with its complaints */
  async function configOf(values: Values): Promise<Config> {
    const result = readConfig((await pod(values)).container.args ?? [], {});
    if ('errors' in result) throw new Error(result.errors.join('; '));
    return result.config;
  }
});

/** The path of each value that is a map with something in it. */
function sectionsOf(values: object): string[][] {
  return Object.entries(values).flatMap(([name, value]) => {
    const isSection = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (!isSection || Object.keys(value).length === 0) return [];
    return [[name], ...sectionsOf(value).map((path) => [name, ...path])];
  });
}

/** Values that remove a section, as `--set PATH=null` does. */
function withNull(path: readonly string[]): Values {
  return path.reduceRight<unknown>((value, name) => ({ [name]: value }), null) as Values;
}
