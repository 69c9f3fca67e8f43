/**
 * The process edge: arguments, signals, exit code.
 */
import { App } from './app.ts';
import type { AccessKey } from './cloud/alibaba-client.ts';
import { accessKeyOf } from './cloud/environment-credentials.ts';
import { type Config, helpText, readConfig } from './config.ts';
import { createLogger } from './telemetry/logger.ts';

/** Put in by the build. */
declare const OPERATOR_VERSION: string | undefined;
const version = typeof OPERATOR_VERSION === 'undefined' ? 'development' : OPERATOR_VERSION;

const EXIT_FAILED = 1;
const EXIT_BAD_OPTIONS = 2;

/** What has not ended in this time after a signal is left: Kubernetes would kill it at 30 s, a user loses patience at 5. */
const STOP_WITHIN_MS = 4_000;

// The vendor's SDK uses url.parse; the warning of that on standard error is nothing that an operator of ours could act on.
process.noDeprecation = true;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return print(helpText());
  if (args.includes('--version')) return print(version);
  const { config, accessKey, warnings } = readOrExit(args);
  const logger = createLogger({ level: config['log-level'], format: config['log-format'] });
  for (const warning of warnings) logger.warn('an environment variable is not understood', { warning });
  const fail = (message: string) => (error: unknown) => {
    logger.error(message, { error });
    process.exit(EXIT_FAILED);
  };
  process.on('unhandledRejection', fail('unexpected rejection'));
  process.on('uncaughtException', fail('unexpected exception'));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      logger.info('stopping', { signal });
      setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
      stop.abort();
    });
  try {
    await new App({ config, version, logger, accessKey }).run(stop.signal);
    logger.info('stopped');
    process.exit(0);
  } catch (error) {
    fail('failed')(error);
  }
}

interface Settings {
  readonly config: Config;
  readonly accessKey: AccessKey | undefined;
  readonly warnings: readonly string[];
}

function readOrExit(args: readonly string[]): Settings {
  const result = readConfig(args, process.env);
  const errors = 'errors' in result ? [...result.errors] : [];
  let accessKey: AccessKey | undefined;
  try {
    accessKey = accessKeyOf(process.env);
  } catch (error) {
    errors.push((error as Error).message);
  }
  if ('config' in result && errors.length === 0) return { ...result, accessKey };
  process.stderr.write(`${errors.join('\n')}\n--help lists the options.\n`);
  process.exit(EXIT_BAD_OPTIONS);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main(process.argv.slice(2));
