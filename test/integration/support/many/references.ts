/**
 * Jobs in the cloud and references to them, by the thousand: as quickly as two processor cores allow.
 */
import type { JobIDs } from '../cloud-side.ts';
import { CLUSTER_ID, job, type World } from '../world.ts';
import { inParallel } from './in-parallel.ts';
import { storeObjects } from './stored.ts';

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
  await inParallel(Array(count).keys(), async (index) => {
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
export async function storeReferences(world: World, count: number, interval: string): Promise<void> {
  const jobs = Array.from({ length: count }, (_, index) => ({
    clusterID: CLUSTER_ID,
    jobID: jobIDOf(index),
  }));
  await storeReferencesTo(world, jobs, { interval });
}

/** The same for any jobs. */
export async function storeReferencesTo(
  world: World,
  jobs: readonly JobIDs[],
  spec: { readonly interval: string | undefined },
): Promise<void> {
  const manifests = jobs.map((ids, index) =>
    job(nameOf(index), { ...ids, ...(spec as { interval: string }) }),
  );
  await storeObjects(world, manifests);
}
