/**
 * The log as the rooms see it; telemetry/logger.ts writes it.
 *
 * Messages are constant sentences. Everything that varies is a field, so that logs can be searched by
 * message.
 */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Returns a logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}
