// The floor of an idle operator, and of the first call for a new object: one HTTP server, one watch of the
// objects, one Lease that is watched, and renewed as often as by the operator, a call for each object once in
// its interval, and one for each object that the watch adds. It keeps no answer and writes no status. `node
// bare-operator.ts KUBECONFIG ENDPOINT KEY-ID SECRET` prints `watching` when it begins, and runs until it is
// ended.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import type { EdgeTranscodeJobSpec } from '../../../src/api/edge-transcode-job.ts';
import { parseDuration } from '../../../src/base/duration.ts';
import { collectionPath } from '../../../src/kube/client/kube-client.ts';
import { RENEWED_AFTER_SHARE } from '../../../src/kube/election/lease-machine.ts';
import { caller } from './cloud-calls.ts';

/** How often the operator renews its Lease, with the default of `--renew-deadline`. */
const RENEW_EVERY_MS = RENEWED_AFTER_SHARE * 10_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

const [kubeconfig = '', endpoint = '', keyID = '', secret = ''] = process.argv.slice(2);
const call = caller(endpoint, keyID, secret);
const { server, 'certificate-authority-data': authority } = JSON.parse(readFileSync(kubeconfig, 'utf8'))
  .clusters[0].cluster;
const agent = new Agent({ keepAlive: true, ca: Buffer.from(authority, 'base64') });

function ask(path: string, options: RequestOptions, body = ''): Promise<import('node:http').IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${server}${path}`, { agent, ...options }, resolve)
      .once('error', reject)
      .end(body);
  });
}

async function renew(): Promise<void> {
  const body = JSON.stringify({
    metadata: { name: 'bare', namespace: 'default' },
    spec: { renewTime: new Date() },
  });
  (await ask(`${LEASES}/bare`, { method: 'PUT' }, body)).resume();
}

function poll({ clusterID: ClusterId, jobID: JobId }: EdgeTranscodeJobSpec): void {
  void call('GetEdgeTranscodeJob', { ClusterId, JobId });
}

/** Calls for one object after the other, as evenly spread as the phases of the operator. */
function pollAll(specs: readonly EdgeTranscodeJobSpec[]): void {
  const [first] = specs;
  const interval = parseDuration(first?.interval ?? '') ?? Number.NaN;
  let polls = 0;
  setInterval(() => poll(specs[polls++ % specs.length] as EdgeTranscodeJobSpec), interval / specs.length);
}

/** Opens a watch. It has a connection of its own. */
async function watch(path: string, query = ''): Promise<AsyncIterable<string>> {
  return createInterface(await ask(`${path}?watch=1${query}`, { agent: new Agent(agent.options) }));
}

async function followLease(): Promise<void> {
  for await (const line of await watch(LEASES, '&fieldSelector=metadata.name%3Dbare')) JSON.parse(line);
}

createServer((_, response) => void response.end('ok')).listen(0, '127.0.0.1');
setInterval(() => void renew(), RENEW_EVERY_MS);
void followLease();
const { items } = (await json(await ask(`${collectionPath(undefined)}?limit=500`, {}))) as {
  readonly items: readonly { readonly spec: EdgeTranscodeJobSpec }[];
};
pollAll(items.map(({ spec }) => spec));
const events = await watch(collectionPath(undefined));
console.log('watching');
for await (const line of events) {
  const { type, object } = JSON.parse(line);
  if (type === 'ADDED') poll(object.spec);
}
