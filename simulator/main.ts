/**
 * The simulated cloud as a process: `npm run simulator`. It prints where it listens and how to use it, serves
 * until SIGINT or SIGTERM, and prints nothing else.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type AdminServer, startAdmin } from './admin/admin.ts';
import type { TlsOptions } from './http/listener.ts';
import { HELP, helpText, jsonText } from './main-text.ts';
import { DEFAULT_SEED } from './seed.ts';
import { readSeed } from './seed-file.ts';
import { type Simulator, startSimulator } from './simulator.ts';

const OPTIONS = {
  port: { type: 'string', default: '18080' },
  'sts-port': { type: 'string', default: '18082' },
  'admin-port': { type: 'string', default: '18081' },
  quota: { type: 'string', default: '6000' },
  'seed-file': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'sts-tls-cert': { type: 'string' },
  'sts-tls-key': { type: 'string' },
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
  const { simulator, admin } = await start(values);
  const addresses = { endpoint: simulator.url, stsEndpoint: simulator.stsURL, adminURL: admin.url };
  const byDefault = values['seed-file'] === undefined;
  process.stdout.write(values.json ? jsonText(addresses, byDefault) : helpText(addresses, byDefault));
  await stopRequest(values['exit-with-stdin']);
  await Promise.all([simulator.close(), admin.close()]);
}

/** Wrong options end the process with 2. */
function parseOptions(): Values {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    for (const [name, most] of [
      ['port', 65_535],
      ['sts-port', 65_535],
      ['admin-port', 65_535],
      ['quota', 1_000_000],
    ] as const) {
      wholeNumber(name, values[name], most);
    }
    for (const name of ['tls', 'sts-tls'] as const) {
      if (Boolean(values[`${name}-cert`]) === Boolean(values[`${name}-key`])) continue;
      throw new Error(`--${name}-cert and --${name}-key go together`);
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
  const seedFile = values['seed-file'];
  const tls = await readTls(values['tls-cert'], values['tls-key']);
  const stsTLS = await readTls(values['sts-tls-cert'], values['sts-tls-key']);
  const simulator = await startSimulator({
    port: Number(values.port),
    stsPort: Number(values['sts-port']),
    callsPerMinute: Number(values.quota),
    seed: seedFile === undefined ? DEFAULT_SEED : await readSeed(seedFile),
    ...(tls && { tls }),
    ...(stsTLS && { stsTLS }),
  });
  try {
    return { simulator, admin: await startAdmin(simulator, Number(values['admin-port'])) };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

async function readTls(cert: string | undefined, key: string | undefined): Promise<TlsOptions | undefined> {
  if (!cert || !key) return undefined;
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

/** Resolves at SIGINT or SIGTERM, and with `withStdin` also when standard input ends. */
async function stopRequest(withStdin: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  if (withStdin) {
    // A pipe can also end in an error, when the other end dies.
    process.stdin.once('end', resolve).once('error', resolve).resume();
  }
  await promise;
  if (withStdin) process.stdin.destroy();
}

function fail(error: unknown, exitCode: number): never {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCode);
}

// Test runners import every file of a folder; only as the program itself may it start.
if (import.meta.main) await main().catch((error: unknown) => fail(error, 1));
