// The floor of a cold start: writes the statuses of the first objects again, with another time in them, and
// does nothing else. `node bare-writer.ts KUBECONFIG OBJECTS` prints `{"seconds": …, "cpuSeconds": …}`.
// Starting and listing do not count.

import { objectKey } from '../../../src/base/object-key.ts';
import { KubeClient } from '../../../src/kube/client/kube-client.ts';
import { PooledKubeConfig } from '../../../src/kube/client/kube-config.ts';

/** Writes under way at once; the operator has as many. */
const AT_ONCE = 16;
const A_PAGE = 500;

interface Stored {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly status: object;
}

const [kubeconfig = '', count] = process.argv.slice(2);
const config = new PooledKubeConfig();
config.loadFromFile(kubeconfig);
const client = new KubeClient(config, 'bare-writer');

async function firstObjects(): Promise<Stored[]> {
  const objects: Stored[] = [];
  for (let next: string | undefined; objects.length < Number(count); ) {
    const page = await client.list(next, {}, A_PAGE);
    objects.push(...(page.items as readonly Stored[]));
    if (page.next === undefined) break;
    next = page.next;
  }
  return objects.slice(0, Number(count));
}

async function write({ metadata: { namespace, name }, status }: Stored): Promise<void> {
  const value = { ...status, lastObservedTime: '2000-01-01T00:00:00Z' };
  await client.patchStatus(objectKey(namespace, name), [{ op: 'add', path: '/status', value }]);
}

const rest = (await firstObjects()).values();
const before = process.cpuUsage();
const began = performance.now();
const writeAll = async () => {
  for (const object of rest) await write(object);
};
await Promise.all(Array.from({ length: AT_ONCE }, writeAll));
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 }));
config.dropConnections();
