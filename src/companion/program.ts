/** The command line of `kubectl etj`: its commands, their options, and what they run. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { type Endpoint, isLoopback, parseEndpoint } from '../base/endpoint.ts';
import { printable } from '../base/foreign-text.ts';
import { LABEL } from '../base/object-key.ts';
import { isRegion } from '../job/model/reference.ts';
import { budget } from './budget.ts';
import type { CloudOptions } from './cloud/caller.ts';
import { type Connection, type ConnectionOptions, connect } from './common/connection.ts';
import { EXIT, type ExitCode, Unable } from './common/failure.ts';
import { FORMATS, type Format, type Output } from './common/output.ts';
import { ClusterCandidates } from './completion/candidates.ts';
import { complete } from './completion/complete.ts';
import { COMPLETION_PROGRAM } from './completion/script.ts';
import { doctor } from './doctor/doctor.ts';
import { importJobs } from './import.ts';
import { refresh } from './refresh.ts';
import { status } from './status.ts';

export interface Surroundings {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  /** Makes Ctrl-C abort the signal instead of ending the process: for commands that then say something. */
  readonly untilStopped: () => AbortSignal;
}

const EXIT_CODES = `
Exit codes:
  0  all is well
  1  the command did its work, and something is wrong
  2  the command could not do its work: bad usage, no connection, no permission, no CRD`;

/** What the program of kubectl's completion runs: `kubectl_complete-etj`. */
const COMPLETE = '__complete';

/** Longest that a refresh may wait by default: the cloud answers within 10 s, and its budget may be used. */
const REFRESH_TIMEOUT = '1m';

/**
 * Runs a command.
 *
 * @param args the arguments of the command line, without those of Node
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const program = programOf(surroundings, (ended) => {
    code = ended;
  });
  if (args[0] === COMPLETE) {
    const candidates = new ClusterCandidates(surroundings.environment, userAgentOf(surroundings));
    for (const line of await complete(program, args.slice(1), candidates)) surroundings.output.print(line);
    return EXIT.fine;
  }
  try {
    await program.parseAsync(args.flatMap(asCommander), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.unable;
    surroundings.output.note(printable(`error: ${(error as Error).message}`));
    return EXIT.unable;
  }
}

function programOf(surroundings: Surroundings, end: (code: ExitCode) => void): Command {
  const { output, untilStopped, version } = surroundings;
  const program = new Command('kubectl etj')
    .description('Shows and checks the EdgeTranscodeJobs of a cluster.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.print(text.trimEnd()),
      writeErr: (text) => output.note(text.trimEnd()),
    })
    .addHelpText('after', EXIT_CODES);
  const command = (usage: string, description: string) => withConnection(program.command(usage), description);
  const connected = (options: ConnectionOptions): Connection =>
    connect(options, surroundings.environment, userAgentOf(surroundings));

  command('status', 'Show the objects, the worst first. Exit code 1: some have an alarming problem.')
    .addOption(new Option('-o, --output <format>', 'how to write it').choices(FORMATS).default('table'))
    .option('-w, --watch', 'print changes as they come, until Ctrl-C', false)
    .action(async (options: ConnectionOptions & { output: Format; watch: boolean }) =>
      end(await status(connected(options), options, output, untilStopped)),
    );

  command('refresh', 'Request an observation now, wait until it is made, and show what changed.')
    .argument('[name...]', 'objects; with -A as namespace/name')
    .option('--all', 'all objects of the namespace; with -A of all namespaces', false)
    .option('--timeout <duration>', 'how long to wait', durationOf, durationOf(REFRESH_TIMEOUT))
    .action(async (names: string[], options: ConnectionOptions & { all: boolean; timeout: number }) => {
      if (names.length > 0 === options.all) throw new Unable('name objects, or use --all');
      const { all, timeout: timeoutMs } = options;
      end(await refresh(connected(options), { names, all, timeoutMs }, output, untilStopped()));
    });

  withCloud(
    command('doctor', 'Check the cluster and the operator, and with credentials the cloud.'),
    'Secret of the namespace whose credentials are tried; default: those of the environment',
  )
    .addOption(
      new Option('-o, --output <format>', 'how to write it')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .option('--lease-namespace <name>', 'namespace of the Lease of the operator', 'edge-transcode-system')
    .option('--lease-name <name>', 'the Lease of the operator', 'edge-transcode-job-operator')
    .option('--no-leader', 'leave out the Lease, which the ClusterRoles for users do not let you read')
    .option('--cluster <id>', 'cluster whose jobs the credentials must be allowed to list')
    .action(async (options: ConnectionOptions & DoctorLine) => {
      const { cluster } = options;
      end(await doctor(connected(options), { ...options, ...cloudOf(options), cluster }, output));
    });

  withCloud(
    command(
      'import <cluster>',
      'Print objects for the cloud jobs of a cluster that have none in the namespace.',
    ),
    'Secret of the namespace whose credentials list the jobs; the objects name it. Default: the credentials of the environment, and objects without a Secret',
  )
    .addOption(
      new Option('-o, --output <format>', 'how to print them')
        .choices(['yaml', 'json', 'name'])
        .default('yaml'),
    )
    .option('--apply', 'create the objects instead of printing them', false)
    .action(async (cluster: string, options: ConnectionOptions & ImportLine) =>
      end(await importJobs(connected(options), { ...options, ...cloudOf(options), cluster }, output)),
    );

  command('budget', 'Show how many calls a minute the intervals require, by credential and namespace.')
    .addOption(
      new Option('-o, --output <format>', 'how to write it')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .option(
      '--interval <duration>',
      "the operator's --interval, for objects without one",
      durationOf,
      durationOf('60s'),
    )
    .option(
      '--at-least <duration>',
      'what intervals of at least this would save',
      durationOf,
      durationOf('5m'),
    )
    .action(async (options: ConnectionOptions & BudgetLine) => {
      const { output: format, interval: intervalMs, atLeast: atLeastMs } = options;
      end(await budget(connected(options), { output: format, intervalMs, atLeastMs }, output));
    });

  program
    .command('completion')
    .description('Print the program that lets kubectl complete the words of kubectl etj.')
    .action(() => output.print(COMPLETION_PROGRAM));
  return program;

  function cloudOf({ secret, region, endpoint, stsEndpoint }: CloudLine): CloudOptions {
    return { secret, region, endpoint, stsEndpoint, environment: surroundings.environment };
  }
}

function userAgentOf({ version }: Surroundings): string {
  return `kubectl-etj/${version}`;
}

interface BudgetLine {
  readonly output: Format;
  readonly interval: number;
  readonly atLeast: number;
}

/** The options of the cloud as commander reads them. */
interface CloudLine {
  readonly secret?: string;
  readonly region?: string;
  readonly endpoint?: Endpoint;
  readonly stsEndpoint?: Endpoint;
}

interface ImportLine extends CloudLine {
  readonly output: Format;
  readonly apply: boolean;
}

interface DoctorLine extends CloudLine {
  readonly output: Format;
  readonly leaseNamespace: string;
  readonly leaseName: string;
  readonly leader: boolean;
  readonly cluster?: string;
}

function endpointOf(text: string): Endpoint {
  const endpoint = parsed(text);
  if (endpoint.protocol === 'http' && !isLoopback(endpoint))
    throw new InvalidArgumentError('It must be https: a proxy could read what is sent.');
  return endpoint;
}

function parsed(text: string): Endpoint {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new InvalidArgumentError(`It ${(error as Error).message}.`);
  }
}

/** `-o=json`, which kubectl accepts and commander does not, as `-o json`. */
function asCommander(argument: string): string[] {
  const [, option, value] = /^(-[a-zA-Z])=(.*)$/s.exec(argument) ?? [];
  return option === undefined || value === undefined ? [argument] : [option, value];
}

function withConnection(command: Command, description: string): Command {
  return command
    .description(description)
    .option('--kubeconfig <path>', 'kubeconfig; default: KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'context of the kubeconfig; default: the current one')
    .option('-n, --namespace <name>', 'namespace; default: that of the context', namespaceOf)
    .option('-A, --all-namespaces', 'all namespaces', false);
}

/** @param secret what `--secret` is for */
function withCloud(command: Command, secret: string): Command {
  return command
    .option('--secret <name>', secret)
    .option('--region <id>', 'region of the jobs; default: that of the Secret, else cn-shanghai', regionOf)
    .option(
      '--endpoint <address>',
      'endpoint of Live; default: that of the Secret, else by region',
      endpointOf,
    )
    .option('--sts-endpoint <address>', 'endpoint of STS; default: by region', endpointOf);
}

function regionOf(text: string): string {
  if (isRegion(text)) return text;
  throw new InvalidArgumentError('It is not the ID of a region, such as cn-shanghai.');
}

function namespaceOf(text: string): string {
  if (text === '' || LABEL.test(text)) return text;
  throw new InvalidArgumentError('It is not the name of a namespace.');
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('It is not a duration such as 30s or 2m.');
  return ms;
}
