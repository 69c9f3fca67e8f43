// Whatever bytes an endpoint sends, the call ends with an answer or a clear failure.

import type { Socket } from 'node:net';
import { expect } from 'chai';
import {
  type CallResult,
  getJob,
  LiveClient,
  listJobs,
} from '../../../../../src/cloud/client/live-client.ts';
import type { FailureKind } from '../../../../../src/job/model/failures.ts';
import { FakeClock } from '../../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../../kit/fakes/recording-logger.ts';
import { chunks, flood, HEAD, RawServer } from './raw-server.ts';

const JOB = '{"Job":{"JobId":"j","Status":"1"}}';
const TOO_LONG = 'the answer is too long, or in too many pieces; is a proxy in between?';
const UNREACHABLE = /cannot be reached/;
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`;

function headers(count: number, length: number): string {
  return Array.from({ length: count }, (_, index) => `x-${index}: ${'v'.repeat(length)}\r\n`).join('');
}

function whole(body: string, more = ''): string {
  return `${HEAD}${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function padded(length: number): string {
  return `{"Job":{"JobId":"j"},"RequestId":"${'x'.repeat(length - 35)}"}`;
}

type Case = readonly [
  what: string,
  respond: (socket: Socket) => unknown,
  end: 'answered' | FailureKind,
  message?: string | RegExp,
];

const CASES: readonly Case[] = [
  ['a body in chunks of one byte without end', bomb(1), 'UnexpectedResponse', TOO_LONG],
  ['a body in chunks of 64 KiB without end', bomb(65_536), 'UnexpectedResponse', TOO_LONG],
  [
    'one chunk that says it is a gigabyte',
    (s) => [s.write(CHUNKED), s.write('40000000\r\n'), flood(s, Buffer.alloc(65_536, ' '))],
    'UnexpectedResponse',
    TOO_LONG,
  ],
  [
    'an error body without end',
    (s) => [s.write('HTTP/1.1 500 no\r\ntransfer-encoding: chunked\r\n\r\n'), flood(s, chunks(100, 1))],
    'UnexpectedResponse',
    TOO_LONG,
  ],
  [
    'a body that is longer than its content-length',
    (s) => s.write(`${HEAD}content-length: ${JOB.length}\r\n\r\n${JOB}${JOB}`),
    'answered',
  ],
  [
    'a body that is shorter than its content-length',
    (s) => s.end(`${HEAD}content-length: 1000\r\n\r\n${JOB}`),
    'ConnectionFailed',
    UNREACHABLE,
  ],
  [
    'a content-length of 2^60',
    (s) => s.end(`${HEAD}content-length: 1152921504606846976\r\n\r\n${JOB}`),
    'ConnectionFailed',
    UNREACHABLE,
  ],
  [
    'two different content-lengths',
    (s) => s.end(`${HEAD}content-length: 2\r\ncontent-length: 34\r\n\r\n${JOB}`),
    'ConnectionFailed',
    UNREACHABLE,
  ],
  [
    'a content-length and chunks',
    (s) => s.end(`${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    'ConnectionFailed',
    UNREACHABLE,
  ],
  [
    'bytes after the last chunk',
    (s) => s.end(`${CHUNKED}${JOB.length.toString(16)}\r\n${JOB}\r\n0\r\n\r\n${'x'.repeat(100_000)}`),
    'answered',
  ],
  [
    'ten trailers',
    (s) => s.end(`${CHUNKED}${JOB.length.toString(16)}\r\n${JOB}\r\n0\r\n${headers(10, 10)}\r\n`),
    'answered',
  ],
  [
    'trailers without end',
    (s) => [
      s.write(`${CHUNKED}${JOB.length.toString(16)}\r\n${JOB}\r\n0\r\n`),
      flood(s, Buffer.from(headers(100, 100))),
    ],
    'ConnectionFailed',
    UNREACHABLE,
  ],
  [
    'chunk extensions without end',
    (s) => [s.write(`${CHUNKED}1;`), flood(s, Buffer.alloc(65_536, 'x'))],
    'ConnectionFailed',
    UNREACHABLE,
  ],
  ['80 headers', (s) => s.end(whole(JOB, headers(80, 10))), 'answered'],
  ['200 headers', (s) => s.end(whole(JOB, headers(200, 10))), 'UnexpectedResponse', TOO_LONG],
  [
    'a head of more than 16 KiB',
    (s) => s.end(whole(JOB, headers(3, 8_000))),
    'ConnectionFailed',
    UNREACHABLE,
  ],
  [
    'a head without end',
    (s) => [s.write(HEAD), flood(s, Buffer.from('x: y\r\n'.repeat(1_000)))],
    'ConnectionFailed',
    UNREACHABLE,
  ],
  ['a body of 60 KiB', (s) => s.end(whole(padded(60 * 1_024))), 'answered'],
  ['a body of 64 KiB', (s) => s.end(whole(padded(64 * 1_024))), 'UnexpectedResponse', TOO_LONG],
  [
    'a compressed body',
    (s) => s.end(whole(JOB, 'content-encoding: gzip\r\n')),
    'UnexpectedResponse',
    /compressed/,
  ],
];

function bomb(size: number): (socket: Socket) => unknown {
  return (socket) => [socket.write(CHUNKED), flood(socket, chunks(Math.ceil(65_536 / size), size))];
}

describe('a call to a hostile endpoint', () => {
  let server: RawServer;
  let client: LiveClient;
  beforeEach(async () => {
    server = new RawServer();
    await server.open();
    client = new LiveClient({
      endpoint: server.endpoint,
      regionID: 'cn-shanghai',
      userAgent: 'test',
      clock: new FakeClock(),
      logger: new RecordingLogger(),
    });
  });
  afterEach(() => server.close());

  const credential = {
    identity: 'media/account',
    accessKey: { accessKeyID: 'id', accessKeySecret: 'secret' },
    version: '1',
  };
  const cluster = { credential: { namespace: 'media' }, clusterID: 'c' };

  for (const [what, respond, end, message] of CASES)
    it(`that sends ${what}: ${end}`, async () => {
      server.respond = respond;
      const result = await client.call(getJob('j'), cluster, credential);
      expect([endOf(result), messageOf(result)]).to.satisfy(
        ([got, said]: [string, string]) =>
          got === end && (message instanceof RegExp ? message.test(said) : said === (message ?? '')),
        `${endOf(result)}: ${messageOf(result)}`,
      );
    });

  it('may receive a page of 100 jobs with long names and stream URLs of 1 KiB', async () => {
    server.respond = (socket) => socket.end(whole(page(1_024)));
    const result = await client.call(listJobs(1), cluster, credential);
    expect(result.kind === 'answered' && result.value.jobs.size).to.equal(100);
  });

  it('may not receive a page of 512 KiB', async () => {
    server.respond = (socket) => socket.end(whole(page(2_500)));
    const result = await client.call(listJobs(1), cluster, credential);
    expect(messageOf(result)).to.equal(TOO_LONG);
  });

  it('says what work its answer was', async () => {
    server.respond = (socket) => socket.end(whole(JOB));
    expect((await client.call(getJob('j'), cluster, credential)).work).to.equal(JOB.length + 64);
  });

  it('says what work it was to receive too much', async () => {
    server.respond = bomb(1);
    expect((await client.call(getJob('j'), cluster, credential)).work).to.be.greaterThan(100 * (1 + 64));
  });
});

function endOf(result: CallResult<unknown>): string {
  return result.kind === 'answered' ? 'answered' : result.failed.failure.kind;
}

function messageOf(result: CallResult<unknown>): string {
  return result.kind === 'answered' ? '' : result.failed.failure.message;
}

/** @param length of each stream URL */
function page(length: number): string {
  const url = `rtmp://push.example/app/${'s'.repeat(length - 24)}`;
  const job = (index: number) => ({
    JobId: `${index}`.padStart(32, '0'),
    Name: 'n'.repeat(128),
    Status: '1',
    Type: 'common',
    TemplateId: 't'.repeat(32),
    TemplateName: 'n'.repeat(128),
    StreamInput: url,
    StreamOutput: url,
    CreateTime: '2026-01-01T00:00:00Z',
    LastStartAt: '2026-01-01T00:00:00Z',
    LastStopAt: '2026-01-01T00:00:00Z',
  });
  const Job = Array.from({ length: 100 }, (_, index) => job(index));
  return JSON.stringify({ RequestId: 'r'.repeat(36), TotalCount: 100, JobList: { Job } });
}
