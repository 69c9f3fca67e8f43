// What the bundle loads later or not at all, run as programs of their own.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type DisposableTempDir, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { build } from 'esbuild';
import { BUNDLING } from '../../../../scripts/bundle/options.ts';
import { startSocksProxy } from '../../kube/client/loopback-proxy.ts';

/** Says which modules of Node have been loaded for the WebSocket that `node:http` exports. */
const HTTP = `
  import http, { createServer, request as renamed } from 'node:http';
  import { Agent } from 'http';
  const usable = [http.get, createServer, renamed, Agent].every((each) => typeof each === 'function');
  console.log(JSON.stringify([usable, process.moduleLoadList.filter((name) => name.includes('undici'))]));
`;

/** Makes a call and a watch, by the proxy and to the port of the arguments, where nothing answers them. */
const THROUGH_PROXY = `
  import { KubeClient } from './src/kube/client/kube-client.ts';
  import { PooledKubeConfig } from './src/kube/client/kube-config.ts';
  import { WatchClient } from './src/kube/client/watch-client.ts';
  const config = new PooledKubeConfig();
  const [proxyUrl, port] = process.argv.slice(2);
  const cluster = { name: 'a', server: 'https://127.0.0.1:' + port, proxyUrl };
  config.loadFromOptions({
    clusters: [cluster],
    users: [{ name: 'a', token: 'made-up' }],
    contexts: [{ name: 'a', cluster: 'a', user: 'a' }],
    currentContext: 'a',
  });
  const failed = (error) => console.error(error.code);
  await new KubeClient(config, 'test').version({}).catch(failed);
  const { signal } = new AbortController();
  await new WatchClient(config, 'test').events('/watched', {}, signal).next().catch(failed);
`;

describe('the plugins of the bundle', () => {
  let directory: DisposableTempDir;

  before(() => {
    directory = mkdtempDisposableSync(join(tmpdir(), 'bundle-'));
  });

  after(() => directory.remove());

  it('give the whole of node:http without the undici that Node loads for its WebSocket', async () => {
    expect(JSON.parse(await run('http', HTTP))).to.deep.equal([true, []]);
  });

  it('let calls and watches go through a SOCKS proxy, whose code is loaded then', async () => {
    await using proxy = await startSocksProxy();
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await run('socks', THROUGH_PROXY, proxy.url, String(port));
    server.close();
    expect(proxy.tunnels).to.deep.equal([`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
  });

  async function run(name: string, contents: string, ...args: readonly string[]): Promise<string> {
    const program = join(directory.path, `${name}.mjs`);
    const stdin = { contents, resolveDir: '.', loader: 'ts' as const };
    const { outputFiles } = await build({ ...BUNDLING, sourcemap: false, write: false, stdin });
    writeFileSync(program, outputFiles[0]?.contents ?? '');
    return (await promisify(execFile)(process.execPath, [program, ...args])).stdout;
  }
});
