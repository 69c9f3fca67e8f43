// The objects of a soak and their jobs, and the changes that never end.

import { CustomObjectsApi } from '@kubernetes/client-node';
import { GROUP, PLURAL, VERSION } from '../../src/api/edge-transcode-job.ts';
import {
  addKey,
  type CloudKey,
  createAccount,
  type JobIDs,
} from '../../test/integration/support/cloud-side.ts';
import { createClusters, nameOf, storeReferencesTo } from '../../test/integration/support/many/references.ts';
import { secret, secretData } from '../../test/integration/support/user-side.ts';
import { job, type World } from '../../test/integration/support/world.ts';
import { SharingKubeConfig } from '../../test/world/control-plane/sharing-kube-config.ts';

const COLLECTION = { group: GROUP, version: VERSION, plural: PLURAL, namespace: 'default' };
const CLUSTERS = 4;
const NOT_FOUND = 404;

/** The Secret of a second account, which some objects of a cluster of its own use. */
const SECRET = 'second-account';
const WITH_SECRET = 20;

interface Member {
  name: string;
  readonly ids: JobIDs;
  isRunning: boolean;
}

export class Population {
  readonly #world: World;
  readonly #members: Member[];
  readonly #objects: CustomObjectsApi;
  #key: CloudKey;
  #created = 0;

  private constructor(world: World, members: Member[], key: CloudKey) {
    this.#world = world;
    this.#members = members;
    this.#key = key;
    this.#objects = new SharingKubeConfig(world.controlPlane.kubeconfig).makeApiClient(CustomObjectsApi);
  }

  /** Creates the objects: by clusters, whose lists are read in pages, and a few with a Secret. */
  static async create(world: World, objects: number): Promise<Population> {
    const jobs = await createClusters(world, CLUSTERS, Math.ceil(objects / CLUSTERS));
    await storeReferencesTo(world, jobs, { interval: undefined });
    const members = jobs.map((ids, index) => ({ name: nameOf(index), ids, isRunning: true }));
    const population = new Population(world, members, await createAccount(world));
    await population.#createWithSecret();
    return population;
  }

  /** Replaces half of `count` objects by new ones for the same jobs; the other half's jobs stop or start. */
  async churn(count: number): Promise<void> {
    const chosen = Array.from({ length: count }, () => this.#any());
    const replaced = new Set(chosen.slice(0, count / 2));
    for (const member of replaced) await this.#replace(member);
    const toggled = [...new Set(chosen.slice(count / 2))];
    const { admin } = this.#world.cloud;
    const jobIDsOf = (isRunning: boolean) =>
      toggled.filter((member) => member.isRunning === isRunning).map(({ ids }) => ids.jobID);
    const [running, stopped] = [jobIDsOf(true), jobIDsOf(false)];
    if (running.length > 0) await admin.stopJobs({ jobIDs: running });
    if (stopped.length > 0) await admin.startJobs({ jobIDs: stopped });
    for (const member of toggled) member.isRunning = !member.isRunning;
  }

  /** Gives the second account another key. The old one is refused from now on. */
  async rotateKey(): Promise<void> {
    const { accountID, accessKeyID } = this.#key;
    this.#key = await addKey(this.#world, accountID);
    await this.#world.apply(secret(SECRET, secretData(this.#key)));
    await this.#world.cloud.admin.removeKey({ accessKeyID });
  }

  async #createWithSecret(): Promise<void> {
    const { accountID } = this.#key;
    const { jobs } = await this.#world.cloud.admin.createJobs({
      clusterIDs: ['second-cluster'],
      count: WITH_SECRET,
      status: '1',
      accountID,
    });
    await this.#world.apply(
      secret(SECRET, secretData(this.#key)),
      ...jobs.map((ids, index) => job(`second-${index}`, { ...ids, credentialsRef: { name: SECRET } })),
    );
  }

  async #replace(member: Member): Promise<void> {
    await this.#objects.deleteNamespacedCustomObject({ ...COLLECTION, name: member.name }).catch(ifNotGone);
    member.name = `new-${this.#created}`;
    this.#created += 1;
    const body = job(member.name, { ...member.ids, interval: '60s' });
    await this.#objects.createNamespacedCustomObject({ ...COLLECTION, body });
  }

  #any(): Member {
    return this.#members[Math.floor(Math.random() * this.#members.length)] as Member;
  }
}

/** An object is gone whose replacement failed while the API server was frozen. */
function ifNotGone(error: { readonly code?: number }): void {
  if (error.code !== NOT_FOUND) throw error;
}
