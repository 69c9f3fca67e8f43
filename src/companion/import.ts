/** `kubectl etj import`: objects for the jobs of a cluster in the cloud that no object references yet. */
import { listJobs as jobsPage, PAGE_SIZE } from '../cloud/client/live-client.ts';
import { type Job, mapJob } from '../cloud/client/map-response.ts';
import type { Credential } from '../credentials/credential.ts';
import { apiFailure } from '../kube/client/api-error.ts';
import { collectionPath } from '../kube/client/kube-client.ts';
import { type CloudOptions, liveOf, saidHere, stsOf } from './cloud/caller.ts';
import { assumed, NO_CREDENTIALS, sourceOf } from './cloud/credentials.ts';
import type { Connection } from './common/connection.ts';
import { EXIT, type ExitCode, explained, Unable } from './common/failure.ts';
import { listJobs } from './common/objects.ts';
import { type Format, jsonText, type Output, resourceName, yamlText } from './common/output.ts';
import { type Manifest, manifestOf, unreferenced } from './import-plan.ts';

export interface ImportOptions extends CloudOptions {
  readonly cluster: string;
  readonly output: Format;
  /** Whether the objects are created; else they are printed. */
  readonly apply: boolean;
}

const OMITTED =
  'The cloud leaves out of its list jobs that have not been modified for 180 days: write objects for those by hand.';

/** @throws Unable */
export async function importJobs(
  connection: Connection,
  options: ImportOptions,
  output: Output,
): Promise<ExitCode> {
  const { namespace } = connection;
  if (namespace === undefined) throw new Unable('name the namespace of the new objects with --namespace');
  const source = await sourceOf(connection, options);
  if (!source) throw new Unable(NO_CREDENTIALS);
  const credential = await assumed(source, stsOf(options));
  const [jobs, objects] = await Promise.all([
    cloudJobs(credential, namespace, options),
    listJobs(connection),
  ]);
  const found = unreferenced(jobs, objects, options.cluster);
  const manifests = found.map((job) => manifestOf(job, { ...options, namespace }));
  output.note(
    `${jobs.length} jobs in cluster ${options.cluster}: ${jobs.length - found.length} have an object in namespace ${namespace}, ${found.length} have none.`,
  );
  output.note(OMITTED);
  if (options.apply) await create(connection, manifests, output);
  else print(manifests, options.output, output);
  return EXIT.fine;
}

function print(manifests: readonly Manifest[], format: Format, output: Output): void {
  if (format === 'name') for (const { metadata } of manifests) output.print(resourceName(metadata.name));
  else if (manifests.length > 0) {
    const list = { apiVersion: 'v1', kind: 'List', items: manifests };
    output.print(format === 'json' ? jsonText(list) : yamlText(list));
  }
}

/** Reads all pages of the cluster's list. @throws Unable */
async function cloudJobs(
  credential: Credential,
  namespace: string,
  { cluster, endpoint, region }: ImportOptions,
): Promise<Job[]> {
  const client = liveOf(endpoint);
  const about = { credential: { namespace }, clusterID: cluster, ...(region && { regionID: region }) };
  const jobs = new Map<string, Job>();
  let pages = 1;
  for (let page = 1; page <= pages; page += 1) {
    const end = await client.call(jobsPage(page), about, credential);
    if (end.kind === 'failed') throw new Unable(saidHere(end.failed.failure.message));
    for (const [jobID, fields] of end.value.jobs) jobs.set(jobID, { ...mapJob(fields), jobID });
    // An endpoint may give any total.
    pages = end.value.jobs.size === 0 ? 0 : Math.ceil(end.value.total / PAGE_SIZE);
  }
  return [...jobs.values()];
}

/** Reason of the API server for a name that is taken. A conflict may have other causes, such as a quota's. */
const ALREADY_EXISTS = 'AlreadyExists';

/** Creates the objects one by one: a second run creates those that a failure left out. @throws Unable */
async function create(
  { calls, namespace, server }: Connection,
  manifests: readonly Manifest[],
  output: Output,
): Promise<void> {
  for (const body of manifests) {
    const { name } = body.metadata;
    try {
      await calls.call({ method: 'POST', path: collectionPath(namespace), body });
      output.print(`${resourceName(name)} created`);
    } catch (error) {
      if (apiFailure(error).reason !== ALREADY_EXISTS)
        throw explained(error, { what: 'create edgetranscodejobs', namespace, server });
      output.print(`${resourceName(name)} exists`);
    }
  }
}
