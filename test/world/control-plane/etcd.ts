// etcd for one API server, on the loopback interface.

import { join } from 'node:path';
import { onFreePort } from '../processes/ports.ts';
import type { Processes } from '../processes/processes.ts';
import { SELDOM_COLLECTED } from './go-environment.ts';

/** Resolves with its URL when it serves. Its data are in `<directory>/etcd`. */
export async function startEtcd(
  program: string,
  directory: string,
  processes: Processes,
  pickPort?: () => Promise<number>,
): Promise<string> {
  return onFreePort(async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const etcd = await processes.start({
      name: 'etcd',
      command: program,
      args: [
        `--data-dir=${join(directory, 'etcd')}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        // It has no peers, and any port will do.
        '--listen-peer-urls=http://127.0.0.1:0',
        // Nothing here must survive the machine.
        '--unsafe-no-fsync',
        '--log-outputs=stderr',
      ],
      env: SELDOM_COLLECTED,
    });
    // Reads its own log, not an answer on the port: that might come from another etcd with other data.
    await etcd.printed(/serving client traffic insecurely/);
    return url;
  }, pickPort);
}

/** Its JSON gateway: https://etcd.io/docs/latest/dev-guide/api_grpc_gateway/. Numbers are texts there. */
export async function askEtcd(
  url: string,
  method: 'range' | 'compaction' | 'put',
  body: Readonly<Record<string, string>>,
): Promise<{ readonly header: { readonly revision: string } }> {
  const response = await fetch(`${url}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd: ${response.status} ${await response.text()}`);
  return (await response.json()) as { readonly header: { readonly revision: string } };
}
