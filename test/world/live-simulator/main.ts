/**
 * The simulated cloud as a process: `npm run simulator`. It prints where it listens and how to use it, serves until
 * SIGINT or SIGTERM, and prints nothing else.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type AdminServer, startAdmin } from './admin.ts';
import { DEFAULT_KEY, DEFAULT_SEED } from './seed.ts';
import { readSeed } from './seed-file.ts';
import { type Simulator, startSimulator } from './simulator.ts';

const HELP = `Usage: npm run simulator -- [options]

A simulated Alibaba Cloud Live endpoint on loopback, for tests and for trying the operator without an account.

  --port <n>           of the endpoint; 0 picks a free one (18080)
  --admin-port <n>     of the admin port; 0 picks a free one (18081)
  --quota <n>          calls a minute of an account (6000)
  --seed-file <path>   accounts, keys and jobs to start with, as JSON
  --tls-cert <path>    with --tls-key: PEM files that make the endpoint https
  --tls-key <path>
  --json               print one line of JSON instead of text
  --exit-with-stdin    stop when standard input ends, as it does when the parent is gone
  --help               print this
`;

const OPTIONS = {
  port: { type: 'string', default: '18080' },
  'admin-port': { type: 'string', default: '18081' },
  quota: { type: 'string', default: '6000' },
  'seed-file': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  json: { type: 'boolean', default: false },
  'exit-with-stdin': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

interface Running {
  readonly simulator: Simulator;
  readonly admin: AdminServer;
}

async function main(): Promise<void> {
  const values = parseOptions();
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const running = await start(values);
  const text = values.json ? jsonText(running, values) : helpText(running, values);
  process.stdout.write(text);
  await stopAsked(values['exit-with-stdin']);
  await Promise.all([running.simulator.close(), running.admin.close()]);
}

/** Wrong options end the process with 2. */
function parseOptions(): Values {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    for (const [name, most] of [
      ['port', 65_535],
      ['admin-port', 65_535],
      ['quota', 1_000_000],
    ] as const) {
      wholeNumber(name, values[name], most);
    }
    if (Boolean(values['tls-cert']) !== Boolean(values['tls-key'])) {
      throw new Error('--tls-cert and --tls-key go together');
    }
    return values;
  } catch (error) {
    fail(error, 2);
  }
}

function wholeNumber(name: string, value: string, most: number): void {
  if (/^\d+$/.test(value) && Number(value) <= most) return;
  throw new Error(`--${name} is a whole number from 0 to ${most}, not ${value}`);
}

async function start(values: Values): Promise<Running> {
  const { 'seed-file': seedFile, 'tls-cert': cert, 'tls-key': key } = values;
  const simulator = await startSimulator({
    port: Number(values.port),
    callsPerMinute: Number(values.quota),
    seed: seedFile === undefined ? DEFAULT_SEED : await readSeed(seedFile),
    ...(cert && key && { tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') } }),
  });
  try {
    return { simulator, admin: await startAdmin(simulator, Number(values['admin-port'])) };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

/** Resolves at SIGINT or SIGTERM, or when standard input ends if that is asked for. */
async function stopAsked(withStdin: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  if (withStdin) {
    // A pipe can also end in an error, when the other end dies.
    process.stdin.once('end', resolve).once('error', resolve).resume();
  }
  await promise;
  if (withStdin) process.stdin.destroy();
}

/** Only the key that everybody can read in the source is printed; those of a seed file are their owner's secret. */
function printableKey(values: Values): Partial<typeof DEFAULT_KEY> {
  return values['seed-file'] === undefined ? DEFAULT_KEY : {};
}

function jsonText({ simulator, admin }: Running, values: Values): string {
  return `${JSON.stringify({ endpoint: simulator.url, adminURL: admin.url, ...printableKey(values) })}\n`;
}

function helpText({ simulator, admin }: Running, values: Values): string {
  const { accessKeyID = '<a key of the seed file>', accessKeySecret = '<its secret>' } = printableKey(values);
  return `The simulated cloud listens at ${simulator.url}
Its admin port is ${admin.url}, which tells what it can do: curl ${admin.url}/

Point the operator at it. The key is made up and works nowhere else:

  export ALIBABA_CLOUD_ACCESS_KEY_ID=${accessKeyID}
  export ALIBABA_CLOUD_ACCESS_KEY_SECRET=${accessKeySecret}
  export EDGETRANSCODE_ENDPOINT=${simulator.url}
  make run

See its jobs, start one and stop it:

  curl ${admin.url}/jobs
  curl -d '{"jobID": "<a jobID>"}' ${admin.url}/startJob
  curl -d '{"jobID": "<a jobID>"}' ${admin.url}/stopJob

Ctrl-C stops it.
`;
}

function fail(error: unknown, exitCode: number): never {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCode);
}

// Test runners import every file of a folder; only as the program itself may it start.
if (import.meta.main) await main().catch((error: unknown) => fail(error, 1));
