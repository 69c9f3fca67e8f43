// The floor of polls by List: reads all pages of some clusters every 10 s, as many at once as the operator,
// and compares each job with what it was. `node lister.ts ENDPOINT KEY-ID SECRET CLUSTER …` prints a line
// `JOB-ID TIME` for each job that has changed, and runs until it is ended.

import { caller } from './cloud-calls.ts';

const EVERY_MS = 10_000;
const JOBS_A_PAGE = 100;
const PAGES_AT_ONCE = 16;

const [endpoint = '', keyID = '', secret = '', ...clusters] = process.argv.slice(2);
const call = caller(endpoint, keyID, secret);
const known = new Map<string, Record<string, unknown>>();

async function sweep(ClusterId: string): Promise<void> {
  const total = await read(ClusterId, 1);
  const pages = Array.from({ length: Math.ceil(total / JOBS_A_PAGE) - 1 }, (_, page) => page + 2).values();
  const readOn = async () => {
    for (const page of pages) await read(ClusterId, page);
  };
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, readOn));
}

/** Returns how many jobs the list has in all. */
async function read(ClusterId: string, page: number): Promise<number> {
  const query = { ClusterId, PageNo: String(page), PageSize: String(JOBS_A_PAGE), SortBy: 'asc' };
  const { TotalCount, JobList } = await call('ListEdgeTranscodeJob', query);
  for (const job of JobList.Job) compare(job);
  return TotalCount;
}

function compare(job: Record<string, unknown> & { readonly JobId: string }): void {
  const before = known.get(job.JobId);
  if (before && Object.keys(job).every((field) => job[field] === before[field])) return;
  known.set(job.JobId, job);
  if (before) console.log(`${job.JobId} ${Date.now()}`);
}

async function sweepAll(): Promise<void> {
  for (const cluster of clusters) await sweep(cluster);
}

await sweepAll();
console.log('listed');
setInterval(() => void sweepAll(), EVERY_MS);
