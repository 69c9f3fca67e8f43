/**
 * Jobs in the cloud and references to them, by the thousand: as quickly as two processor cores allow.
 */
import { CustomObjectsApi } from '@kubernetes/client-node';
import { GROUP, PLURAL, VERSION } from '../../../src/api/edge-transcode-job.ts';
import { PooledKubeConfig } from '../../../src/kube/client/kube-config.ts';
import type { JobIDs } from './cloud-side.ts';
import { CLUSTER_ID, job, type World } from './world.ts';

/** Requests under way at once: more would only wait in the server. */
const AT_ONCE = 16;

/** `job-00000`, and so on. */
export function nameOf(index: number): string {
  return `job-${String(index).padStart(5, '0')}`;
}

/** IDs that are no ID of the simulator's seed. */
export function jobIDOf(index: number): string {
  return `00000000000000000000000000a${String(index).padStart(5, '0')}`;
}

/** Running jobs of the cloud's first account. */
export async function createCloudJobs(world: World, count: number): Promise<void> {
  await forEachIndex(count, async (index) => {
    await world.cloud.admin.createJob({
      clusterID: CLUSTER_ID,
      jobID: jobIDOf(index),
      name: nameOf(index),
      status: '1',
    });
  });
}

/**
 * Creates `jobs` running jobs in each of `clusters` clusters, by one call of the simulator, which takes a
 * moment.
 */
export async function createClusters(world: World, clusters: number, jobs: number): Promise<JobIDs[]> {
  const clusterIDs = Array.from({ length: clusters }, (_, index) => `many-cluster-${index}`);
  const count = clusters * jobs;
  const created = await world.cloud.admin.createJobs({ clusterIDs, count, status: '1', secondsApart: 1 });
  return [...created.jobs];
}

/** An object for each of these jobs, in the namespace default. */
export async function createReferences(world: World, count: number, interval: string): Promise<void> {
  const jobs = Array.from({ length: count }, (_, index) => ({
    clusterID: CLUSTER_ID,
    jobID: jobIDOf(index),
  }));
  await createReferencesTo(world, jobs, { interval });
}

/** The same for any jobs. */
export async function createReferencesTo(
  world: World,
  jobs: readonly JobIDs[],
  spec: { readonly interval: string | undefined },
): Promise<void> {
  const config = new PooledKubeConfig();
  config.loadFromFile(world.controlPlane.kubeconfig);
  const objects = config.makeApiClient(CustomObjectsApi);
  const collection = { group: GROUP, version: VERSION, plural: PLURAL, namespace: 'default' };
  await forEachIndex(jobs.length, async (index) => {
    const body = job(nameOf(index), { ...jobs[index], ...(spec as { interval: string }) });
    await objects.createNamespacedCustomObject({ ...collection, body });
  });
  config.dropConnections();
}

async function forEachIndex(count: number, act: (index: number) => Promise<void>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const index of indexes) await act(index);
    }),
  );
}
