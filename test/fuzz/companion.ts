/**
 * `kubectl etj`: its command line, the answers of the API server and of the cloud, and what it then shows on
 * a terminal.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { run } from '../../src/companion/program.ts';
import type { Border } from './kit/border.ts';
import { CANARY, expectNoSecret } from './kit/canary.ts';
import { mutatedJson, mutatedText } from './kit/mutate.ts';
import { rawObject } from './kit/raw-objects.ts';
import { mostly, oddText } from './kit/texts.ts';

const format = mostly('table', 'wide', 'json', 'yaml', 'name');

const line = fc.oneof(
  { weight: 6, arbitrary: format.map((each) => ['status', '-o', each]) },
  { weight: 2, arbitrary: format.map((each) => ['status', '-A', `-o=${each}`]) },
  { weight: 4, arbitrary: fc.tuple(format, mostly('account')).map(([each, secret]) => doctor(each, secret)) },
  { weight: 3, arbitrary: fc.tuple(format, mostly('c')).map(([each, cluster]) => imported(each, cluster)) },
  { weight: 2, arbitrary: mostly('5m', '1h').map((each) => ['budget', '-A', '--at-least', each]) },
  {
    weight: 1,
    arbitrary: fc.array(mostly('status', 'refresh', '--all', '-n', '--help', '--timeout'), { maxLength: 4 }),
  },
);

const textOf = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 8, arbitrary: mutatedJson(value).map((each) => JSON.stringify(each)) },
    { weight: 1, arbitrary: mutatedText(value.map((each) => JSON.stringify(each))) },
    { weight: 1, arbitrary: oddText },
  );

const objects = fc.record({
  metadata: fc.record({ resourceVersion: fc.constant('1') }),
  items: fc.array(rawObject, { maxLength: 3 }),
});
const base64 = (value: string) => Buffer.from(value).toString('base64');
const fixed = fc.constantFrom<unknown>(
  { major: '1', minor: '37', gitVersion: 'v1.37.2' },
  {
    spec: { versions: [{ name: 'v1alpha1', served: true, schema: { openAPIV3Schema: { properties: {} } } }] },
  },
  { spec: { holderIdentity: 'pod-a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } },
  { status: { allowed: true } },
  { data: { accessKeyID: base64('id'), accessKeySecret: base64(CANARY), securityToken: base64(CANARY) } },
  { AccountId: '1000000000000001' },
  { TotalCount: 1, JobList: { Job: [{ JobId: 'j', Name: 'stream1', StreamInput: `rtmp://h?k=${CANARY}` }] } },
);

interface Input {
  readonly args: readonly string[];
  readonly objects: string;
  /** Answers to all other requests, by what is in their path. */
  readonly others: readonly (readonly [code: number, body: string])[];
}

const SECRET = `{"data":{"accessKeyID":"${base64('id')}","accessKeySecret":"${base64(CANARY)}"}}`;

export const companion: Border<Input> = {
  name: 'companion',
  inputs: fc.record({
    args: line,
    objects: textOf(objects),
    others: fc.array(
      fc.tuple(fc.constantFrom(200, 200, 200, 200, 201, 400, 401, 403, 404, 409, 500), textOf(fixed)),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  open,
};

/** What repeats an argument, which the user typed. */
const ABOUT_ARGUMENTS = /^error: (option|command-argument|unknown|too many|missing)/;

/** More requests than any command makes for so few objects. */
const MOST_REQUESTS = 60;

async function open() {
  let [input, requests]: [Input | undefined, number] = [undefined, 0];
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response, input as Input, requests);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-companion-'));
  const KUBECONFIG = join(folder, 'config');
  writeFileSync(KUBECONFIG, kubeconfigOf(url));
  return {
    take: async (given: Input) => {
      [input, requests] = [given, 0];
      const shown: string[] = [];
      const output = {
        print: (each: string) => void shown.push(each),
        note: (each: string) => void shown.push(each),
        styled: (_: unknown, each: string) => each,
        columns: 80,
      };
      const environment = { KUBECONFIG, HOME: folder };
      const args = given.args.map((each) => each.replace('SERVER', url));
      const stop = AbortSignal.timeout(2_000);
      const code = await run(args, { version: '1.2.3', environment, output, untilStopped: () => stop });
      if (![0, 1, 2].includes(code)) throw new Error(`it ends with ${code}`);
      if (requests > MOST_REQUESTS) throw new Error(`it makes ${requests} requests`);
      expectNoSecret('the terminal', ...shown);
      for (const each of shown.filter((text) => !ABOUT_ARGUMENTS.test(text)))
        if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(each.replaceAll('\n', '')))
          throw new Error(`a terminal would obey a character of ${JSON.stringify(each)}`);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    },
  };
}

function doctor(output: string, secret: string): string[] {
  return [
    'doctor',
    '-o',
    output,
    '--secret',
    secret,
    '--cluster',
    'c',
    '--endpoint',
    'SERVER',
    '--sts-endpoint',
    'SERVER',
  ];
}

function imported(output: string, cluster: string): string[] {
  return ['import', cluster, '--secret', 'account', '-o', output, '--endpoint', 'SERVER'];
}

function answer(request: IncomingMessage, response: ServerResponse, input: Input, count: number): void {
  const { method, url = '' } = request;
  request.resume();
  if (method === 'GET' && url.includes('/edgetranscodejobs')) {
    // A list that never ends is the API server's own fault.
    send(response, 200, count > 20 ? '{"items":[],"metadata":{}}' : input.objects);
    return;
  }
  const [code, body] = input.others[count % input.others.length] as Input['others'][number];
  if (url.includes('/secrets/') && count % 3 > 0) send(response, 200, SECRET);
  else send(response, code, body);
}

function send(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(body);
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: CANARY } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'media' } }],
    'current-context': 'x',
  });
}
