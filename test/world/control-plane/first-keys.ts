// What an API server stores in an empty etcd at its first start: roles, namespaces, priority levels. That
// takes a quarter of the processor time of a start, so it is kept for all control planes on this machine.

import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { onFreePort } from '../processes/ports.ts';
import { Processes } from '../processes/processes.ts';
import { startApiServer } from './api-server.ts';
import type { ControlPlaneBinaries } from './binaries/binaries.ts';
import { makeCredentials } from './credentials.ts';
import { askEtcd, base64, type Pair, startEtcd } from './etcd.ts';

const FILE = 'first-keys.json';
/** More operations at once are refused by etcd. */
const MOST_AT_ONCE = 128;

/** Puts them into an empty etcd; nothing for programs of an unknown version. */
export async function putFirstKeys(etcd: string, binaries: ControlPlaneBinaries): Promise<void> {
  if (binaries.build === undefined) return;
  const fill = async (unfinished: string) =>
    writeFile(join(unfinished, FILE), JSON.stringify(await makeFirstKeys(binaries)));
  const folder = await cachedFolder(`${binaries.build}-first-keys`, fill, () => undefined);
  const pairs = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as readonly Pair[];
  for (let index = 0; index < pairs.length; index += MOST_AT_ONCE) {
    const success = pairs.slice(index, index + MOST_AT_ONCE).map((pair) => ({ requestPut: pair }));
    await askEtcd(etcd, 'txn', { success });
  }
}

async function makeFirstKeys(binaries: ControlPlaneBinaries): Promise<Pair[]> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'first-keys-'));
  await using processes = new Processes(join(directory.path, 'logs'));
  const etcd = await startEtcd(binaries.etcd, directory.path, processes);
  const settings = {
    program: binaries.kubeApiserver,
    etcd: etcd.url,
    credentials: await makeCredentials(join(directory.path, 'keys')),
    audit: undefined,
  };
  const apiServer = await onFreePort((port) => startApiServer(settings, port, processes));
  apiServer.kill('SIGKILL');
  await apiServer.exited;
  const { kvs = [] } = await askEtcd(etcd.url, 'range', { key: base64('/'), range_end: base64('0') });
  // Keys with a lease are about the server that is gone.
  return kvs.filter(({ lease }) => lease === undefined).map(({ key, value }) => ({ key, value }));
}
