/**
 * What an attacker may do: write objects and Secrets in one namespace, and name any endpoint in a Secret.
 */
import { CoreV1Api, CustomObjectsApi, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import {
  type EdgeTranscodeJobSpec,
  GROUP,
  PLURAL,
  REQUESTED_AT_ANNOTATION,
  VERSION,
} from '../../../../src/api/edge-transcode-job.ts';
import { SharingKubeConfig } from '../../../world/control-plane/sharing-kube-config.ts';
import { createAccount } from '../cloud-side.ts';
import { OPERATOR } from '../installed.ts';
import { inParallel } from '../many/in-parallel.ts';
import { storeObjects } from '../many/stored.ts';
import { secret, secretData } from '../user-side.ts';
import { job, type World } from '../world.ts';

const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** Metadata of an object besides its names. */
export interface Meta {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly object[];
}

export interface Described {
  readonly name: string;
  readonly spec?: Partial<EdgeTranscodeJobSpec>;
  readonly meta?: Meta;
}

export class Tenant {
  readonly namespace: string;
  readonly #world: World;
  readonly #objects: CustomObjectsApi;
  readonly #core: CoreV1Api;

  constructor(world: World, namespace: string) {
    this.namespace = namespace;
    this.#world = world;
    const config = new SharingKubeConfig(world.controlPlane.kubeconfig);
    this.#objects = config.makeApiClient(CustomObjectsApi);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  /** Creates the namespace, and lets the operator read every Secret in it. */
  async open(): Promise<void> {
    const { namespace } = this;
    const metadata = { name: 'secrets', namespace };
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name };
    const subjects = [{ kind: 'ServiceAccount', ...OPERATOR }];
    await this.#world.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata, roleRef, subjects },
    );
  }

  /** Creates Secrets `key-0` … of these endpoints, each with the key of an account of its own. */
  async createSecrets(
    endpoints: readonly string[],
    more: (index: number) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<string[]> {
    const created = names('key', endpoints.length);
    const data = await Promise.all(
      endpoints.map(async (endpoint, index) => ({
        ...secretData(await createAccount(this.#world)),
        endpoint,
        ...more(index),
      })),
    );
    await this.#world.apply(...created.map((name, index) => secret(name, data[index] ?? {}, this.namespace)));
    return created;
  }

  /** Creates objects as fast as the API server takes them: a few, or while an attack is measured. */
  async create(objects: readonly Described[]): Promise<void> {
    await inParallel(objects, (each) => this.createOne(each));
  }

  async createOne(object: Described): Promise<void> {
    const body = this.#manifestOf(object);
    await this.#objects.createNamespacedCustomObject({ ...this.#collection, body });
  }

  /** Prepares thousands of objects that the attacker could have created; see `storeObjects`. */
  async store(objects: readonly Described[]): Promise<void> {
    await storeObjects(
      this.#world,
      objects.map((each) => this.#manifestOf(each)),
    );
  }

  #manifestOf({ name, spec, meta }: Described): object {
    const manifest = job(name, spec, this.namespace) as { metadata: object };
    Object.assign(manifest.metadata, meta);
    return manifest;
  }

  async delete(name: string): Promise<void> {
    await this.#objects.deleteNamespacedCustomObject({ ...this.#collection, name });
  }

  /** Requests an observation. */
  async refresh(name: string, token: string): Promise<void> {
    await this.patch(name, { metadata: { annotations: { [REQUESTED_AT_ANNOTATION]: token } } });
  }

  /** A merge patch, which kubectl would send. */
  async patch(name: string, body: object, subresource: '' | '/status' = ''): Promise<void> {
    const target = { ...this.#collection, name, body };
    if (subresource === '') await this.#objects.patchNamespacedCustomObject(target, MERGE);
    else await this.#objects.patchNamespacedCustomObjectStatus(target, MERGE);
  }

  /** Deletes all objects and Secrets of the namespace, finalizers or not. */
  async clear(): Promise<void> {
    const { namespace } = this;
    await this.#world.controlPlane.removeFromEtcd(`${GROUP}/${PLURAL}/${namespace}`);
    await this.#core.deleteCollectionNamespacedSecret({ namespace });
  }

  get #collection() {
    return { group: GROUP, version: VERSION, plural: PLURAL, namespace: this.namespace };
  }
}

/**
 * Acts with 0, 1, 2 …, several at once and as fast as the API server answers, until the signal is aborted.
 * Refusals are ignored, as an attacker would.
 *
 * @returns how often it succeeded
 */
export async function storm(signal: AbortSignal, act: (number: number) => Promise<unknown>): Promise<number> {
  let succeeded = 0;
  await inParallel(numbersUntil(signal), async (number) => {
    await act(number).then(
      () => {
        succeeded += 1;
      },
      () => undefined,
    );
  });
  return succeeded;
}

/** `prefix-0`, `prefix-1` … */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

function* numbersUntil(signal: AbortSignal): Generator<number> {
  for (let number = 0; !signal.aborted; number += 1) yield number;
}
