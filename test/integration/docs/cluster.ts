/**
 * The cluster of a reader: with or without an installed operator, whose pods this process plays.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Deployment, V1ServiceAccount } from '@kubernetes/client-node';
import { served } from '../../world/control-plane/served.ts';
import { CHART, type Helm, NAMESPACE, RELEASE } from '../support/release/helm.ts';
import { Pods } from '../support/release/pods.ts';
import { secret } from '../support/user-side.ts';
import { job, type World } from '../support/world.ts';
import { NAME, POD } from './words.ts';

/** The operator's namespace, and those for pages that speak of teams, of Prometheus and of Argo CD. */
const NAMESPACES = [NAMESPACE, 'media', 'sports', 'monitoring', 'argocd'];

/** All that an installation makes in its namespace, and in the cluster. */
const IN_NAMESPACE =
  'deployments,pods,services,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,secrets,leases';
const IN_CLUSTER =
  'clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings';
const OWN = '--selector=app.kubernetes.io/name=edge-transcode-job-operator';

const INJECTION = 'pod-identity.alibabacloud.com/injection';
const ROLE_NAME = 'pod-identity.alibabacloud.com/role-name';

export class Cluster {
  readonly #world: World;
  readonly #helm: Helm;
  readonly pods: Pods;
  /** What is installed. `unknown`: a page may have changed it. */
  #installed: 'by the page' | 'by the test' | 'unknown' = 'unknown';

  constructor(world: World, helm: Helm) {
    this.#world = world;
    this.#helm = helm;
    this.pods = new Pods(world, (deployment) => this.#inject(deployment));
  }

  /** Makes what every page may count on. */
  async prepare(): Promise<void> {
    const own = NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    const settings = { name: 'argocd-cm', namespace: 'argocd' };
    await this.#world.apply(...own);
    await this.#world.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: settings });
  }

  /**
   * Removes the operator and all objects, for a page that installs. Namespaces stay, and the CRD, as after an
   * uninstall: a new one takes seconds until it is served.
   */
  async empty(): Promise<void> {
    await this.pods.stop();
    await Promise.all([
      // Fails without the CRD.
      this.#world.controlPlane.kubectl('delete', 'edgetranscodejobs', '--all', '--all-namespaces'),
      this.#remove(IN_NAMESPACE, '--all', `--namespace=${NAMESPACE}`),
      this.#remove('roles,rolebindings', '--all-namespaces', OWN),
      this.#remove('secrets', '--all', '--namespace=media'),
      this.#remove(IN_CLUSTER, OWN),
    ]);
    this.#installed = 'by the page';
  }

  /** Installs the operator by the chart, with an object in each of two namespaces, unless the page has. */
  async install(): Promise<void> {
    if (this.#installed !== 'unknown') return;
    await this.empty();
    const key = { ...this.#world.cloud.accessKey };
    await this.#world.apply(
      secret('alibaba-cloud-credentials', key, NAMESPACE),
      secret('media-account', key, 'media'),
      secret(NAME, key, 'media'),
    );
    const values = {
      credentials: {
        existingSecret: { name: 'alibaba-cloud-credentials' },
        namespaceSecrets: { media: ['media-account', NAME] },
      },
    };
    const { code, stderr } = await this.#helm.run(
      ['install', RELEASE, CHART, `--namespace=${NAMESPACE}`, '--values=-'],
      { values, kubeconfig: this.#world.controlPlane.kubeconfig },
    );
    if (code !== 0) throw new Error(`helm install: ${stderr}`);
    await served(this.#world.controlPlane, 'edgetranscodejobs');
    const expectedState = 'Running';
    await this.#world.apply(job(NAME, { expectedState }), job(NAME, { expectedState }, 'media'));
    this.#installed = 'by the test';
  }

  /** Creates a pod of the Deployment, as the API server has it: no kubelet starts it. */
  async addPod(): Promise<void> {
    const { spec } = await this.#get<V1Deployment>('deployment', RELEASE, NAMESPACE);
    const metadata = { name: POD, namespace: NAMESPACE, labels: spec?.template.metadata?.labels };
    const pod: object = { apiVersion: 'v1', kind: 'Pod', metadata, spec: spec?.template.spec };
    await this.#remove('pod', POD, `--namespace=${NAMESPACE}`);
    await this.#world.apply(pod);
  }

  /** The next page may not count on what is installed. */
  forget(): void {
    this.#installed = 'unknown';
  }

  async #remove(...args: string[]): Promise<void> {
    await this.#world.kubectl('delete', '--ignore-not-found', '--now', ...args);
  }

  /** What is in a pod beside what its Deployment says: the simulated cloud, and what RRSA's webhook adds. */
  async #inject({ spec, metadata }: V1Deployment): Promise<Record<string, string>> {
    const { cloud, processes } = this.#world;
    const endpoints = {
      EDGETRANSCODE_ENDPOINT: cloud.endpoint,
      EDGETRANSCODE_STS_ENDPOINT: cloud.stsEndpoint,
    };
    if (spec?.template.metadata?.labels?.[INJECTION] !== 'on') return endpoints;
    const name = spec.template.spec?.serviceAccountName ?? 'default';
    const account = await this.#get<V1ServiceAccount>('serviceaccount', name, metadata?.namespace);
    const role = account.metadata?.annotations?.[ROLE_NAME];
    if (!cloud.rrsa.roleARN.endsWith(`role/${role}`)) return endpoints;
    const file = join(processes.directory, 'rrsa-token');
    await writeFile(file, cloud.rrsa.oidcToken);
    return {
      ...endpoints,
      ALIBABA_CLOUD_ROLE_ARN: cloud.rrsa.roleARN,
      ALIBABA_CLOUD_OIDC_PROVIDER_ARN: cloud.rrsa.oidcProviderARN,
      ALIBABA_CLOUD_OIDC_TOKEN_FILE: file,
    };
  }

  async #get<T>(kind: string, name: string, namespace = 'default'): Promise<T> {
    return JSON.parse(await this.#world.kubectl('get', kind, name, `--namespace=${namespace}`, '-o=json'));
  }
}
