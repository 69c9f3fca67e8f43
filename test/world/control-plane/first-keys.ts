// What an API server stores in an empty etcd at its first start: roles, namespaces, priority levels. That
// takes a quarter of the processor time of a start, so it is kept for all control planes on this machine.

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { onFreePort } from '../processes/ports.ts';
import { Processes } from '../processes/processes.ts';
import { startApiServer } from './api-server.ts';
import type { ControlPlaneBinaries } from './binaries/binaries.ts';
import { makeCredentials } from './credentials.ts';
import { askEtcd, below, type Pair, startEtcd } from './etcd.ts';

const FILE = 'first-keys.json';
/** The flags of the API server, and what is kept: with another text of these, the keys are made again. */
const SOURCES = ['api-server.ts', 'first-keys.ts'].map((name) => join(import.meta.dirname, name));

/** None for programs of an unknown version. `report` gets a line while another process makes something. */
export async function firstKeys(
  binaries: ControlPlaneBinaries,
  report: (line: string) => void,
): Promise<readonly Pair[]> {
  if (binaries.build === undefined) return [];
  const fill = async (unfinished: string) =>
    writeFile(join(unfinished, FILE), JSON.stringify(await makeFirstKeys(binaries)));
  const folder = await cachedFolder(`${binaries.build}-keys-${await hashOfSources()}`, fill, report);
  return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as readonly Pair[];
}

async function hashOfSources(): Promise<string> {
  const texts = await Promise.all(SOURCES.map((file) => readFile(file, 'utf8')));
  return createHash('sha256').update(texts.join()).digest('hex').slice(0, 12);
}

async function makeFirstKeys(binaries: ControlPlaneBinaries): Promise<Pair[]> {
  const directory = await mkdtemp(join(tmpdir(), 'first-keys-'));
  await using processes = new Processes(join(directory, 'logs'));
  processes.removeAtEnd(directory);
  const etcd = await startEtcd(binaries.etcd, directory, processes);
  const settings = {
    program: binaries.kubeApiserver,
    etcd: etcd.url,
    credentials: await makeCredentials(join(directory, 'keys')),
    audit: undefined,
  };
  const apiServer = await onFreePort((port) => startApiServer(settings, port, processes));
  apiServer.kill('SIGKILL');
  await apiServer.exited;
  const { kvs = [] } = await askEtcd(etcd.url, 'range', below('/registry'));
  return kvs.filter((pair) => !isOfOneServer(pair)).map(({ key, value }) => ({ key, value }));
}

/** Whether it is about the server that is gone: its Lease, or what etcd forgets after a while. */
function isOfOneServer({ key, lease }: Pair & { readonly lease?: string }): boolean {
  return lease !== undefined || Buffer.from(key, 'base64').toString().startsWith('/registry/leases/');
}
