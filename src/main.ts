/**
 * The process edge: arguments, signals, exit code.
 */

// First: signals are noticed while the rest is loaded.
import './stop-signal.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { App } from './app.ts';
import { printable } from './base/foreign-text.ts';
import type { Logger } from './base/logger.ts';
import { stsEndpointOf } from './cloud/sts/sts-endpoint.ts';
import type { Config } from './config/options.ts';
import { type Environment, helpText, readConfig } from './config/read-config.ts';
import { warningsOf } from './config/warnings.ts';
import type { AccessKey } from './credentials/credential.ts';
import { ownCredentials, type Rrsa, sourceOf } from './credentials/environment-credentials.ts';
import { stopSignal } from './stop-signal.ts';
import { createLogger } from './telemetry/logger.ts';

/** Set by the build. */
declare const OPERATOR_VERSION: string | undefined;
const version = typeof OPERATOR_VERSION === 'undefined' ? 'development' : OPERATOR_VERSION;

/** Variables that name a proxy. Their values are not logged: a proxy's URL can hold a password. */
const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy'] as const;

const EXIT_FAILED = 1;
const EXIT_BAD_OPTIONS = 2;

// The vendor's SDK uses url.parse. Its warning on standard error is of no use to an administrator.
process.noDeprecation = true;

async function main(args: readonly string[], environment: Environment): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return print(helpText());
  if (args.includes('--version')) return print(version);
  const { config, own, warnings } = readOrExit(args, environment);
  const logger = await loggerOf(config);
  for (const warning of warnings) logger.warn('an environment variable is not understood', { warning });
  for (const warning of warningsOf(config, own !== undefined))
    logger.warn('an option needs attention', { warning });
  logger.info("the operator's own credentials", sourceOf(own));
  const proxies = PROXY_VARIABLES.filter((name) => environment[name]);
  if (proxies.length > 0)
    logger.warn('proxies are not supported: the cloud is called directly', { variables: proxies });
  const fail = (message: string) => (error: unknown) => {
    logger.error(message, { error });
    process.exit(EXIT_FAILED);
  };
  process.on('unhandledRejection', fail('unexpected rejection'));
  process.on('uncaughtException', fail('unexpected exception'));
  stopSignal.addEventListener('abort', () => logger.info('stopping', { signal: stopSignal.reason }));
  // A signal that came while the program was loaded is delivered now.
  await nextTurn();
  if (stopSignal.aborted) process.exit(0);
  try {
    await new App({ config, version, logger, own, environment }).run(stopSignal);
    logger.info('stopped');
    process.exit(0);
  } catch (error) {
    fail('failed')(error);
  }
}

async function loggerOf({ shard, 'log-level': level, 'log-format': format }: Config): Promise<Logger> {
  const logger = await createLogger({ level, format });
  return shard === undefined ? logger : logger.with({ shard });
}

interface Settings {
  readonly config: Config;
  readonly own: AccessKey | Rrsa | undefined;
  readonly warnings: readonly string[];
}

function readOrExit(args: readonly string[], environment: Environment): Settings {
  const result = readConfig(args, environment);
  const errors = 'errors' in result ? [...result.errors] : [];
  const config = 'config' in result ? result.config : undefined;
  const canAssume = config?.['sts-endpoint'] !== 'none';
  const credentials = ownCredentials(environment, config?.credentials ?? 'auto', canAssume);
  if ('errors' in credentials) errors.push(...credentials.errors);
  const stsEndpoint = config && stsEndpointOrError(config, environment, errors);
  if (errors.length === 0 && 'config' in result && 'own' in credentials)
    return { ...result, config: { ...result.config, 'sts-endpoint': stsEndpoint }, ...credentials };
  process.stderr.write(`${errors.map(printable).join('\n')}\n--help lists the options.\n`);
  process.exit(EXIT_BAD_OPTIONS);
}

/** The endpoint of `--sts-endpoint`; without the option, that of the vendor's variables, if any. */
function stsEndpointOrError(
  config: Config,
  environment: Environment,
  errors: string[],
): Config['sts-endpoint'] {
  if (config['sts-endpoint'] !== undefined) return config['sts-endpoint'];
  try {
    return stsEndpointOf(environment, config.region);
  } catch (error) {
    errors.push((error as Error).message);
    return undefined;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main(process.argv.slice(2), process.env);
