/** Requests to the status page, by its server on loopback, over objects with hostile texts. */
import { connect } from 'node:net';
import fc from 'fast-check';
import type { EdgeTranscodeJob } from '../../src/api/edge-transcode-job.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { decodeJob } from '../../src/kube/informer/decode.ts';
import { Page } from '../../src/page/page.ts';
import { FakeClock } from '../unit/kit/fakes/fake-clock.ts';
import type { Border } from './kit/border.ts';
import { expectNoSecret } from './kit/canary.ts';
import { mutatedText } from './kit/mutate.ts';
import { rawObject } from './kit/raw-objects.ts';
import { longText, mostly } from './kit/texts.ts';

/** Markup that a browser would run. */
const MARKUP = `<img src=x onerror=alert(1)>"'><script>alert(1)</script>`;

const parameter = fc.tuple(
  mostly('object', 'q', 'namespace', 'show', 'sort', 'page'),
  fc
    .oneof(mostly('media/stream1', 'media', 'alarming', 'since', '2', MARKUP), longText)
    .map((text) => encodeURIComponent(text.toWellFormed())),
);
const target = fc
  .tuple(mostly('/', '/page.css', '/page.js', '/icon.svg'), fc.array(parameter, { maxLength: 4 }))
  .map(([path, all]) => `${path}?${all.map((each) => each.join('=')).join('&')}`);

const head = fc
  .tuple(
    fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS'),
    target,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2'),
    fc.constantFrom(
      'host: p',
      'host: p',
      'host: p',
      'host: p\r\nif-none-match: *',
      'host: p\r\naccept-encoding: gzip',
      '',
    ),
  )
  .map(
    ([method, path, version, header]) =>
      `${method} ${path} ${version}\r\n${header}\r\nconnection: close\r\n\r\n`,
  );

interface Input {
  readonly request: string;
  readonly objects: readonly unknown[];
}

export const pageRequests: Border<Input> = {
  name: 'page-requests',
  inputs: fc.record({
    request: fc.oneof({ weight: 4, arbitrary: head }, { weight: 1, arbitrary: mutatedText(head) }),
    objects: fc.array(rawObject, { maxLength: 3 }),
  }),
  open,
};

async function open() {
  let jobs: readonly EdgeTranscodeJob[] = [];
  const clock = new FakeClock();
  const source = {
    jobs: () => jobs,
    observedAt: () => undefined,
    awaited: () => [MARKUP],
    watchProgressedAt: () => 0,
    isLeading: () => true,
    leader: () => MARKUP,
    accounts: () => [],
  };
  const page = new Page({
    source,
    clock,
    intervalMs: 60_000,
    shard: MARKUP,
    version: '1',
    namespaces: undefined,
  });
  let failure: unknown;
  const answer = async (path: string) => {
    try {
      return await page.answer(path);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, answer });
  return {
    take: async ({ request, objects }: Input) => {
      jobs = objects
        .map((raw) => decodeJob(JSON.parse(JSON.stringify(raw))))
        .filter((job) => job !== undefined);
      // A snapshot and a permit last for a second each.
      await clock.advance(1_000);
      const text = await exchanged(server.port, request);
      if (failure) throw failure;
      expectNoSecret('the page', text);
      expectHarmless(text);
    },
    close: () => server.close(),
  };
}

/** Sends bytes, and returns all that comes until the server ends the connection. */
function exchanged(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.end(request));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** @throws when a text of an object or a request became markup, or a head of its own */
function expectHarmless(text: string): void {
  if (/<img|onerror=alert\(1\)>|<script>/.test(text)) throw new Error('a text became markup');
  const [first = '', ...heads] = text.split('\r\n\r\n', 1)[0]?.split('\r\n') ?? [];
  if (text !== '' && !/^HTTP\/1\.1 (200|304|400|404|405|408|414|431|503|505) /.test(first))
    throw new Error(`it answers ${first}`);
  const odd = heads.find((each) => !/^[\w-]+: [\x20-\x7e]*$/.test(each));
  if (odd !== undefined) throw new Error(`an odd head: ${odd}`);
}
