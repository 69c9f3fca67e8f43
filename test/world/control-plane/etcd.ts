// etcd for one API server, on the loopback interface.

import { join } from 'node:path';
import { SELDOM_COLLECTED } from '../processes/go-environment.ts';
import { onFreePort } from '../processes/ports.ts';
import type { Processes, StartedProcess } from '../processes/processes.ts';

/** More operations at once are refused. */
const MOST_AT_ONCE = 128;

export type StartedEtcd = { readonly url: string; readonly process: StartedProcess };

/** The folder of its data. */
export function etcdFolder(directory: string): string {
  return join(directory, 'etcd');
}

/** Resolves when it serves. Its data are in `etcdFolder(directory)`. */
export async function startEtcd(
  program: string,
  directory: string,
  processes: Processes,
  pickPort?: () => Promise<number>,
): Promise<StartedEtcd> {
  return onFreePort(async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const etcd = await processes.start({
      name: 'etcd',
      command: program,
      args: [
        `--data-dir=${etcdFolder(directory)}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        // It has no peers, and any port will do.
        '--listen-peer-urls=http://127.0.0.1:0',
        // Nothing here must survive the machine.
        '--unsafe-no-fsync',
        '--log-outputs=stderr',
      ],
      env: { ...process.env, ...SELDOM_COLLECTED },
    });
    // Reads its own log, not an answer on the port: that might come from another etcd with other data.
    await etcd.printed(/serving client traffic insecurely/);
    return { url, process: etcd };
  }, pickPort);
}

/** A key and its value, in Base64. */
export type Pair = { readonly key: string; readonly value: string };

type Answer = {
  readonly header: { readonly revision: string };
  /** What a range has. A pair with a lease goes when its lease ends. */
  readonly kvs?: readonly (Pair & { readonly lease?: string })[];
};

/** Its JSON gateway: https://etcd.io/docs/latest/dev-guide/api_grpc_gateway/. Numbers are texts there. */
export async function askEtcd(
  url: string,
  method: 'range' | 'compaction' | 'put' | 'deleterange' | 'txn',
  body: object,
): Promise<Answer> {
  const response = await fetch(`${url}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Puts pairs into it, as many at once as it takes. */
export async function putAll(url: string, pairs: readonly Pair[]): Promise<void> {
  for (let index = 0; index < pairs.length; index += MOST_AT_ONCE) {
    const success = pairs.slice(index, index + MOST_AT_ONCE).map((pair) => ({ requestPut: pair }));
    await askEtcd(url, 'txn', { success });
  }
}

/** The range of all keys below a path. `0` is the character after `/`. */
export function below(path: string): { readonly key: string; readonly range_end: string } {
  return { key: base64(`${path}/`), range_end: base64(`${path}0`) };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
