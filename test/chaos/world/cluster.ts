/**
 * What an administrator has applied, besides the objects: Secrets, Roles and the CRD. All of it can be
 * applied again, as after a restore of etcd.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import type { CloudKey } from '../../integration/support/cloud-side.ts';
import { OPERATOR } from '../../integration/support/installed.ts';
import { shipped } from '../../integration/support/shipped.ts';
import type { Answer, ApiClient } from '../observer/api-client.ts';
import { COLLECTION } from '../observer/object-watch.ts';
import { TENANTS, type Tenant } from '../population/tenants.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CRD = `${CRDS}/edgetranscodejobs.edgetranscode.live`;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const AGAIN_AFTER_MS = 500;

export class Cluster {
  readonly client: ApiClient;
  /** The data of each tenant's Secret; undefined while it is deleted. */
  readonly #secrets = new Map<Tenant, Readonly<Record<string, string>> | undefined>();
  readonly #withdrawn = new Set<Tenant>();
  #replaced = 0;

  constructor(client: ApiClient) {
    this.client = client;
  }

  /** Asks until the API server answers. An answer that refuses is an answer. */
  async persist(method: string, path: string, body?: object, type?: string): Promise<Answer> {
    for (;;)
      try {
        const answer = await this.client.ask(method, path, body, type);
        // Being away, starting up, or overloaded.
        if (answer.status < 500 && answer.status !== 429) return answer;
        throw new Error(`the API server answers ${answer.status}`);
      } catch {
        await delay(AGAIN_AFTER_MS);
      }
  }

  async setSecret(tenant: Tenant, data: Readonly<Record<string, string>> | undefined): Promise<void> {
    this.#secrets.set(tenant, data);
    await this.#applySecret(tenant);
  }

  secretOf(tenant: Tenant): Readonly<Record<string, string>> | undefined {
    return this.#secrets.get(tenant);
  }

  /** Takes the right to read the Secret away, or gives it back. */
  async setRole(tenant: Tenant, granted: boolean): Promise<void> {
    if (granted) this.#withdrawn.delete(tenant);
    else this.#withdrawn.add(tenant);
    await this.#applyRole(tenant);
  }

  /** Puts another text of the same CRD in place of the one that is served. */
  async replaceCrd(): Promise<void> {
    this.#replaced += 1;
    const crd = await shippedCrd();
    const { body } = await this.persist('GET', CRD);
    const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata;
    const version = crd.spec.versions[0].schema.openAPIV3Schema;
    version.description = `${version.description} (${this.#replaced})`;
    await this.persist('PUT', CRD, { ...crd, metadata: { ...crd.metadata, resourceVersion } });
  }

  /** Resolves when it is gone, and all objects with it. */
  async deleteCrd(): Promise<void> {
    await this.persist('DELETE', CRD);
    await this.#untilAnswer(CRD, 404);
  }

  /** Resolves when objects can be created. */
  async createCrd(): Promise<void> {
    await this.persist('POST', CRDS, await shippedCrd());
    await this.#untilAnswer(COLLECTION, 200);
  }

  async #untilAnswer(path: string, wanted: number): Promise<void> {
    while ((await this.persist('GET', path)).status !== wanted) await delay(AGAIN_AFTER_MS);
  }

  /** Applies everything as it was decided last. */
  async applyAgain(): Promise<void> {
    for (const { namespace } of TENANTS)
      await this.persist('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    for (const tenant of TENANTS.filter(({ secret }) => secret)) {
      await this.#applySecret(tenant);
      await this.#applyRole(tenant);
    }
  }

  async #applySecret(tenant: Tenant): Promise<void> {
    const { namespace, secret: name } = tenant;
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    const stringData = this.#secrets.get(tenant);
    if (!stringData) return void (await this.persist('DELETE', `${secrets}/${name}`));
    const secret = { metadata: { name }, stringData };
    const { status } = await this.persist('PUT', `${secrets}/${name}`, secret);
    if (status === 404) await this.persist('POST', secrets, secret);
  }

  async #applyRole(tenant: Tenant): Promise<void> {
    const { namespace, secret: name } = tenant;
    const [roles, bindings] = ['roles', 'rolebindings'].map(
      (each) => `${RBAC}/namespaces/${namespace}/${each}`,
    );
    if (this.#withdrawn.has(tenant)) return void (await this.persist('DELETE', `${roles}/${name}`));
    const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: [name], verbs: ['get'] }];
    await this.persist('POST', `${roles}`, { metadata: { name }, rules });
    const subjects = [{ kind: 'ServiceAccount', ...OPERATOR }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    await this.persist('POST', `${bindings}`, { metadata: { name }, subjects, roleRef });
  }
}

async function shippedCrd() {
  return parse(await readFile(shipped('crds/edgetranscodejobs.edgetranscode.live.yaml'), 'utf8'));
}

/** What a tenant's Secret holds for this key. */
export function secretData(tenant: Tenant, key: CloudKey, roleARN: string): Record<string, string> {
  const { accessKeyID, accessKeySecret, accountID } = key;
  return { accessKeyID, accessKeySecret, accountID, ...(tenant.hasRole && { roleARN }) };
}
