/**
 * Parsers that turn the text of an option into its value. Each throws an Error whose message completes
 * “--flag: …”. `accepts` of a parser says what it accepts: the checks of the Helm chart are made of it, so
 * that the chart refuses what the operator would refuse at its start.
 */
import { parseDuration } from '../base/duration.ts';
import { type Endpoint, parseEndpoint } from '../base/endpoint.ts';
import { LABEL } from '../base/object-key.ts';
import { isRegion, LONGEST_REGION_ID, REGION_ID } from '../job/model/reference.ts';

export type Accepts =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'duration'; readonly least: string; readonly most: string }
  | { readonly kind: 'number' | 'integer'; readonly least: number; readonly most: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** A part of what the parser accepts, where a pattern cannot say all of it. */
  | { readonly kind: 'text'; readonly pattern: RegExp; readonly longest: number }
  | { readonly kind: 'list'; readonly items: RegExp };

/** A parser that says what it accepts. */
export type Described<T> = ((text: string) => T) & { readonly accepts: Accepts };

/** Longest DNS label, in characters. */
const LONGEST_LABEL = 63;

export const NAMESPACE = LABEL;
export const NAMESPACE_OR_ALL = /^\*$|^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A name of hosts whose last part begins with a letter: a last part that is a number makes an address. */
const HOST_NAME = '([A-Za-z0-9]+([-_][A-Za-z0-9]+)*\\.)*[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*';
const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const PORT = '(\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5])';

/**
 * The usual endpoints: names and IPv4 addresses, with or without http://, https:// and a port.
 * `parseEndpoint` accepts more, such as IPv6 addresses and names with `--`, of which a pattern cannot tell
 * the valid ones.
 */
const USUAL_ENDPOINT: Accepts = {
  kind: 'text',
  pattern: new RegExp(`^(https?://)?(${HOST_NAME}|(${BYTE}\\.){3}${BYTE})(:${PORT})?/?$`),
  // The longest host.
  longest: 253,
};

export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

const MAY_HOLD_PASSWORD = /[@?#]/;

/** Longest value that a message repeats, in characters. */
const LONGEST_QUOTED = 64;

/** Quotes a value in a message. */
function quoted(text: string): string {
  return mayQuote(text) ? JSON.stringify(text) : 'the value';
}

/** Whether a message may repeat the value: neither a long one nor a URL with a password, given by mistake. */
function mayQuote(text: string): boolean {
  return text.length <= LONGEST_QUOTED && !MAY_HOLD_PASSWORD.test(text);
}

export function duration(least: string, most: string): Described<number> {
  return described({ kind: 'duration', least, most }, (text) => {
    const ms = parseDuration(text);
    const [from, to] = [parseDuration(least) as number, parseDuration(most) as number];
    if (ms === undefined || ms < from || ms > to)
      throw new Error(`${quoted(text)} is not a duration from ${least} to ${most}, such as 90s or 5m`);
    return ms;
  });
}

export function number(least: number, most: number): Described<number> {
  return described({ kind: 'number', least, most }, (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new Error(`${quoted(text)} is not a number from ${least} to ${most}`);
    return value;
  });
}

export function integer(least: number, most: number): Described<number> {
  return described({ kind: 'integer', least, most }, (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new Error(`${quoted(text)} is not a whole number from ${least} to ${most}`);
    return value;
  });
}

export const boolean: Described<boolean> = described({ kind: 'boolean' }, (text) => {
  if (text !== 'true' && text !== 'false') throw new Error(`${quoted(text)} is neither true nor false`);
  return text === 'true';
});

export function oneOf<const T extends string>(values: readonly T[]): Described<T> {
  return described({ kind: 'choice', values }, (text) => {
    const value = values.find((known) => known === text);
    if (value === undefined) throw new Error(`${quoted(text)} is not one of ${values.join(', ')}`);
    return value;
  });
}

export function list(items: RegExp, what: string): Described<readonly string[]> {
  return described({ kind: 'list', items }, (text) => {
    const found = text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    if (found.length === 0) throw new Error('is empty');
    const odd = found.find((item) => !items.test(item));
    // A password may hold a comma: the whole text is judged.
    const isShown = odd !== undefined && mayQuote(odd) && !MAY_HOLD_PASSWORD.test(text);
    if (odd !== undefined) throw new Error(`${isShown ? JSON.stringify(odd) : 'an item'} is not ${what}`);
    return found;
  });
}

function described<T>(accepts: Accepts, parse: (text: string) => T): Described<T> {
  return Object.assign(parse, { accepts });
}

export function namespace(text: string): string {
  if (!NAMESPACE.test(text)) throw new Error(`${quoted(text)} is not the name of a namespace`);
  return text;
}

/** Accepts what can be the value of a label and a part of the name of an object. */
export const shardName: Described<string> = described(
  { kind: 'text', pattern: LABEL, longest: LONGEST_LABEL },
  (text) => {
    if (!LABEL.test(text))
      throw new Error(
        `${quoted(text)} is not the name of a shard: small letters, digits and dashes, at most 63`,
      );
    return text;
  },
);

export function objectName(text: string): string {
  if (text.length > LONGEST_OBJECT_NAME || !text.split('.').every((part) => LABEL.test(part)))
    throw new Error(`${quoted(text)} is not the name of an object`);
  return text;
}

/** Longest name of an object, in characters: a limit of the API server. */
export const LONGEST_OBJECT_NAME = 253;

export function path(text: string): string {
  if (text === '') throw new Error('is empty');
  return text;
}

export const region: Described<string> = described(
  { kind: 'text', pattern: REGION_ID, longest: LONGEST_REGION_ID },
  (text) => {
    if (!isRegion(text)) throw new Error(`${quoted(text)} is not a region such as cn-shanghai`);
    return text;
  },
);

/** Never repeats the value in its message: the value may hold a password. */
export const endpoint: Described<Endpoint> = described(USUAL_ENDPOINT, parseEndpoint);

/** Accepts what `endpoint` accepts, and `none`. */
export const endpointOrNone: Described<Endpoint | 'none'> = described(USUAL_ENDPOINT, (text) =>
  text.toLowerCase() === 'none' ? 'none' : parseEndpoint(text),
);

/**
 * Returns the URL as a URL is written. ioredis reads the text itself, and less of it: it would speak plain
 * text to `REDISS://`, and throw at a space before the scheme. Never repeats the value in its message: the
 * value may hold a password.
 */
export function redisUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol) || !/^(\/\d*)?$/.test(url.pathname))
    throw new Error('is not a URL such as redis://host:6379 or rediss://:password@host:6379/0');
  if (url.search || url.hash) throw new Error('must not hold a query');
  if (!canDecode(url.username) || !canDecode(url.password))
    throw new Error('has a % in the user name or password that begins no escape; write %25 for it');
  return url.href;
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export function listenAddress(text: string): ListenAddress {
  const match = /^(?<host>\[[0-9a-fA-F:]+\]|[^:]*):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (!match || port > 65_535) throw new Error(`${quoted(text)} is not [HOST]:PORT, such as :8080`);
  return { host: match.groups?.host?.replace(/^\[|\]$/g, '') || undefined, port };
}
