/**
 * The admin port: the verbs of `CloudWorld` over HTTP, on another loopback port than the endpoint's.
 *
 *   GET /              this, and every verb, as text
 *   POST /<verb>       the arguments as a JSON object; answers the result as JSON
 *   GET /<verb>        the same without arguments
 *
 * A verb that cannot be done answers 400 with `{"error": "<what is wrong>"}`. For example:
 *
 *   curl http://127.0.0.1:18081/jobs
 *   curl -d '{"jobID": "5ad420b48fb04483915d4f2cd8ac0000"}' http://127.0.0.1:18081/stopJob
 *   curl -d '{"kind": "error", "status": 503, "code": "ServiceUnavailable", "calls": 3}' \
 *     http://127.0.0.1:18081/addFault
 *
 * The port has no password: any user of this machine can use it. No verb returns a secret.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HttpRequest, readRequest } from '../http/http-request.ts';
import { Listener } from '../http/listener.ts';
import { type CloudWorld, CloudWorldError } from '../world/cloud-world.ts';
import { checkArguments } from './verb-arguments.ts';
import { isVerb, type VerbName, verbsText } from './verbs.ts';

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Far more than the IDs of 100,000 jobs. */
const LARGEST_ARGUMENTS = 16 * 1024 * 1024;

/** @param port 0 picks a free one. Rejects where it cannot be listened on. */
export async function startAdmin(world: CloudWorld, port = 0): Promise<AdminServer> {
  const listener = new Listener(port, undefined, (message, response) => {
    void handle(world, listener.url, message, response).catch(() => response.destroy());
  });
  await listener.open();
  return { url: listener.url, close: () => listener.close() };
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function handle(world: CloudWorld, url: string, message: IncomingMessage, response: ServerResponse) {
  const request = await readRequest(message, LARGEST_ARGUMENTS);
  const { status, type, text } = request
    ? await reply(world, url, request)
    : refusal(413, 'The body is too large.');
  response.writeHead(status, { 'content-type': type });
  response.end(text);
}

async function reply(world: CloudWorld, url: string, request: HttpRequest): Promise<Reply> {
  const verb = request.path.slice(1);
  if (verb === '') return { status: 200, type: 'text/plain; charset=utf-8', text: helpText(url) };
  if (!isVerb(verb)) return refusal(404, `There is no verb ${verb}. GET / lists them.`);
  if (request.method !== 'POST' && request.method !== 'GET')
    return refusal(405, 'Use POST, or GET without arguments.');
  try {
    return json(200, await perform(world, verb, argumentsOf(request)));
  } catch (error) {
    if (error instanceof CloudWorldError) return refusal(400, error.message);
    return refusal(500, error instanceof Error ? error.message : 'It failed.');
  }
}

async function perform(world: CloudWorld, verb: VerbName, given: unknown): Promise<unknown> {
  checkArguments(verb, given);
  // Checked against the table just now, and the table against the interface by the compiler.
  const run = world[verb] as (given: unknown) => Promise<unknown>;
  return (await run.call(world, given)) ?? {};
}

function argumentsOf(request: HttpRequest): unknown {
  const text = Buffer.from(request.body).toString();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may have a secret in it.
    throw new CloudWorldError('Arguments are one JSON object; this is not JSON.');
  }
}

function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', text: `${JSON.stringify(value)}\n` };
}

function refusal(status: number, error: string): Reply {
  return json(status, { error });
}

function helpText(url: string): string {
  return `The admin port of the simulated cloud.

  GET /          this text
  POST /<verb>   the arguments as a JSON object; answers JSON
  GET /<verb>    the same without arguments

For example:

  curl ${url}/jobs
  curl -d '{"jobID": "5ad420b48fb04483915d4f2cd8ac0000"}' ${url}/stopJob
  curl -d '{"kind": "error", "status": 503, "code": "ServiceUnavailable", "calls": 3}' ${url}/addFault
  curl -d '{"clusterIDs": ["a", "b"], "count": 10000, "status": "1"}' ${url}/createJobs
  curl -d '{"service": "sts"}' ${url}/counts

The verbs (arguments in [brackets] may be left out; times are written 2023-07-24T16:44:55Z):

${verbsText()}`;
}
