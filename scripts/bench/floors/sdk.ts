// The floor of a poll by Get: the vendor's SDK alone, called at a constant rate, one call after the other or
// in bursts. `node sdk.ts ENDPOINT KEY-ID SECRET CALLS-PER-SECOND BURST CLUSTER PREFIX JOBS`. Runs until it
// is ended.

import { caller } from './cloud-calls.ts';

const [endpoint = '', keyID = '', secret = '', rate, burst, ClusterId = '', prefix = '', jobs] =
  process.argv.slice(2);
const call = caller(endpoint, keyID, secret);

async function poll(index: number): Promise<void> {
  const JobId = `${prefix}${String(index % Number(jobs)).padStart(8, '0')}`;
  const { Job } = await call('GetEdgeTranscodeJob', { ClusterId, JobId });
  if (!Job) throw new Error('the answer holds no job');
}

let calls = 0;
setInterval(
  () => {
    for (let each = 0; each < Number(burst); each += 1) void poll(calls++);
  },
  (1_000 * Number(burst)) / Number(rate),
);
