/** Lines of a watch, over a socket on loopback: any bytes in any pieces, up to the objects in the store. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { PooledKubeConfig } from '../../src/kube/client/kube-config.ts';
import { WatchClient } from '../../src/kube/client/watch-client.ts';
import { Store } from '../../src/kube/informer/store.ts';
import { Watcher } from '../../src/kube/informer/watcher.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { FakeClock } from '../unit/kit/fakes/fake-clock.ts';
import type { Border } from './kit/border.ts';
import { CANARY, expectNoSecret } from './kit/canary.ts';
import { mutatedText } from './kit/mutate.ts';
import { rawObject } from './kit/raw-objects.ts';
import { longText, mostly, oddText, oddValue } from './kit/texts.ts';

const status = fc.record({
  kind: fc.constant('Status'),
  code: fc.constantFrom<unknown>(410, 500, 0, -1, '410', null),
  reason: mostly('Expired', 'Gone', 'InternalError'),
  message: fc.constant(`at ${CANARY}`),
});

const event = fc.record({
  type: mostly('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'),
  object: fc.oneof(
    { weight: 8, arbitrary: rawObject },
    { weight: 2, arbitrary: status },
    { weight: 1, arbitrary: oddValue },
  ),
});

const line = fc.oneof(
  { weight: 8, arbitrary: event.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: mutatedText(event.map((value) => JSON.stringify(value))) },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: longText },
);

interface Input {
  readonly lines: readonly string[];
  /** Length of the pieces, in bytes. 0: all at once. */
  readonly piece: number;
  /** HTTP status of the watch. */
  readonly code: number;
  readonly end: 'whole' | 'cut';
}

export const watchLines: Border<Input> = {
  name: 'watch-lines',
  inputs: fc.record({
    lines: fc.array(line, { minLength: 1, maxLength: 4 }),
    piece: fc.constantFrom(0, 0, 0, 0, 0, 700, 61),
    code: fc.constantFrom(200, 200, 200, 200, 200, 200, 200, 410, 403, 500, 204),
    end: fc.constantFrom<Input['end']>('whole', 'whole', 'cut'),
  }),
  open,
};

async function open() {
  let input: Input | undefined;
  const server = createServer((request, response) => answer(request, response, input as Input));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = new PooledKubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.loadFromOptions({
    clusters: [{ name: 'c', server: url, skipTLSVerify: true }],
    users: [{ name: 'u' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  const watch = new WatchClient(config, 'fuzz');
  let logged = '';
  const write = (text: string) => {
    logged += text;
  };
  const logger = await createLogger({ level: 'debug', format: 'json', destination: { write } });
  return {
    take: async (given: Input) => {
      [input, logged] = [given, ''];
      const store = new Store([undefined]);
      await watchOnce(watch, store, logger);
      for (const job of store.values())
        if (job.key !== `${job.namespace}/${job.key.slice(job.namespace.length + 1)}`)
          throw new Error(`the key ${job.key}`);
      expectNoSecret('the log', logged);
      // The watcher takes an error of its own for a failure of the watch.
      if (/\b(Type|Range|Reference)Error\b/.test(logged))
        throw new Error(`the operator has a fault: ${logged}`);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Lists nothing, then watches until the watch has ended. */
async function watchOnce(
  watch: WatchClient,
  store: Store,
  logger: Awaited<ReturnType<typeof createLogger>>,
): Promise<void> {
  const stop = new AbortController();
  const ended = Promise.withResolvers<void>();
  let lists = 0;
  const lister = {
    list: async () => {
      lists += 1;
      if (lists > 1) ended.resolve();
      return { items: [], resourceVersion: '1', bytes: 2, next: undefined } as never;
    },
    version: async () => '1',
  };
  const once: Pick<WatchClient, 'events'> = {
    async *events(...parameters) {
      try {
        yield* watch.events(...parameters);
      } finally {
        ended.resolve();
      }
    },
  };
  const watcher = new Watcher({ lister, watch: once, clock: new FakeClock(), logger });
  const run = watcher.run((event) => store.take(event), stop.signal);
  await Promise.race([ended.promise, run]);
  stop.abort();
  await run;
}

function answer(_: IncomingMessage, response: ServerResponse, { lines, piece, code, end }: Input): void {
  response.on('error', () => undefined);
  const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
  response.writeHead(code, { 'content-type': 'application/json' });
  for (let at = 0; piece > 0 && at < bytes.length; at += piece)
    response.write(bytes.subarray(at, at + piece));
  if (piece === 0) response.write(bytes);
  if (end === 'whole') response.end();
  else response.socket?.destroySoon();
}
