/**
 * Hides secrets in stream URLs. A query such as `?auth_key=…` is enough to push or play the stream, and every
 * user who may read the object reads its status.
 *
 * The rule: a status shows the scheme, the host with its port, the segments of the path and the names of the
 * query's parameters, from left to right and as long as each is plain. `REDACTED` stands for the rest.
 *
 * Plain texts hold no `%`: what is encoded is hidden, however often. Every step takes linear time.
 */
import type { JobDetails } from '../../api/edge-transcode-job.ts';
import { copyOf, printable } from '../../base/foreign-text.ts';

/** `redact` is the rule above; `short` shows no more than scheme, host and first segment of the path. */
export const STREAM_URL_MODES = ['redact', 'short', 'full', 'omit'] as const;
export type StreamUrlMode = (typeof STREAM_URL_MODES)[number];

const REDACTED = 'REDACTED';

/**
 * Longest URL in a status, in characters, as it comes and as it is shown. Stream URLs take about 100, signed
 * ones with a session's token about 1,200.
 */
export const LONGEST_URL = 2_048;

/** Stands in the status for a longer URL. */
export const TOO_LONG = `${REDACTED}: longer than ${LONGEST_URL} characters`;

/** The schemes of streams. What begins with another one may be no URL at all, but a token. */
const SCHEMES: ReadonlySet<string> = new Set([
  ...['rtmp', 'rtmps', 'rtmpt', 'rtmpe', 'rtmpts', 'rtsp', 'rtsps', 'http', 'https', 'ws', 'wss'],
  ...['srt', 'rist', 'udp', 'tcp', 'rtp', 'srtp', 'webrtc', 'artc', 'hls', 'whip', 'whep'],
]);

/** Splits `scheme://authority/path?query`. What follows a `#` is never shown. */
const PARTS = /^([a-z]+):\/\/([^/?#]*)([^?#]*)\??([^#]*)/i;

const HOST = /^(?:[a-z\d._-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** `@`, also encoded any number of times. */
const AT = /@|%(?:25)*40/i;

const PLAIN_SEGMENT = /^[\w.~-]{0,64}$/;

/** A signature in the path: alone, as in two of the vendor's three ways to sign a URL, or with its time. */
const DIGEST = /[\da-f]{32}/i;

/** A parameter with a plain name and a value. What is before the padding of Base64 is a token, no name. */
const NAMED = /^([a-z][\w-]{0,23})=(?!=|%(?:25)*3d|$)/i;

/** Most names of parameters that are shown. Signed URLs have about ten. */
const MOST_NAMES = 20;

/** Returns the URL as a status may show it; undefined when the status shows none. */
export function showStreamUrl(url: string | undefined, mode: StreamUrlMode): string | undefined {
  if (!url || mode === 'omit') return undefined;
  if (url.length > LONGEST_URL || url === TOO_LONG) return TOO_LONG;
  const shown = mode === 'full' ? printable(url) : redact(url, mode);
  if (shown === url) return url;
  const copy = copyOf(shown);
  return copy.length > LONGEST_URL ? TOO_LONG : copy;
}

/** What each field holds. A URL that is taken for text would show its secrets in the status. */
const HOLDS: Readonly<Record<keyof JobDetails, 'text' | 'url'>> = {
  createTime: 'text',
  jobID: 'text',
  lastStartAt: 'text',
  lastStopAt: 'text',
  name: 'text',
  status: 'text',
  streamInput: 'url',
  streamOutput: 'url',
  templateID: 'text',
  templateName: 'text',
  type: 'text',
};

/**
 * Returns the job's details as a status may show them: with redacted stream URLs, and without characters that
 * a terminal would obey. Doing so twice changes nothing.
 */
export function showJob(job: JobDetails, mode: StreamUrlMode): JobDetails {
  const shown: { -readonly [Name in keyof JobDetails]: JobDetails[Name] } = {};
  let isSame = true;
  // Without a list of pairs, as this runs at each poll.
  for (const name of Object.keys(job) as (keyof JobDetails)[]) {
    const value = job[name];
    const text = value === undefined ? undefined : showField(name, value, mode);
    if (text !== value) isSame = false;
    if (text !== undefined) shown[name] = text;
  }
  // The same object, as one per job is held in memory.
  return isSame ? job : shown;
}

function showField(name: keyof JobDetails, value: string, mode: StreamUrlMode): string | undefined {
  // A stored status may hold a field of another version of the operator: it is treated like a URL.
  return HOLDS[name] === 'text' ? printable(value) : showStreamUrl(value, mode);
}

function redact(url: string, mode: 'redact' | 'short'): string {
  const [, scheme = '', authority = '', path = '', query = ''] = PARTS.exec(url) ?? [];
  if (!SCHEMES.has(scheme.toLowerCase())) return REDACTED;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const rest = url.slice(`${scheme}://${authority}`.length);
  // An @ further on: a password may hold a / or ?, so what looks like the host may be a part of it.
  if (!HOST.test(host) || AT.test(rest)) return `${scheme}://${REDACTED}`;
  const user = host === authority ? '' : `${REDACTED}@`;
  return `${scheme}://${user}${host}${mode === 'short' ? shortRest(path) : shownRest(path, query)}`;
}

function shortRest(path: string): string {
  const [, first] = path.split('/', 2);
  return first === undefined ? '' : `/${isPlainSegment(first) ? first : REDACTED}`;
}

/** Ends at the first segment that is not plain: its parameters may hold a `/` or `?`. */
function shownRest(path: string, query: string): string {
  const segments = path.split('/');
  const odd = segments.findIndex((segment) => !isPlainSegment(segment));
  if (odd !== -1) return [...segments.slice(0, odd), REDACTED].join('/');
  return query === '' ? path : `${path}?${shownQuery(query)}`;
}

function isPlainSegment(segment: string): boolean {
  return PLAIN_SEGMENT.test(segment) && !DIGEST.test(segment);
}

/** Ends at the first parameter without a plain name: it may be a bare token, or the rest of a value. */
function shownQuery(query: string): string {
  const shown: string[] = [];
  for (const parameter of query.split(/[&;]/, MOST_NAMES + 1)) {
    const name = NAMED.exec(parameter)?.[1];
    if (name === undefined || shown.length === MOST_NAMES) return [...shown, REDACTED].join('&');
    shown.push(`${name}=${REDACTED}`);
  }
  return shown.join('&');
}
