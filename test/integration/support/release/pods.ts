/**
 * What the controllers and kubelets of a cluster do for one Deployment: starts the operator with the
 * arguments, environment and files that its pod would have, and says in the status that the pods are ready.
 */
import { Buffer } from 'node:buffer';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type {
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1PodSpec,
  V1Secret,
  V1Volume,
} from '@kubernetes/client-node';
import type { Operator } from '../../../world/operator.ts';
import type { World } from '../world.ts';

/** Helm renders and sends before the Deployment is there. */
const THERE_WITHIN = { withinMs: 60_000 };

/** The variables that a webhook adds to a pod, from the Deployment and its namespace. */
export type Injection = (
  deployment: V1Deployment,
  namespace: string,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

export class Pods {
  readonly #world: World;
  readonly #inject: Injection;
  #operator: Operator | undefined;
  #generation = 0;
  #uid: string | undefined;

  /** @param inject what an admission webhook adds to the environment of each pod; default: nothing */
  constructor(world: World, inject: Injection = () => ({})) {
    this.#world = world;
    this.#inject = inject;
  }

  get operator(): Operator | undefined {
    return this.#operator;
  }

  /** Waits for a generation of the Deployment that has no pods yet, and gives it one that is ready. */
  async rollOut(namespace: string, name: string): Promise<void> {
    const what = `a new generation of deployment ${name}`;
    const next = await this.#world.eventually(what, () => this.#next(namespace, name), THERE_WITHIN);
    await this.#replace(next, namespace, name);
  }

  /** Does the same if there is such a generation now. */
  async follow(namespace: string, name: string): Promise<void> {
    const next = await this.#next(namespace, name);
    if (next) await this.#replace(next, namespace, name);
  }

  async #next(namespace: string, name: string): Promise<V1Deployment | undefined> {
    const found = await this.#find(namespace, name);
    const isNew = found?.metadata?.uid !== this.#uid || found?.metadata?.generation !== this.#generation;
    return found && isNew ? found : undefined;
  }

  async #replace(next: V1Deployment, namespace: string, name: string): Promise<void> {
    this.#uid = next.metadata?.uid;
    this.#generation = next.metadata?.generation ?? 0;
    await this.stop();
    this.#operator = await this.#start(next, namespace);
    await this.#report(next, namespace, name);
  }

  async stop(): Promise<void> {
    await this.#operator?.process.stop();
    this.#operator = undefined;
  }

  async #find(namespace: string, name: string): Promise<V1Deployment | undefined> {
    const args = ['get', 'deployment', name, `--namespace=${namespace}`, '-o=json', '--ignore-not-found'];
    const text = await this.#world.kubectl(...args);
    return text === '' ? undefined : JSON.parse(text);
  }

  async #start(deployment: V1Deployment, namespace: string): Promise<Operator> {
    const pod = deployment.spec?.template.spec as V1PodSpec;
    const container = pod.containers[0] as V1Container;
    const account = pod.serviceAccountName ?? 'default';
    const root = join(this.#world.processes.directory, `pod-${this.#generation}-${this.#uid}`);
    const mounts = await this.#mount(pod, namespace, root);
    const env = await this.#environment(container, namespace);
    // A process of the test sees the root of its machine, so the paths of mounts move below a folder.
    for (const [variable, value] of Object.entries(env))
      for (const path of mounts) if (value.startsWith(path)) env[variable] = join(root, value);
    return this.#world.operator({
      kubeconfig: await this.#world.controlPlane.kubeconfigForServiceAccount(namespace, account),
      kubeconfigIn: 'environment',
      cloud: undefined,
      args: container.args ?? [],
      env: { ...(await this.#inject(deployment, namespace)), ...env },
    });
  }

  async #environment(container: V1Container, namespace: string): Promise<Record<string, string>> {
    const entries = (container.env ?? []).map(async ({ name, value, valueFrom }) => {
      const { name: secret = '', key = '', optional } = valueFrom?.secretKeyRef ?? {};
      if (!secret) return [name, value ?? ''] as const;
      const { data } = await this.#get<V1Secret>('secret', secret, namespace);
      const text = data?.[key];
      if (text === undefined && !optional) throw new Error(`Secret ${secret} has no key ${key}`);
      return text === undefined ? undefined : ([name, Buffer.from(text, 'base64').toString()] as const);
    });
    return Object.fromEntries((await Promise.all(entries)).filter((entry) => entry !== undefined));
  }

  /** Writes the files of the mounts below `root`, and returns the paths of the mounts. */
  async #mount(pod: V1PodSpec, namespace: string, root: string): Promise<string[]> {
    const mounts = pod.containers[0]?.volumeMounts ?? [];
    for (const { name, mountPath } of mounts) {
      const volume = pod.volumes?.find((each) => each.name === name);
      if (volume === undefined) throw new Error(`no volume ${name}`);
      for (const [path, text] of await this.#files(volume, pod.serviceAccountName ?? 'default', namespace)) {
        const file = join(root, mountPath, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
    }
    return mounts.map(({ mountPath }) => mountPath);
  }

  async #files(
    volume: V1Volume,
    account: string,
    namespace: string,
  ): Promise<[path: string, text: string][]> {
    const token = volume.projected?.sources?.[0]?.serviceAccountToken;
    if (token) {
      const args = ['create', 'token', account, `--namespace=${namespace}`, `--audience=${token.audience}`];
      return [[token.path, (await this.#world.kubectl(...args)).trim()]];
    }
    const { name = '', items = [] } = volume.configMap ?? {};
    const { data = {} } = await this.#get<V1ConfigMap>('configmap', name, namespace);
    return items.map(({ key, path }) => [path, data[key] ?? '']);
  }

  async #get<T>(kind: string, name: string, namespace: string): Promise<T> {
    return JSON.parse(await this.#world.kubectl('get', kind, name, `--namespace=${namespace}`, '-o=json'));
  }

  async #report({ spec, metadata }: V1Deployment, namespace: string, name: string): Promise<void> {
    const replicas = spec?.replicas ?? 1;
    const counts = {
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    };
    const conditions = [
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ];
    const status = { observedGeneration: metadata?.generation, ...counts, conditions };
    const patch = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`];
    await this.#world.kubectl('patch', 'deployment', name, `--namespace=${namespace}`, ...patch);
  }
}
