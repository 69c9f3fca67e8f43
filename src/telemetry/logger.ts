/**
 * The log: pino, JSON lines on standard output. Secrets are redacted here, not at each call, and so are
 * characters that a terminal would obey.
 */
import pino, { type Logger as Pino } from 'pino';
import { printable } from '../base/foreign-text.ts';
import type { LogFields, Logger } from '../base/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFormat = 'json' | 'pretty';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Default: standard output. */
  readonly destination?: pino.DestinationStream;
}

const REDACTED = 'REDACTED';

/** Names of fields whose values are never logged; compared without case. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'accesskeyid',
  'accesskeysecret',
  'securitytoken',
  'authorization',
  'token',
  'password',
  'streaminput',
  'streamoutput',
]);

/**
 * User information and queries of URLs can be secrets wherever they appear, such as in an error of a library.
 */
const URL_WITH_SECRET = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s/?#"']*)([^\s?#"']*)([?#][^\s"']*)?/gi;

/** Secret parameters of a query, without the URL around them. */
const PARAMETER_WITH_SECRET =
  /\b(auth_key|signature|(?:x-acs-)?security-?token|access-?key-?(?:id|secret)|password)=[^&\s"']+/gi;

/** Deepest level of a field that is logged. The operator logs nothing deeper. */
const DEEPEST = 6;

export async function createLogger({ level, format, destination }: LoggerOptions): Promise<Logger> {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: cleanedFields },
  };
  return new PinoLogger(pino(options, await streamOf(format, destination)));
}

/**
 * Standard output is written synchronously: the last line before an exit must not be lost. pino-pretty is
 * loaded only where it is used, as it takes memory.
 */
async function streamOf(
  format: LogFormat,
  destination: pino.DestinationStream | undefined,
): Promise<pino.DestinationStream> {
  if (format === 'json') return destination ?? pino.destination({ dest: 1, sync: true });
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, ...(destination && { destination }) });
}

class PinoLogger implements Logger {
  readonly #pino: Pino;

  constructor(instance: Pino) {
    this.#pino = instance;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#pino.debug(fields, clean(message));
  }
  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(fields, clean(message));
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, clean(message));
  }
  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, clean(message));
  }
  with(fields: LogFields): Logger {
    // pino writes a child's fields as they are.
    return new PinoLogger(this.#pino.child(cleanedFields(fields)));
  }
}

function cleanedFields(fields: LogFields): Record<string, unknown> {
  return cleanedRecord(fields, 0);
}

function cleanedRecord(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]) => [
    printable(name),
    SECRET_NAMES.has(name.toLowerCase()) && value !== undefined ? REDACTED : cleaned(value, depth),
  ]);
  return Object.fromEntries(entries);
}

function cleaned(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return '…';
  if (value instanceof Error) return describeError(value, depth);
  if (Array.isArray(value)) return value.map((item) => cleaned(item, depth + 1));
  return value instanceof Date ? value : cleanedRecord(value, depth + 1);
}

/**
 * Name, cleaned message and stack. Other properties are left out: libraries attach bodies and headers to
 * errors.
 */
function describeError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: clean(error.name),
    message: clean(error.message),
    ...(error.stack && { stack: framesOf(error) }),
    ...(error.cause instanceof Error && { cause: cleaned(error.cause, depth + 1) }),
  };
}

/** Returns the stack without the message in it, which could forge lines of a pretty log. */
function framesOf({ stack = '', message }: Error): string {
  const head = stack.indexOf(message) + message.length;
  const lines = stack.slice(head).split('\n');
  return lines
    .filter((line) => /^ +at /.test(line))
    .map(clean)
    .join('\n');
}

function clean(text: string): string {
  return printable(withoutSecrets(text));
}

function withoutSecrets(text: string): string {
  return text.replace(URL_WITH_SECRET, redactUrl).replace(PARAMETER_WITH_SECRET, `$1=${REDACTED}`);
}

function redactUrl(_url: string, scheme: string, authority: string, path: string, query = ''): string {
  // A password may hold a / or ?, so what looks like the host may be a part of it.
  if (`${path}${query}`.includes('@')) return `${scheme}${REDACTED}`;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const user = host === authority ? '' : `${REDACTED}@`;
  return `${scheme}${user}${host}${path}${query && `${query.charAt(0)}${REDACTED}`}`;
}
