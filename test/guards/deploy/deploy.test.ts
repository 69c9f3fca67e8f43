/**
 * The shipped manifests fit each other, and the pod runs with the least it needs. They are rendered from the
 * chart, so most of this holds for the chart's defaults, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1Container,
  V1Deployment,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1PodDisruptionBudgetSpec,
  V1PodSpec,
  V1Role,
  V1RoleBinding,
  V1Service,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Config } from '../../../src/config/options.ts';
import { readConfig } from '../../../src/config/read-config.ts';
import { accessKeyOf } from '../../../src/credentials/environment-credentials.ts';
import { type Manifest, manifestsIn, ROOT, theOnly } from './manifests.ts';

const manifests = manifestsIn('deploy');
const EDITOR = 'edge-transcode-job-operator-editor';
const VIEWER = 'edge-transcode-job-operator-viewer';

describe('the Deployment', () => {
  const { spec } = theOnly<V1Deployment>(manifests, 'Deployment');
  const pod = spec?.template.spec as V1PodSpec;
  const container = pod.containers[0] as V1Container;

  it('runs as a numbered user that is not root, in the default seccomp profile', () => {
    expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532 });
    expect(pod.securityContext?.seccompProfile).to.deep.equal({ type: 'RuntimeDefault' });
  });

  it('can gain no privilege, write no file of its image and use no capability', () => {
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('shares nothing with its node', () => {
    expect(pod).not.to.have.any.keys('hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'hostUsers');
    expect(pod.containers).to.have.lengthOf(1);
  });

  it('runs twice, on two nodes if it can, and one of the two acts', () => {
    expect(spec).to.include({ replicas: 2 });
    expect(container.args).to.include('--leader-elect');
    expect(pod.topologySpreadConstraints).to.have.lengthOf(1);
    expect(pod.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels).to.deep.equal(
      spec?.selector.matchLabels,
    );
  });

  it('loses one pod at a time while nodes are drained, so that a node drains whatever the number of replicas', () => {
    const budget = theOnly<V1PodDisruptionBudget>(manifests, 'PodDisruptionBudget').spec;
    expect(budget).to.deep.equal({ maxUnavailable: 1, selector: spec?.selector });
    for (const replicas of [1, 2, 3]) expect(evictions(budget, replicas), `${replicas} replicas`).to.equal(1);
  });

  it('is probed where the operator answers', () => {
    expect(container.ports).to.deep.equal([{ name: 'http', containerPort: 8080 }]);
    expect(container.livenessProbe?.httpGet).to.deep.equal({ path: '/livez', port: 'http' });
    expect(container.readinessProbe?.httpGet).to.deep.equal({ path: '/readyz', port: 'http' });
  });

  it("names the namespaces that may use the operator's own credentials, and not all of them", () => {
    const result = readConfig(container.args ?? [], {});
    expect('config' in result && result.config['default-credentials-namespaces']).to.deep.equal(['default']);
  });

  it('spells out its other options at their defaults, one of which is the port', () => {
    const chosen = /^--(leader-elect$|default-credentials-namespaces=)/;
    const args = (container.args ?? []).filter((arg) => !chosen.test(arg));
    expect(args).not.to.deep.equal([]);
    const byDefault = readConfig([], {});
    expect(readConfig(args, {})).to.deep.equal(byDefault);
    expect('config' in byDefault && byDefault.config['http-address']).to.deep.equal({
      host: undefined,
      port: container.ports?.[0]?.containerPort,
    });
  });

  it('gives the operator its credentials under the names that it reads', () => {
    const environment = Object.fromEntries(
      (container.env ?? []).map(({ name }) => [name, `value-of-${name}`]),
    );
    expect(accessKeyOf(environment)).to.deep.equal({
      accessKeyID: 'value-of-ALIBABA_CLOUD_ACCESS_KEY_ID',
      accessKeySecret: 'value-of-ALIBABA_CLOUD_ACCESS_KEY_SECRET',
      securityToken: 'value-of-ALIBABA_CLOUD_SECURITY_TOKEN',
    });
  });

  it('takes its credentials from one Secret that need not exist', () => {
    const sources = container.env?.map(({ name, valueFrom }) => [name, valueFrom?.secretKeyRef]);
    const name = 'alibaba-cloud-credentials';
    expect(sources).to.deep.equal([
      ['ALIBABA_CLOUD_ACCESS_KEY_ID', { name, key: 'accessKeyID', optional: true }],
      ['ALIBABA_CLOUD_ACCESS_KEY_SECRET', { name, key: 'accessKeySecret', optional: true }],
      ['ALIBABA_CLOUD_SECURITY_TOKEN', { name, key: 'securityToken', optional: true }],
    ]);
  });

  it('says what memory and CPU it needs, and bounds its memory', () => {
    expect(container.resources).to.deep.equal({
      requests: { cpu: '50m', memory: '160Mi' },
      limits: { memory: '1Gi' },
    });
  });

  it('runs the version that package.json says', () => {
    const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(container.image).to.equal(`${name}:${version}`);
  });
});

/** Pods that may be evicted while all are healthy, as the controller of disruption budgets computes it. */
function evictions(budget: V1PodDisruptionBudgetSpec | undefined, replicas: number): number {
  const { minAvailable, maxUnavailable } = budget ?? {};
  const needed = minAvailable === undefined ? replicas - Number(maxUnavailable) : Number(minAvailable);
  return replicas - Math.max(0, needed);
}

describe('the manifests', () => {
  const namespace = theOnly<Manifest>(manifests, 'Namespace');
  const account = theOnly<Manifest>(manifests, 'ServiceAccount');
  const { metadata, spec } = theOnly<V1Deployment>(manifests, 'Deployment');

  it('begin with the namespace, in which all that is namespaced lives', () => {
    expect(manifests[0]).to.equal(namespace);
    const namespaces = manifests.flatMap((each) => each.metadata.namespace ?? []);
    expect(namespaces).to.deep.equal(Array(7).fill(namespace.metadata.name));
  });

  it('connect Service, Deployment and pod by the same labels and port', () => {
    const service = theOnly<V1Service>(manifests, 'Service').spec;
    const labels = spec?.template.metadata?.labels;
    expect(service?.selector).to.deep.equal(labels);
    expect(spec?.selector.matchLabels).to.deep.equal(labels);
    expect(metadata?.labels).to.include(labels);
    expect(service?.ports).to.deep.equal([{ name: 'http', port: 8080, targetPort: 'http' }]);
  });

  it('let nothing into the pod but scrapes from the monitoring namespace, and the probes of its node', () => {
    const policy = theOnly<V1NetworkPolicy>(manifests, 'NetworkPolicy').spec;
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } };
    expect(policy).to.deep.equal({
      podSelector: { matchLabels: spec?.template.metadata?.labels },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector }], ports: [{ port: 'http', protocol: 'TCP' }] }],
    });
    expect(spec?.template.spec?.containers[0]?.ports?.map(({ name }) => name)).to.deep.equal(['http']);
  });

  it('give the pod the account that has the role', () => {
    const binding = theOnly<V1ClusterRoleBinding>(manifests, 'ClusterRoleBinding');
    const { name } = account.metadata;
    expect(spec?.template.spec?.serviceAccountName).to.equal(name);
    expect(binding.subjects).to.deep.equal([
      { kind: 'ServiceAccount', name, namespace: namespace.metadata.name },
    ]);
    expect(binding.roleRef).to.include({ kind: 'ClusterRole', name });
  });

  it('let the operator hold the one Lease that it asks for, in its own namespace', () => {
    const role = theOnly<V1Role>(manifests, 'Role');
    const binding = theOnly<V1RoleBinding>(manifests, 'RoleBinding');
    const { 'lease-name': name } = (readConfig([], {}) as { config: Config }).config;
    expect(role.rules).to.deep.equal([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: [name],
        verbs: ['get', 'watch', 'update'],
      },
    ]);
    expect(binding.roleRef).to.include({ kind: 'Role', name: role.metadata?.name });
    expect(binding.subjects).to.deep.equal([
      { kind: 'ServiceAccount', name: account.metadata.name, namespace: namespace.metadata.name },
    ]);
  });

  it('let the operator read objects, patch their status, tell of events, and do nothing else in the cluster', () => {
    expect(permissions(account.metadata.name)).to.deep.equal([
      'get edgetranscode.live/edgetranscodejobs',
      'list edgetranscode.live/edgetranscodejobs',
      'watch edgetranscode.live/edgetranscodejobs',
      'patch edgetranscode.live/edgetranscodejobs/status',
      'create events.k8s.io/events',
    ]);
  });

  it('are the same without a ClusterRole, but for what a cluster has once', () => {
    const withoutRole = manifestsIn('deploy/namespaced', 'install.yaml');
    const ofCluster = /^(ClusterRole|ValidatingAdmission|CustomResourceDefinition)/;
    expect(withoutRole).to.deep.equal(manifests.filter(({ kind }) => !ofCluster.test(kind)));
    expect(withoutRole).to.have.lengthOf(8);
  });

  it('grant the same in a namespace where the operator may have no ClusterRole', () => {
    const inNamespace = manifestsIn('deploy/namespaced', 'watched-namespace.yaml');
    const { rules } = theOnly<V1ClusterRole>(manifests, 'ClusterRole', account.metadata.name);
    const binding = theOnly<V1RoleBinding>(inNamespace, 'RoleBinding');
    expect(theOnly<V1Role>(inNamespace, 'Role').rules).to.deep.equal(rules);
    expect(binding.roleRef).to.include({ kind: 'Role', name: account.metadata.name });
    expect(binding.subjects).to.deep.equal([
      { kind: 'ServiceAccount', name: account.metadata.name, namespace: namespace.metadata.name },
    ]);
    expect(inNamespace.filter(({ metadata }) => metadata.namespace)).to.deep.equal([]);
    expect(inNamespace).to.have.lengthOf(2);
  });

  it('let editors of a namespace write objects, but no status', () => {
    expect(permissions(EDITOR).map((each) => each.split('/').slice(1).join('/')))
      .to.have.lengthOf(8)
      .and.satisfy((resources: string[]) => resources.every((each) => each === 'edgetranscodejobs'));
    expect(aggregation(EDITOR)).to.deep.equal(['aggregate-to-admin', 'aggregate-to-edit']);
  });

  it('leave it to the cluster whether viewers see stream URLs', () => {
    expect(permissions(VIEWER)).to.have.lengthOf(3);
    expect(aggregation(VIEWER)).to.deep.equal([]);
  });

  function permissions(role: string): string[] {
    const { rules } = theOnly<V1ClusterRole>(manifests, 'ClusterRole', role);
    return (rules ?? []).flatMap(({ verbs, apiGroups, resources }) =>
      verbs.map((verb) => `${verb} ${apiGroups?.join()}/${resources?.join()}`),
    );
  }

  function aggregation(role: string): string[] {
    const labels = theOnly<V1ClusterRole>(manifests, 'ClusterRole', role).metadata?.labels ?? {};
    return Object.keys(labels).flatMap((label) => label.split('rbac.authorization.k8s.io/')[1] ?? []);
  }
});
