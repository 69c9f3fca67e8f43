// The floor of polls by List: reads all pages of some clusters every 10 s, as many at once as the operator,
// and compares each job with what it was. `node lister.ts ENDPOINT KEY-ID SECRET CLUSTER …` prints a line
// `JOB-ID TIME` for each job that has changed, and runs until it is ended.

import { caller, type ListedJob, readList } from './cloud-calls.ts';

const EVERY_MS = 10_000;

const [endpoint = '', keyID = '', secret = '', ...clusters] = process.argv.slice(2);
const call = caller(endpoint, keyID, secret);
const known = new Map<string, ListedJob>();

function compare(job: ListedJob): void {
  const before = known.get(job.JobId);
  if (before && Object.keys(job).every((field) => job[field] === before[field])) return;
  known.set(job.JobId, job);
  if (before) console.log(`${job.JobId} ${Date.now()}`);
}

async function sweepAll(): Promise<void> {
  for (const cluster of clusters) await readList(call, cluster, compare);
}

await sweepAll();
console.log('listed');
setInterval(() => void sweepAll(), EVERY_MS);
