// The clients of the API server, made from one kubeconfig: they drop their connections together.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../src/base/clock.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import { Store } from '../../../src/kube/informer/store.ts';
import { Watcher } from '../../../src/kube/informer/watcher.ts';
import { startTcpProxy, type TcpProxy } from '../../world/tcp-proxy.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';
import { ScriptedCollection } from './informer/scripted-collection.ts';

/** Longest silence of a watch in this test; 80 s in operation. */
const IDLE_MS = 300;

describe('the connections to an API server', function () {
  // Well below the 20 s deadline of a call.
  this.timeout(10_000);
  let directory: string;
  let api: ScriptedCollection;
  let proxy: TcpProxy;
  let stop: AbortController;

  beforeEach(async () => {
    stop = new AbortController();
    directory = await mkdtemp(join(tmpdir(), 'connect-'));
    api = new ScriptedCollection();
    await api.server.open();
    proxy = await startTcpProxy(Number(new URL(api.server.url).port));
  });
  afterEach(async () => {
    stop.abort();
    await proxy[Symbol.asyncDispose]();
    api.server.close();
    await rm(directory, { recursive: true });
  });

  it('are all dropped when a watch is silent, so that the next list does not wait on a dead one', async () => {
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(
      kubeconfig,
      api.server.kubeconfig.replace(api.server.url, `https://127.0.0.1:${proxy.port}`),
    );
    const { client, watch } = connectKube({ path: kubeconfig, environment: {} }, 'operator/1', {
      idleMs: IDLE_MS,
    });
    const watcher = new Watcher({ lister: client, watch, clock: systemClock, logger: new RecordingLogger() });
    const store = new Store([undefined]);
    const running = watcher.run((event) => store.take(event), stop.signal);
    const until = async (isSo: () => boolean) => {
      while (!isSo()) await delay(5, undefined, { signal: stop.signal });
    };
    await until(() => api.watches > 0);
    api.put('sent by the watch');
    await until(() => store.size === 1);
    proxy.hold();
    api.put('new');
    api.compact();
    await until(() => store.size === 2);
    expect(api.lists).to.equal(2);
    stop.abort();
    await running;
  });
});
