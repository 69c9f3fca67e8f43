// The floor of an idle operator, and of the first call for a new object: one HTTP server, one watch, one
// Lease renewed every 2 s, and one call for each object that the watch adds. `node bare-operator.ts
// KUBECONFIG ENDPOINT KEY-ID SECRET` prints `watching` when it begins, and runs until it is ended.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';
import { collectionPath } from '../../../src/kube/client/kube-client.ts';
import { caller } from './cloud-calls.ts';

/** How often the operator renews its Lease. */
const RENEW_EVERY_MS = 2_000;
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

createServer((_, response) => void response.end('ok')).listen(0, '127.0.0.1');
setInterval(() => void renew(), RENEW_EVERY_MS);
const events = await ask(`${collectionPath(undefined)}?watch=1`, { agent: new Agent(agent.options) });
console.log('watching');
for await (const line of createInterface(events)) {
  const { type, object } = JSON.parse(line);
  const { clusterID: ClusterId, jobID: JobId } = object.spec ?? {};
  if (type === 'ADDED') void call('GetEdgeTranscodeJob', { ClusterId, JobId });
}
