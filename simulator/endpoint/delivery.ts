/** Applies a fault to an answer (pure), and sends the result. */
import type { ServerResponse } from 'node:http';
import { type Answer, failure, type Origin } from '../http/answer.ts';
import { ApiError, throttled } from '../http/api-error.ts';
import type { FaultEffect } from '../world/cloud-world.ts';

export type Delivery =
  | {
      readonly kind: 'respond';
      /** The code that the counts use: the vendor's, or the fault in parentheses. */
      readonly code: string;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      /**
       * Bytes that Content-Length promises. With more than there are, the connection ends before they came.
       */
      readonly contentLength: number;
    }
  | { readonly kind: 'reset' | 'hang'; readonly code: string; readonly status: 0 };

const JSON_TYPE = { 'content-type': 'application/json;charset=utf-8' };
const HTML_TYPE = { 'content-type': 'text/html' };

/** A bare page such as reverse proxies answer with. */
const HTML_PAGE =
  '<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>\r\n<center><h1>Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';

const DEFAULT_RETRY_AFTER_MS = 1_000;

/**
 * @param limit the account's calls a minute, which a throttled answer states.
 */
export function deliveryOf(
  answer: Answer,
  effect: FaultEffect | undefined,
  origin: Origin,
  limit: number,
): Delivery {
  switch (effect?.kind) {
    case undefined:
    case 'latency':
      return jsonOf(answer);
    case 'error': {
      const { status, code, message = `${code}.` } = effect;
      return jsonOf(failure(new ApiError(status, code, message), origin));
    }
    case 'throttle': {
      const { code = 'Throttling.User', retryAfter = DEFAULT_RETRY_AFTER_MS } = effect;
      return jsonOf(failure(throttled({ code, limit, retryAfter }), origin));
    }
    case 'body':
      return respond('(body)', effect.status ?? 200, JSON_TYPE, JSON.stringify(effect.body));
    case 'other-job':
      return jsonOf({ ...withJobID(answer, effect.answeredJobID), code: '(other-job)' });
    case 'html':
      return respond('(html)', effect.status ?? 502, HTML_TYPE, effect.page ?? HTML_PAGE);
    case 'empty':
      return respond('(empty)', effect.status ?? 200, {}, '');
    case 'truncated':
      return truncate(jsonOf(answer), effect.contentLength === 'honest');
    case 'reset':
    case 'hang':
      return { kind: effect.kind, code: `(${effect.kind})`, status: 0 };
  }
}

/** @param reset ends the connection with a TCP reset. */
export function send(delivery: Delivery, response: ServerResponse, reset: () => void): void {
  if (delivery.kind !== 'respond') {
    if (delivery.kind === 'reset') reset();
    return;
  }
  const { status, headers, body, contentLength } = delivery;
  response.writeHead(status, { ...headers, 'content-length': contentLength });
  if (contentLength === body.length) {
    response.end(body);
  } else {
    response.write(body, () => response.destroy());
  }
}

type Response = Extract<Delivery, { kind: 'respond' }>;

function jsonOf({ code, status, headers, body }: Answer): Response {
  return respond(code, status, { ...JSON_TYPE, ...headers }, JSON.stringify(body));
}

function respond(code: string, status: number, headers: Response['headers'], text: string): Response {
  const body = Buffer.from(text);
  return { kind: 'respond', code, status, headers, body, contentLength: body.length };
}

function truncate(whole: Response, honest: boolean): Response {
  const body = whole.body.subarray(0, Math.floor(whole.body.length / 2));
  return { ...whole, code: '(truncated)', body, contentLength: honest ? body.length : whole.contentLength };
}

/** The answer as the service would give it for another job; an answer without a job stays as it is. */
function withJobID(answer: Answer, jobID: string): Answer {
  const job = answer.body.Job;
  if (typeof job !== 'object' || job === null) return answer;
  return { ...answer, body: { ...answer.body, Job: { ...job, JobId: jobID } } };
}
