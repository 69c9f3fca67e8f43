/**
 * The users of a run: they do what the plan says, in its order. What the API server or a fault prevents is
 * done as soon as it can be.
 */

import type { AdminClient } from '../../../simulator/admin/admin-client.ts';
import { CloudWorldError, type NewJob } from '../../../simulator/world/cloud-world.ts';
import { canary } from '../../integration/support/canaries.ts';
import type { Cluster } from '../world/cluster.ts';
import type { PlannedAct, Slot } from './population-plan.ts';

interface Manifest {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

const GROUP = 'edgetranscode.live';
const REQUESTED_AT = `${GROUP}/requested-at`;
const MERGE_PATCH = 'application/merge-patch+json';
/** Objects that are created or refreshed at once. */
const AT_ONCE = 12;

export class Population {
  readonly #cluster: Cluster;
  readonly #cloud: AdminClient;
  /** What the users want to be there. */
  readonly #wanted = new Map<Slot, Manifest>();
  #refreshes = 0;

  constructor(cluster: Cluster, cloud: AdminClient) {
    this.#cluster = cluster;
    this.#cloud = cloud;
  }

  get size(): number {
    return this.#wanted.size;
  }

  async createJobs(slots: readonly Slot[]): Promise<void> {
    await inParallel(slots, (slot) => this.#createJob(slot));
  }

  async createAll(slots: readonly Slot[]): Promise<void> {
    await inParallel(slots, (slot) => this.#create(slot));
  }

  /** Requests an observation of all objects of an account, as a user does after a repair. */
  async refreshAll(accountID?: string): Promise<void> {
    const slots = [...this.#wanted.keys()];
    const own = slots.filter(({ tenant }) => accountID === undefined || tenant.accountID === accountID);
    await inParallel(own, (slot) => this.#refresh(slot));
  }

  /** Makes the objects what the users want, as after a restore of etcd. */
  async createAgain(slots: readonly Slot[]): Promise<void> {
    await inParallel(slots, async (slot) => {
      const wanted = this.#wanted.get(slot);
      const { status } = await this.#cluster.persist('GET', pathOf(slot));
      if (!wanted && status === 200) await this.#cluster.persist('DELETE', pathOf(slot));
      if (wanted && status === 404) await this.#cluster.persist('POST', collectionOf(slot), wanted);
      if (wanted && status === 200)
        await this.#patch(slot, { ...wanted, spec: { suspend: null, expectedState: null, ...wanted.spec } });
    });
  }

  async perform({ act, slot, choice }: PlannedAct): Promise<void> {
    const { clusterID, jobID } = slot;
    switch (act) {
      case 'create':
        return this.#create(slot);
      case 'delete':
        return this.#delete(slot);
      case 'recreate':
        await this.#delete(slot);
        return this.#create(slot);
      case 'suspend':
      case 'resume':
        return this.#change(slot, { suspend: act === 'suspend' });
      case 'change the interval':
        return this.#change(slot, { interval: `${Number.parseInt(slot.interval, 10) + (choice % 5)}s` });
      case 'change the expected state':
        return this.#change(slot, { expectedState: choice % 2 === 0 ? 'Running' : 'NotStarted' });
      case 'refresh':
        return this.#refresh(slot);
      case 'start the job':
        return void (await this.#cloud.startJob({ clusterID, jobID }).catch(isSoAlready));
      case 'stop the job':
        return void (await this.#cloud.stopJob({ clusterID, jobID }).catch(isSoAlready));
      case 'rename the job':
        return void (await this.#cloud.modifyJob({ clusterID, jobID, name: `name-${choice}` }));
      case 'remove the job':
        return this.#cloud.removeJob({ clusterID, jobID });
      case 'make the job again':
        await this.#createJob(slot);
        // As docs/reference.md says: otherwise the next call may come 5 min later.
        if (this.#wanted.has(slot)) await this.#refresh(slot);
    }
  }

  async #createJob({ clusterID, jobID, tenant }: Slot): Promise<void> {
    const { accountID } = tenant;
    const secretStream = `rtmp://push.example.com/app/s?auth_key=${canary('stream')}`;
    const job: NewJob = {
      clusterID,
      jobID,
      accountID,
      streamInput: secretStream,
      streamOutput: secretStream,
    };
    await this.#cloud.createJob({ ...job, status: '1' });
  }

  async #create(slot: Slot): Promise<void> {
    const { name, clusterID, jobID, interval, tenant } = slot;
    const credentialsRef = tenant.secret && { credentialsRef: { name: tenant.secret } };
    const spec = { clusterID, jobID, interval, expectedState: 'Running', ...credentialsRef };
    const manifest = {
      apiVersion: `${GROUP}/v1alpha1`,
      kind: 'EdgeTranscodeJob',
      metadata: { name, annotations: {} },
      spec,
    };
    this.#wanted.set(slot, manifest);
    await this.#cluster.persist('POST', collectionOf(slot), manifest);
  }

  async #delete(slot: Slot): Promise<void> {
    this.#wanted.delete(slot);
    await this.#cluster.persist('DELETE', pathOf(slot));
  }

  async #change(slot: Slot, spec: Readonly<Record<string, unknown>>): Promise<void> {
    const before = this.#wanted.get(slot);
    if (!before) return;
    this.#wanted.set(slot, { ...before, spec: { ...before.spec, ...spec } });
    await this.#patch(slot, { spec });
  }

  async #refresh(slot: Slot): Promise<void> {
    const before = this.#wanted.get(slot);
    if (!before) return;
    this.#refreshes += 1;
    const metadata = { ...before.metadata, annotations: { [REQUESTED_AT]: `refresh-${this.#refreshes}` } };
    this.#wanted.set(slot, { ...before, metadata });
    await this.#patch(slot, { metadata: { annotations: metadata.annotations } });
  }

  async #patch(slot: Slot, patch: object): Promise<void> {
    await this.#cluster.persist('PATCH', pathOf(slot), patch, MERGE_PATCH);
  }
}

/** The simulator refuses to start what runs, and to stop what does not. */
function isSoAlready(error: unknown): void {
  if (!(error instanceof CloudWorldError)) throw error;
}

function collectionOf({ tenant }: Slot): string {
  return `/apis/${GROUP}/v1alpha1/namespaces/${tenant.namespace}/edgetranscodejobs`;
}

function pathOf(slot: Slot): string {
  return `${collectionOf(slot)}/${slot.name}`;
}

async function inParallel<T>(values: readonly T[], act: (value: T) => Promise<void>): Promise<void> {
  const rest = values.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const value of rest) await act(value);
    }),
  );
}
