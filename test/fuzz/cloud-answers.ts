/**
 * Answers of an endpoint that a tenant may name: any head and body, through the vendor's SDK and a socket on
 * loopback, up to the mapped job, the log and the metrics.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import type { JobDetails } from '../../src/api/edge-transcode-job.ts';
import { UnexpectedBody } from '../../src/cloud/client/call-errors.ts';
import { type CallResult, getJob, LiveClient, listJobs } from '../../src/cloud/client/live-client.ts';
import { mapJob } from '../../src/cloud/client/map-response.ts';
import { mapStsError } from '../../src/cloud/sts/map-sts-error.ts';
import { mapAccountID, mapSession } from '../../src/cloud/sts/map-sts-response.ts';
import type { Credential } from '../../src/credentials/credential.ts';
import { FAILURE_KINDS } from '../../src/job/model/failures.ts';
import { showJob } from '../../src/job/model/stream-url.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { FakeClock } from '../unit/kit/fakes/fake-clock.ts';
import { JOB_ID } from '../unit/kit/samples/a-job.ts';
import type { Border } from './kit/border.ts';
import { CANARY, expectNoSecret } from './kit/canary.ts';
import { mutatedJson, mutatedText } from './kit/mutate.ts';
import { expectAccepted } from './kit/schema.ts';
import { longText, mostly, oddText } from './kit/texts.ts';

const URLS = [
  `rtmp://push.example.com/app/s1?auth_key=${CANARY}`,
  `https://u:${CANARY}@h/a`,
  'rtmp://h/app/s1',
];
const TIMES = ['2023-07-24T16:44:55Z', '2023-07-24T16:44Z', '2023-02-31T00:00:00Z', '9999-12-31T23:59:59Z'];

const job = fc.record(
  {
    JobId: mostly(JOB_ID, JOB_ID.toUpperCase(), 'other'),
    Name: mostly('stream1'),
    Status: fc.oneof(mostly('0', '1', '2'), fc.constantFrom(0, 1, 2)),
    Type: mostly('common'),
    TemplateId: mostly('t'),
    TemplateName: mostly('hd'),
    StreamInput: fc.constantFrom(...URLS),
    StreamOutput: fc.constantFrom(...URLS),
    CreateTime: mostly(...TIMES),
    LastStartAt: mostly(...TIMES),
    LastStopAt: mostly(...TIMES),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const page = fc.record({
  RequestId: mostly('r-1'),
  TotalCount: fc.constantFrom<unknown>(0, 1, '3', 10 ** 7, -1, 1.5),
  JobList: fc.record({ Job: fc.array(job, { maxLength: 4 }) }),
});
const refusal = fc.record({
  Code: mostly(
    'JobNotFound',
    'Forbidden.RAM',
    'Throttling.User',
    'InvalidAccessKeyId.NotFound',
    'InternalError',
  ),
  Message: fc.constant(`the key ${CANARY}`),
  RequestId: mostly('1B2C', CANARY.slice(0, 5)),
  HostId: fc.constant(CANARY),
  Recommend: fc.constant(`https://h?k=${CANARY}`),
});
const session = fc.record({
  Credentials: fc.record({
    AccessKeyId: mostly('STS.id'),
    AccessKeySecret: fc.constant(CANARY),
    SecurityToken: fc.constant(CANARY),
    Expiration: mostly('2026-01-01T01:00:00Z'),
  }),
  AccountId: mostly('1000000000000001'),
});

const document = fc.oneof(
  { weight: 3, arbitrary: job.map((Job) => ({ RequestId: 'r-1', Job })) },
  { weight: 3, arbitrary: page },
  { weight: 3, arbitrary: refusal },
  { weight: 1, arbitrary: session },
);

const body = fc.oneof(
  { weight: 8, arbitrary: mutatedJson(document).map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: mutatedText(document.map((value) => JSON.stringify(value))) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '<html>502 Bad Gateway</html>', `<Error><Code>${CANARY}</Code></Error>`),
  },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: longText },
);

const header = fc
  .tuple(
    fc.constantFrom(
      'x-acs-retry-after',
      'x-ratelimit-user-api',
      'content-encoding',
      'content-type',
      'location',
      'x-odd',
    ),
    fc.constantFrom(
      '250',
      '-1',
      '9'.repeat(40),
      'Limit:1,Remain:0,TimeLeft:250',
      'gzip',
      'identity',
      'text/html',
      '\x01',
    ),
  )
  .map((both) => both.join(': '));

interface Input {
  readonly lists: boolean;
  readonly head: string;
  readonly headers: readonly string[];
  readonly body: string;
  /** What the answer says of its length, as a difference. */
  readonly lie: number;
}

export const cloudAnswers: Border<Input> = {
  name: 'cloud-answers',
  inputs: fc.record({
    lists: fc.boolean(),
    head: fc.oneof(
      { weight: 6, arbitrary: fc.constant('HTTP/1.1 200 OK') },
      {
        weight: 5,
        arbitrary: fc.constantFrom(400, 403, 404, 429, 500, 503).map((code) => `HTTP/1.1 ${code} X`),
      },
      { weight: 1, arbitrary: fc.constantFrom('HTTP/1.1 302 Found', 'HTTP/1.1 204 X', 'HTTP/1.0 200 OK') },
      { weight: 1, arbitrary: mutatedText(fc.constant('HTTP/1.1 200 OK')) },
    ),
    headers: fc.array(header, { maxLength: 2 }),
    body,
    lie: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 5),
  }),
  open,
};

const CREDENTIAL = {
  identity: 'media/account',
  accessKey: { accessKeyID: 'id', accessKeySecret: CANARY, securityToken: CANARY },
  version: '1',
};
const CLUSTER = { credential: { namespace: 'media' }, clusterID: 'c' };

async function open() {
  const endpoint = new Endpoint();
  await endpoint.open();
  let logged = '';
  const write = (line: string) => {
    logged += line;
  };
  const logger = await createLogger({ level: 'debug', format: 'json', destination: { write } });
  const metrics = new Metrics({ version: '1', perObjectLimit: 10 });
  const parts = {
    regionID: 'cn-shanghai',
    userAgent: 'fuzz',
    clock: new FakeClock(),
    logger,
    observer: metrics,
  };
  const client = new LiveClient({ endpoint: undefined, ...parts });
  return {
    take: async (input: Input) => {
      logged = '';
      endpoint.answer = rawAnswer(input);
      const credential: Credential = { ...CREDENTIAL, endpoint: { protocol: 'http', host: endpoint.host } };
      if (input.lists) {
        const result = await client.call(listJobs(1), CLUSTER, credential);
        if (result.kind === 'answered')
          for (const fields of result.value.jobs.values()) expectShowable(mapJob(fields));
        else expectSoundFailure(result);
      } else {
        const result = await client.call(getJob(JOB_ID), CLUSTER, credential);
        if (result.kind === 'answered') expectShowable(result.value);
        else expectSoundFailure(result);
      }
      expectSoundSts(input.body);
      expectNoSecret('the log', logged);
      if (logged.includes('failed to read an answer')) throw new Error(`the operator has a fault: ${logged}`);
    },
    close: async () => {
      endpoint.close();
      expectNoSecret('the metrics', (await metrics.render()).body.toString());
    },
  };
}

function expectShowable(job: JobDetails): void {
  const shown = showJob(job, 'redact');
  expectAccepted({ job: shown });
  expectNoSecret('the status', JSON.stringify(shown));
  for (const name of ['createTime', 'lastStartAt', 'lastStopAt'] as const) {
    const time = shown[name];
    if (time !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time))
      throw new Error(`${time} is no time`);
  }
}

function expectSoundFailure({
  failed,
  retryAfterMs = 0,
}: Extract<CallResult<unknown>, { kind: 'failed' }>): void {
  const { failure, code, requestID } = failed;
  if (!FAILURE_KINDS.includes(failure.kind)) throw new Error(`no kind of failure: ${failure.kind}`);
  if (failure.message.length > 512 || !/^[\w.-]{1,64}$/.test(code))
    throw new Error(`a long message or code ${code}`);
  if (!(retryAfterMs >= 0 && retryAfterMs <= 60_000)) throw new Error(`a wait of ${retryAfterMs} ms`);
  expectNoSecret('the failure', failure.message, code, requestID);
}

/** Reads the same body as an answer of STS. */
function expectSoundSts(text: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return;
  }
  for (const map of [mapSession, mapAccountID])
    try {
      map(parsed);
    } catch (error) {
      if (!(error instanceof UnexpectedBody)) throw error;
      expectNoSecret('an error', error.message);
    }
  const thrown = {
    code: (parsed as { Code?: unknown } | null)?.Code,
    data: { ...(parsed as object), statusCode: 403 },
  };
  expectNoSecret('the failure of STS', JSON.stringify(mapStsError(thrown, 'media/account')));
}

function rawAnswer({ head, headers, body: text, lie }: Input): Buffer {
  const bytes = Buffer.from(text);
  const lines = [
    head,
    ...headers,
    `content-length: ${Math.max(0, bytes.length + lie)}`,
    'connection: close',
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n')), bytes]);
}

/** Answers each request with the same bytes, and ends the connection. */
class Endpoint {
  answer: Buffer = Buffer.alloc(0);
  readonly #server: Server = createServer((socket) => this.#serve(socket));

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): void {
    this.#server.close();
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #serve(socket: Socket): void {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(this.answer));
  }
}
