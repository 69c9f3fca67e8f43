/**
 * The world of a run: a control plane, a simulated cloud, a Redis, two replicas of the operator with their
 * shipped rights, and the users' objects.
 */
import { randomBytes } from 'node:crypto';
import type { AdminClient } from '../../../simulator/admin/admin-client.ts';
import { canary } from '../../integration/support/canaries.ts';
import type { CloudKey } from '../../integration/support/cloud-side.ts';
import { install, through } from '../../integration/support/installed.ts';
import { startWorld, type World } from '../../integration/support/world.ts';
import type { ControlPlane } from '../../world/control-plane/control-plane.ts';
import { redisProgram } from '../../world/redis.ts';
import { ApiClient, accessOf } from '../observer/api-client.ts';
import { Population } from '../population/population.ts';
import type { Slot } from '../population/population-plan.ts';
import { CALLS_PER_MINUTE, OTHER_ACCOUNT, OWN_ACCOUNT, TENANTS, type Tenant } from '../population/tenants.ts';
import { type ChaosRedis, startChaosRedis } from './chaos-redis.ts';
import { Cluster, secretData } from './cluster.ts';
import { type Front, startFront } from './front.ts';
import { Replica } from './replicas.ts';

export interface RunningReplica {
  readonly replica: Replica;
  /** Passes its requests on to the API server. */
  readonly front: Front;
}

export interface ChaosOptions {
  /** Further options of the operator. */
  readonly args: readonly string[];
  readonly slots: readonly Slot[];
}

export class ChaosWorld implements AsyncDisposable {
  readonly world: World;
  readonly cluster: Cluster;
  readonly redis: ChaosRedis;
  readonly cloudFront: Front;
  readonly replicas: readonly RunningReplica[];
  readonly population: Population;
  readonly #slots: readonly Slot[];
  readonly #keys: Map<Tenant, CloudKey>;
  readonly #roleARN: string;

  /** Use `startChaosWorld`. */
  constructor(parts: {
    readonly world: World;
    readonly cluster: Cluster;
    readonly redis: ChaosRedis;
    readonly cloudFront: Front;
    readonly replicas: readonly RunningReplica[];
    readonly slots: readonly Slot[];
    readonly keys: Map<Tenant, CloudKey>;
    readonly roleARN: string;
  }) {
    this.world = parts.world;
    this.cluster = parts.cluster;
    this.redis = parts.redis;
    this.cloudFront = parts.cloudFront;
    this.replicas = parts.replicas;
    this.#slots = parts.slots;
    this.#keys = parts.keys;
    this.#roleARN = parts.roleARN;
    this.population = new Population(this.cluster, this.cloud);
    this.keyOf = this.keyOf.bind(this);
  }

  get controlPlane(): ControlPlane {
    return this.world.controlPlane;
  }

  get cloud(): AdminClient {
    return this.world.cloud.admin;
  }

  keyOf(tenant: Tenant): CloudKey {
    return this.#keys.get(tenant) as CloudKey;
  }

  /** Puts another key into the tenant's Secret. The old one stays valid. */
  async rotateKey(tenant: Tenant): Promise<void> {
    const key = await newKey(this.cloud, tenant.accountID);
    this.#keys.set(tenant, key);
    await this.cluster.setSecret(tenant, secretData(tenant, key, this.#roleARN));
  }

  /** Applies what the users and the administrator want again, as they do after a restore of etcd. */
  async applyAgain(): Promise<void> {
    await this.cluster.applyAgain();
    await this.population.createAgain(this.#slots);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { replica } of this.replicas) replica.expectEnd();
    await this.world[Symbol.asyncDispose]();
    for (const front of [this.cloudFront, ...this.replicas.map((each) => each.front)])
      await front[Symbol.asyncDispose]();
  }
}

export async function startChaosWorld({ args, slots }: ChaosOptions): Promise<ChaosWorld> {
  const world = await startWorld();
  const { controlPlane, cloud, processes } = world;
  const { admin } = cloud;
  await admin.createAccount({ accountID: OTHER_ACCOUNT });
  const keys = new Map<Tenant, CloudKey>();
  for (const tenant of TENANTS) keys.set(tenant, await newKey(admin, tenant.accountID));
  const { roleARN } = await admin.createRole({
    roleName: 'chaos',
    accountID: OTHER_ACCOUNT,
    sessionSeconds: SESSION_SECONDS,
  });
  const redis = await startChaosRedis(processes, await redisProgram());
  const cloudFront = await startFront(Number(new URL(cloud.endpoint).port));
  const cluster = new Cluster(new ApiClient(await accessOf(controlPlane.kubeconfig)));
  const kubeconfig = await install(controlPlane);
  const own = keys.get(TENANTS.find(({ accountID }) => accountID === OWN_ACCOUNT) as Tenant) as CloudKey;
  const settings = {
    args: [
      `--endpoint=http://127.0.0.1:${cloudFront.port}`,
      `--sts-endpoint=${cloud.stsEndpoint}`,
      '--default-credentials-namespaces=red',
      `--calls-per-minute=${CALLS_PER_MINUTE}`,
      '--shard-count=2',
      ...args,
    ],
    env: {
      EDGETRANSCODE_REDIS_URL: redis.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: own.accessKeyID,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: own.accessKeySecret,
    },
  };
  const replicas = await Promise.all(
    ['replica-1', 'replica-2'].map(async (name) => {
      const front = await startFront(controlPlane.port);
      const own = await through(front, kubeconfig);
      return { front, replica: new Replica(name, world, { ...settings, kubeconfig: own }) };
    }),
  );
  const chaos = new ChaosWorld({ world, cluster, redis, cloudFront, replicas, slots, keys, roleARN });
  for (const tenant of TENANTS.filter(({ secret }) => secret))
    await cluster.setSecret(tenant, secretData(tenant, chaos.keyOf(tenant), roleARN));
  await cluster.applyAgain();
  return chaos;
}

/** Sessions are renewed a few times in a run. The vendor's shortest are 900 s. */
const SESSION_SECONDS = 60;

async function newKey(cloud: AdminClient, accountID: string): Promise<CloudKey> {
  const key = {
    accountID,
    accessKeyID: `LTAI${randomBytes(10).toString('hex')}`,
    accessKeySecret: canary('key'),
  };
  await cloud.addKey(key);
  return key;
}
