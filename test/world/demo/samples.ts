// The samples of deploy/samples that need no account of one's own, and the jobs that they name, made in the
// simulated cloud.

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { AdminClient } from '../../../simulator/admin/admin-client.ts';
import type { NewJob } from '../../../simulator/world/cloud-world.ts';

export type Sample = {
  /** Relative to the repository. */
  readonly file: string;
  /** The name of the object. */
  readonly name: string;
  readonly clusterID: string;
  readonly jobID: string;
};

export type Samples = {
  /** Only IDs: observed at the operator's own interval of 60 s. */
  readonly minimal: Sample;
  /** Expects its job to run. */
  readonly expectedState: Sample;
  readonly suspended: Sample;
};

export async function readSamples(): Promise<Samples> {
  const [minimal, expectedState, suspended] = await Promise.all([
    readSample('deploy/samples/minimal.yaml'),
    readSample('deploy/samples/expected-state.yaml'),
    readSample('deploy/samples/suspended.yaml'),
  ]);
  return { minimal, expectedState, suspended };
}

async function readSample(file: string): Promise<Sample> {
  const { metadata, spec } = parse(await readFile(file, 'utf8')) as {
    metadata: { name: string };
    spec: { clusterID: string; jobID: string };
  };
  return { file, name: metadata.name, clusterID: spec.clusterID, jobID: spec.jobID };
}

/** Makes the jobs, in the states that the tour starts from; one that the cloud has already stays as it is. */
export async function makeJobs(samples: Samples, cloud: AdminClient): Promise<void> {
  const existing = new Set((await cloud.jobs()).map(({ jobID }) => jobID));
  const jobs: readonly NewJob[] = [
    { ...named(samples.minimal), type: 'common', status: '1' },
    { ...named(samples.expectedState), type: 'nbhd-2', status: '0' },
    { ...named(samples.suspended), type: 'ultra-hd', status: '1' },
  ];
  for (const job of jobs) if (!existing.has(job.jobID ?? '')) await cloud.createJob(job);
}

function named({ name, clusterID, jobID }: Sample): NewJob {
  return { name, clusterID, jobID };
}
