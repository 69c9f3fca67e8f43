/**
 * The log: pino, JSON lines on standard output. Secrets are redacted here, not at each call.
 */
import pino, { type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';
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
const URL_WITH_SECRET = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)((?:[^\s/?#@"']*@)+)?([^\s?#"']*)([?#][^\s"']*)?/gi;

/** Secret parameters of a query, without the URL around them. */
const PARAMETER_WITH_SECRET =
  /\b(auth_key|signature|(?:x-acs-)?security-?token|access-?key-?(?:id|secret)|password)=[^&\s"']+/gi;

/** Deepest level of a field that is logged. The operator logs nothing deeper. */
const DEEPEST = 6;

export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: cleanedFields },
  };
  return new PinoLogger(pino(options, destination ?? standardOutput(format)));
}

/** Standard output, written synchronously: the last line before an exit must not be lost. */
function standardOutput(format: LogFormat): pino.DestinationStream {
  return format === 'pretty' ? pretty({ sync: true }) : pino.destination({ dest: 1, sync: true });
}

class PinoLogger implements Logger {
  readonly #pino: Pino;

  constructor(instance: Pino) {
    this.#pino = instance;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#pino.debug(fields, withoutSecrets(message));
  }
  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(fields, withoutSecrets(message));
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, withoutSecrets(message));
  }
  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, withoutSecrets(message));
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
    name,
    SECRET_NAMES.has(name.toLowerCase()) && value !== undefined ? REDACTED : cleaned(value, depth),
  ]);
  return Object.fromEntries(entries);
}

function cleaned(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
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
    name: error.name,
    message: withoutSecrets(error.message),
    ...(error.stack && { stack: withoutSecrets(error.stack) }),
    ...(error.cause instanceof Error && { cause: cleaned(error.cause, depth + 1) }),
  };
}

function withoutSecrets(text: string): string {
  return text
    .replace(
      URL_WITH_SECRET,
      (_url, scheme: string, userInfo: string | undefined, address: string, query: string | undefined) =>
        `${scheme}${userInfo ? `${REDACTED}@` : ''}${address}${query ? `${query.charAt(0)}${REDACTED}` : ''}`,
    )
    .replace(PARAMETER_WITH_SECRET, `$1=${REDACTED}`);
}
