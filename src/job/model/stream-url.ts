/**
 * Hides secrets in stream URLs. A query such as `?auth_key=…` is enough to push or play the stream, and every
 * user who may read the object reads its status.
 */
import type { JobDetails } from '../../api/edge-transcode-job.ts';

export const STREAM_URL_MODES = ['redact-query', 'full', 'omit'] as const;
export type StreamUrlMode = (typeof STREAM_URL_MODES)[number];

const REDACTED = 'REDACTED';

/** Matches what precedes `user:password@host:port`, also with too few or too many slashes. */
const SCHEME = /^(?:[a-z][a-z\d+.-]*:)?\/+/i;
const HOST_AND_PORT = /^(?:[^:@]*|\[[\da-f:.]*\])(?::\d+)?$/i;

/**
 * Returns the URL as a status may show it. `redact-query` keeps the names of query parameters, and drops user
 * information and fragment.
 */
export function showStreamUrl(url: string | undefined, mode: StreamUrlMode): string | undefined {
  if (!url || mode === 'omit') return undefined;
  return mode === 'full' ? url : redact(url);
}

/** Returns the job's details with their stream URLs redacted. Redacting twice changes nothing. */
export function showJob(job: JobDetails, mode: StreamUrlMode): JobDetails {
  const { streamInput, streamOutput, ...rest } = job;
  const input = showStreamUrl(streamInput, mode);
  const output = showStreamUrl(streamOutput, mode);
  // The same object, as one per job is held in memory.
  if (input === streamInput && output === streamOutput) return job;
  return {
    ...rest,
    ...(input !== undefined && { streamInput: input }),
    ...(output !== undefined && { streamOutput: output }),
  };
}

/**
 * Parses without `URL`: a vendor's text that does not parse, such as `rtmp://` with odd characters, must be
 * redacted as well.
 */
function redact(url: string): string {
  const scheme = SCHEME.exec(url)?.[0] ?? '';
  const authority = url.slice(scheme.length).split(/[/?#]/, 1)[0] as string;
  // A password may contain one of these characters, so its end is not known: nothing after the scheme is
  // shown.
  if (!authority.includes('@') && !HOST_AND_PORT.test(authority) && url.includes('@'))
    return `${scheme}${REDACTED}`;
  const beforeFragment = url.split('#', 1)[0] as string;
  const [address = '', ...query] = beforeFragment.split(/(\?|%3f)/i);
  const shown = redactAddress(address);
  return query.length === 0 ? shown : `${shown}?${redactQuery(query.slice(1).join(''))}`;
}

/**
 * Redacts user information, also that of a URL inside the path, and parameters that stand in the path because
 * the `?` is missing.
 */
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

/** Hides all of a parameter without a value: it may be a bare token that ends with Base64 padding. */
function redactParameter(parameter: string): string {
  const name = /^([^=]+)=+[^=]/.exec(parameter)?.[1];
  return name === undefined ? REDACTED : `${name}=${REDACTED}`;
}
