/** How hostile endpoints answer. Each takes a request that was read, and does what no honest cloud does. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HostileCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The number of the call at this port, from 1. */
  readonly number: number;
}

type Behaviour = (call: HostileCall) => void;

/** Just below the 2 MiB that are read of an answer. */
const LONG = 2 ** 21 - 1_024;

/** How long an answer is held open: just below the deadline of a call. */
const HELD_MS = 9_000;

/** A mebibyte of an endless body. */
const FILLING = Buffer.alloc(2 ** 20, ' ');

/** Chunks of one byte, of a body that is read to its end. */
const ONE_BYTE_CHUNKS = Buffer.from('1\r\nx\r\n'.repeat(LONG));

/** An object of 150,000 keys in 2 MB. */
const MANY_KEYS = JSON.stringify(
  Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`k${index.toString(36)}`, 0])),
);

const LONG_NAME = 'x'.repeat(LONG - 1_024);

const HELD = Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(LONG, 'x')]);

export const BEHAVIOURS = {
  /** The answer of an honest cloud. */
  good: ({ request, response }) => json(response, 200, goodAnswer(request, '1')),

  'one-byte-chunks': ({ response }) => {
    response.socket?.write(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    response.socket?.end(ONE_BYTE_CHUNKS);
  },

  /** A body without an end, as fast as it is read. */
  endless: ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      while (response.write(FILLING));
    };
    response.on('drain', more);
    more();
  },

  /** Two megabytes at once, and the last byte 9 s later. */
  held: ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': HELD.length + 2 });
    response.write(HELD);
    const last = setTimeout(() => response.end('"}'), HELD_MS);
    response.once('close', () => clearTimeout(last));
  },

  'many-keys': ({ response }) => json(response, 200, MANY_KEYS),

  /** One field of two megabytes in the answer of an honest cloud. */
  'long-field': ({ request, response }) => json(response, 200, goodAnswer(request, '1', LONG_NAME)),

  hanging: () => undefined,

  /** Heads that never end: a header line every second. */
  'slow-head': ({ response }) => {
    const { socket } = response;
    socket?.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket?.write('x-more: 1\r\n'), 1_000);
    socket?.once('close', () => clearInterval(timer));
  },

  alternating: ({ request, response, number }) =>
    number % 2 === 0
      ? json(response, 200, goodAnswer(request, '1'))
      : json(response, 403, '{"Code":"NoPermission","Message":"no"}'),

  /** Running, not started, running, … */
  flapping: ({ request, response, number }) => json(response, 200, goodAnswer(request, `${number % 2}`)),

  /** Informational answers without end before the answer. */
  'informational-flood': ({ response }) => {
    const { socket } = response;
    const flood = Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(1_000));
    const more = () => {
      while (socket?.write(flood));
    };
    socket?.on('drain', more);
    more();
  },

  redirecting: ({ request, response }) => {
    response.writeHead(302, { location: `http://${request.headers.host}/again` }).end();
  },
} satisfies Record<string, Behaviour>;

/** Accepts connections and says nothing, so that no handshake ends. Named as https in a Secret. */
export const SILENT = 'silent-tls';

export type BehaviourName = keyof typeof BEHAVIOURS | typeof SILENT;

export function isBehaviour(name: string | undefined): name is keyof typeof BEHAVIOURS {
  return name !== undefined && Object.hasOwn(BEHAVIOURS, name);
}

function json(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** Get is answered with the requested job. List is not there, so that each object costs a call. */
function goodAnswer(request: IncomingMessage, status: string, name = 'hostile'): string {
  const jobID = new URL(request.url ?? '/', 'http://hostile').searchParams.get('JobId');
  const job = { JobId: jobID, Name: name, Status: status, Type: 'common' };
  return JSON.stringify({ RequestId: '0A1B2C3D-0000-0000-0000-000000000000', Job: job });
}
