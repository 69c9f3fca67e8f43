/**
 * Parsers that turn the text of an option into its value. Each throws an Error whose message completes
 * “--flag: …”. Those with bounds or choices also say in `accepts` what they accept: the schema of the Helm
 * chart is made of it.
 */
import { parseDuration } from '../base/duration.ts';
import { type Endpoint, parseEndpoint } from '../base/endpoint.ts';
import { isRegion } from '../job/model/reference.ts';

export type Accepts =
  | { readonly kind: 'duration' | 'boolean' | 'list' }
  | { readonly kind: 'number' | 'integer'; readonly least: number; readonly most: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] };

/** A parser that says what it accepts. */
export type Described<T> = ((text: string) => T) & { readonly accepts: Accepts };

export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

export function duration(least: string, most: string): Described<number> {
  return described({ kind: 'duration' }, (text) => {
    const ms = parseDuration(text);
    const [from, to] = [parseDuration(least) as number, parseDuration(most) as number];
    if (ms === undefined || ms < from || ms > to)
      throw new Error(
        `${JSON.stringify(text)} is not a duration from ${least} to ${most}, such as 90s or 5m`,
      );
    return ms;
  });
}

export function number(least: number, most: number): Described<number> {
  return described({ kind: 'number', least, most }, (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new Error(`${JSON.stringify(text)} is not a number from ${least} to ${most}`);
    return value;
  });
}

export function integer(least: number, most: number): Described<number> {
  return described({ kind: 'integer', least, most }, (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new Error(`${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
    return value;
  });
}

export const boolean: Described<boolean> = described({ kind: 'boolean' }, (text) => {
  if (text !== 'true' && text !== 'false')
    throw new Error(`${JSON.stringify(text)} is neither true nor false`);
  return text === 'true';
});

export function oneOf<const T extends string>(values: readonly T[]): Described<T> {
  return described({ kind: 'choice', values }, (text) => {
    const value = values.find((known) => known === text);
    if (value === undefined) throw new Error(`${JSON.stringify(text)} is not one of ${values.join(', ')}`);
    return value;
  });
}

export function list(isItem: (text: string) => boolean, what: string): Described<readonly string[]> {
  return described({ kind: 'list' }, (text) => {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    if (items.length === 0) throw new Error('is empty');
    const odd = items.find((item) => !isItem(item));
    // A URL that was given by mistake may hold a password.
    if (odd !== undefined)
      throw new Error(`${/[@?#]/.test(odd) ? 'an item' : JSON.stringify(odd)} is not ${what}`);
    return items;
  });
}

function described<T>(accepts: Accepts, parse: (text: string) => T): Described<T> {
  return Object.assign(parse, { accepts });
}

export function isNamespace(text: string): boolean {
  return LABEL.test(text);
}

export function isNamespaceOrAll(text: string): boolean {
  return text === '*' || isNamespace(text);
}

export function namespace(text: string): string {
  if (!LABEL.test(text)) throw new Error(`${JSON.stringify(text)} is not the name of a namespace`);
  return text;
}

/** Accepts what can be the value of a label and a part of the name of an object. */
export function shardName(text: string): string {
  if (!LABEL.test(text))
    throw new Error(
      `${JSON.stringify(text)} is not the name of a shard: small letters, digits and dashes, at most 63`,
    );
  return text;
}

export function objectName(text: string): string {
  if (text.length > LONGEST_OBJECT_NAME || !text.split('.').every((part) => LABEL.test(part)))
    throw new Error(`${JSON.stringify(text)} is not the name of an object`);
  return text;
}

/** Longest name of an object, in characters: a limit of the API server. */
export const LONGEST_OBJECT_NAME = 253;

/** A DNS label of RFC 1123. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function path(text: string): string {
  if (text === '') throw new Error('is empty');
  return text;
}

export function region(text: string): string {
  if (!isRegion(text)) throw new Error(`${JSON.stringify(text)} is not a region such as cn-shanghai`);
  return text;
}

/** Never repeats the value in its message: the value may hold a password. */
export function endpoint(text: string): Endpoint {
  return parseEndpoint(text);
}

/** Accepts what `endpoint` accepts, and `none`. */
export function endpointOrNone(text: string): Endpoint | 'none' {
  return text.toLowerCase() === 'none' ? 'none' : parseEndpoint(text);
}

/** Never repeats the value in its message: the value may hold a password. */
export function redisUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol) || !/^(\/\d*)?$/.test(url.pathname))
    throw new Error('is not a URL such as redis://host:6379 or rediss://:password@host:6379/0');
  if (url.search || url.hash) throw new Error('must not hold a query');
  return text;
}

export function listenAddress(text: string): ListenAddress {
  const match = /^(?<host>\[[0-9a-fA-F:]+\]|[^:]*):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (!match || port > 65_535) throw new Error(`${JSON.stringify(text)} is not [HOST]:PORT, such as :8080`);
  return { host: match.groups?.host?.replace(/^\[|\]$/g, '') || undefined, port };
}
