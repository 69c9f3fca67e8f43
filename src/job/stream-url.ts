/**
 * Stream URLs as they may be shown. A query such as `?auth_key=…` lets anyone push or play the stream, and whoever may read
 * the object reads its status.
 */
export const STREAM_URL_MODES = ['redact-query', 'full', 'omit'] as const;
export type StreamUrlMode = (typeof STREAM_URL_MODES)[number];

const REDACTED = 'REDACTED';

/** `redact-query` keeps the names of the query's parameters; user information and what stands behind `#` go too. */
export function showStreamUrl(url: string | undefined, mode: StreamUrlMode): string | undefined {
  if (url === undefined || mode === 'omit') return undefined;
  return mode === 'full' ? url : redact(url);
}

/** By hand and not by `URL`: what the vendor sends need not parse (`rtmp://` with odd characters), and must be redacted all the same. */
function redact(url: string): string {
  const beforeFragment = url.split('#', 1)[0] as string;
  const questionMark = beforeFragment.indexOf('?');
  const address = questionMark < 0 ? beforeFragment : beforeFragment.slice(0, questionMark);
  const query = questionMark < 0 ? undefined : beforeFragment.slice(questionMark + 1);
  const shown = redactUserInfo(address);
  return query === undefined ? shown : `${shown}?${query.split(/[&;]/).map(redactParameter).join('&')}`;
}

function redactUserInfo(address: string): string {
  const authority = address.indexOf('//') < 0 ? 0 : address.indexOf('//') + 2;
  const slash = address.indexOf('/', authority);
  const end = slash < 0 ? address.length : slash;
  const at = address.lastIndexOf('@', end);
  return at < authority ? address : `${address.slice(0, authority)}${REDACTED}${address.slice(at)}`;
}

/** A parameter without `=` may be a bare token, so all of it goes. */
function redactParameter(parameter: string): string {
  if (parameter === '') return '';
  const equals = parameter.indexOf('=');
  return equals < 0 ? REDACTED : `${parameter.slice(0, equals)}=${REDACTED}`;
}
