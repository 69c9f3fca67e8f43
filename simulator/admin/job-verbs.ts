/** The verbs about jobs. */
import type { Accounts } from '../accounts/accounts.ts';
import { type Job, stateOf } from '../live/job.ts';
import { descriptionsOf } from '../live/job-batch.ts';
import type { Jobs } from '../live/jobs.ts';
import type { BulkChange, JobNames, JobVerbs } from '../world/cloud-world.ts';

export function jobVerbs(accounts: Accounts, jobs: Jobs, now: () => number): JobVerbs {
  const all = (names: JobNames, change: (named: readonly Job[], time: number) => void): BulkChange => {
    const named = jobs.named(names);
    const time = now();
    change(named, time);
    return { count: named.length, time };
  };
  return {
    async createJob(job) {
      return stateOf(jobs.create(accounts.named(job.accountID).accountID, job, now()));
    },
    async createJobs(batch) {
      const { accountID } = accounts.named(batch.accountID);
      const made = jobs.createAll(accountID, descriptionsOf(batch, now()), now());
      return { jobs: made.map(({ clusterID, jobID }) => ({ clusterID, jobID })) };
    },
    async modifyJob(job) {
      return stateOf(jobs.modify(job, job, now()));
    },
    async startJob(job) {
      return stateOf(jobs.start(job, now()));
    },
    async stopJob(job) {
      return stateOf(jobs.stop(job, now()));
    },
    async removeJob(job) {
      jobs.remove(job);
    },
    async startJobs(names) {
      return all(names, (named, time) => jobs.startAll(named, time));
    },
    async stopJobs(names) {
      return all(names, (named, time) => jobs.stopAll(named, time));
    },
    async removeJobs(names) {
      return all(names, (named) => jobs.removeAll(named));
    },
    async jobs({ clusterID } = {}) {
      return jobs.list(clusterID).map(stateOf);
    },
  };
}
