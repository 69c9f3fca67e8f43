// The floor of a poll: the vendor's SDK alone, called at a constant rate, one call after the other or in
// bursts. Run with the flags of the image: `node floor.ts ENDPOINT KEY-ID SECRET CALLS-PER-SECOND BURST
// CLUSTER PREFIX JOBS`. Prints `calling` when it begins, and runs until it is ended.

import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';

process.noDeprecation = true;

const [endpoint = '', accessKeyId = '', accessKeySecret = '', ...rest] = process.argv.slice(2);
const [rate, burst, clusterID, prefix, jobs] = rest as [string, string, string, string, string];
const { host, protocol } = new URL(endpoint);
const config = new Config({ accessKeyId, accessKeySecret, endpoint: host, protocol: protocol.slice(0, -1) });
const sdk = new openApi.default(config);
const params = new Params({
  action: 'GetEdgeTranscodeJob',
  version: '2016-11-01',
  protocol: 'HTTPS',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  pathname: '/',
  reqBodyType: 'formData',
  bodyType: 'json',
});
const runtime = new RuntimeOptions({ connectTimeout: 10_000, readTimeout: 10_000, autoretry: false });

async function call(index: number): Promise<void> {
  const JobId = `${prefix}${String(index % Number(jobs)).padStart(8, '0')}`;
  const query = { RegionId: 'cn-shanghai', ClusterId: clusterID, JobId };
  const { body } = await sdk.callApi(params, new OpenApiRequest({ query }), runtime);
  if (!body.Job) throw new Error('the answer holds no job');
}

let calls = 0;
setInterval(
  () => {
    for (let each = 0; each < Number(burst); each += 1) void call(calls++);
  },
  (1_000 * Number(burst)) / Number(rate),
);
console.log('calling');
