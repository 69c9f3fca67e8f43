/**
 * The log: pino, JSON lines on standard output, with redaction here and not at each call.
 */
import pino, { type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogFields, Logger } from '../base/logger.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Default: standard output. */
  readonly destination?: pino.DestinationStream;
}

/** Whatever a value under one of these names is, it is not for the log. */
const SECRET_NAMES = [
  'accessKeyID',
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
  'authorization',
  'Authorization',
  'token',
  'password',
  'streamInput',
  'streamOutput',
];

/** URLs' user information and queries can be secrets wherever they turn up, in a foreign error's message for one. */
const URL_WITH_SECRET = /(\b[a-z][a-z0-9+.-]*:\/\/)([^\s/?#@"']*@)?([^\s?#"']*)([?#][^\s"']*)?/gi;

export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: cleaned },
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: 'REDACTED' },
  };
  return new PinoLogger(pino(options, destination ?? standardOutput(format)));
}

/** Written at once: the last line before an exit must not be lost. */
function standardOutput(format: LogFormat): pino.DestinationStream {
  return format === 'pretty' ? pretty({ sync: true }) : pino.destination({ dest: 1, sync: true });
}

class PinoLogger implements Logger {
  readonly #pino: Pino;

  constructor(instance: Pino) {
    this.#pino = instance;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#pino.debug(fields, message);
  }
  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(fields, message);
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, message);
  }
  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, message);
  }
  with(fields: LogFields): Logger {
    return new PinoLogger(this.#pino.child(fields));
  }
}

function cleaned(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cleanedValue(value)]));
}

function cleanedValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutUrlSecrets(value);
  if (value instanceof Error) return describeError(value);
  return value;
}

/** Name, cleaned message and stack; not the properties that libraries hang on errors, where bodies and headers live. */
function describeError(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: withoutUrlSecrets(error.message),
    ...(error.stack && { stack: withoutUrlSecrets(error.stack) }),
    ...(error.cause instanceof Error && { cause: describeError(error.cause) }),
  };
}

function withoutUrlSecrets(text: string): string {
  return text.replace(
    URL_WITH_SECRET,
    (_url, scheme: string, userInfo: string | undefined, address: string, query: string | undefined) =>
      `${scheme}${userInfo ? 'REDACTED@' : ''}${address}${query ? `${query.charAt(0)}REDACTED` : ''}`,
  );
}
