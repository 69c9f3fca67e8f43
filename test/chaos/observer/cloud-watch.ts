/** The cloud as the simulator has it: its jobs, and the calls that it got. */
import { isDeepStrictEqual } from 'node:util';
import type { EndpointVerbs, JobVerbs } from '../../../simulator/world/cloud-world.ts';
import type { SeenCall, SeenJob } from './moment.ts';

/** Fields that a job gets when it is made or started by a verb, besides those that a status repeats. */
export type Cloud = Pick<JobVerbs, 'jobs'> & Pick<EndpointVerbs, 'calls' | 'counts'>;

export class CloudWatch {
  readonly #cloud: Cloud;
  readonly #jobs = new Map<string, SeenJob>();
  #since = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  async look(): Promise<{
    readonly jobs: ReadonlyMap<string, SeenJob>;
    readonly calls: readonly SeenCall[];
    readonly mostPerMinute: ReadonlyMap<string, number>;
  }> {
    const { calls, last } = await this.#cloud.calls({ since: this.#since });
    this.#since = last;
    await this.#lookAtJobs();
    const { byAccount } = await this.#cloud.counts();
    const known = Object.entries(byAccount).filter(([account]) => account !== '(none)');
    const mostPerMinute = new Map(known.map(([account, counts]) => [account, counts.mostPerMinute]));
    return { jobs: this.#jobs, calls, mostPerMinute };
  }

  async #lookAtJobs(): Promise<void> {
    const listed = await this.#cloud.jobs();
    const keys = new Set<string>();
    for (const { accountID, clusterID, modifyTime: _time, ...fields } of listed) {
      const key = `${clusterID}/${fields.jobID}`;
      keys.add(key);
      const known = this.#jobs.get(key);
      if (known && isDeepStrictEqual(known.fields, fields)) continue;
      this.#jobs.set(key, { accountID, fields, changedAt: Date.now() });
    }
    for (const key of this.#jobs.keys()) if (!keys.has(key)) this.#jobs.delete(key);
  }
}
