/**
 * Stream URLs as they may be shown. A query such as `?auth_key=…` lets anyone push or play the stream, and whoever may read
 * the object reads its status.
 */
import type { JobDetails } from '../../api/edge-transcode-job.ts';

export const STREAM_URL_MODES = ['redact-query', 'full', 'omit'] as const;
export type StreamUrlMode = (typeof STREAM_URL_MODES)[number];

const REDACTED = 'REDACTED';

/** What stands before `user:password@host:port`, with too few or too many slashes as well. */
const SCHEME = /^(?:[a-z][a-z\d+.-]*:)?\/+/i;
const HOST_AND_PORT = /^(?:[^:@]*|\[[\da-f:.]*\])(?::\d+)?$/i;

/** `redact-query` keeps the names of the query's parameters; user information and what stands behind `#` go too. */
export function showStreamUrl(url: string | undefined, mode: StreamUrlMode): string | undefined {
  if (!url || mode === 'omit') return undefined;
  return mode === 'full' ? url : redact(url);
}

/** The job's data with its stream URLs as they may be shown. Redacting twice changes nothing. */
export function showJob(job: JobDetails, mode: StreamUrlMode): JobDetails {
  const { streamInput, streamOutput, ...rest } = job;
  const input = showStreamUrl(streamInput, mode);
  const output = showStreamUrl(streamOutput, mode);
  // The same object: as many as there are jobs are held.
  if (input === streamInput && output === streamOutput) return job;
  return {
    ...rest,
    ...(input !== undefined && { streamInput: input }),
    ...(output !== undefined && { streamOutput: output }),
  };
}

/** By hand and not by `URL`: what the vendor sends need not parse (`rtmp://` with odd characters), and must be redacted all the same. */
function redact(url: string): string {
  const scheme = SCHEME.exec(url)?.[0] ?? '';
  const authority = url.slice(scheme.length).split(/[/?#]/, 1)[0] as string;
  // A password with one of these in it: where it ends cannot be told.
  if (!authority.includes('@') && !HOST_AND_PORT.test(authority) && url.includes('@'))
    return `${scheme}${REDACTED}`;
  const beforeFragment = url.split('#', 1)[0] as string;
  const [address = '', ...query] = beforeFragment.split(/(\?|%3f)/i);
  const shown = redactAddress(address);
  return query.length === 0 ? shown : `${shown}?${redactQuery(query.slice(1).join(''))}`;
}

/** User information, also of a URL within the path, and parameters that stand in the path, by intent or for want of a `?`. */
function redactAddress(address: string): string {
  return address
    .replace(/(^|:\/+|\/\/)[^/]*@/g, `$1${REDACTED}@`)
    .replace(/([^=;&,|/]*?(?:=|%3d))[^;&,|/]+/gi, `$1${REDACTED}`);
}

function redactQuery(query: string): string {
  return query
    .split(/[&;]/)
    .map((parameter) => (parameter === '' ? '' : redactParameter(parameter)))
    .join('&');
}

/** A parameter without a value may be a bare token, with the padding of Base64 at its end, so all of it goes. */
function redactParameter(parameter: string): string {
  const name = /^([^=]+)=+[^=]/.exec(parameter)?.[1];
  return name === undefined ? REDACTED : `${name}=${REDACTED}`;
}
