// Processes: logs, readiness, and an end in every case.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { ended } from './ended.ts';
import { freePort, onFreePort } from './ports.ts';
import { EndedEarlyError, Processes } from './processes.ts';

describe('Processes', () => {
  let directory: string;
  let processes: Processes;

  const sh = (script: string) =>
    processes.start({ name: 'script', command: '/bin/sh', args: ['-c', script] });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'processes-'));
    processes = new Processes(join(directory, 'logs'));
  });

  afterEach(async () => {
    await processes.stop();
    await rm(directory, { recursive: true });
  });

  it('keep what a process writes, to either stream, in its log file', async () => {
    const script = await sh('echo to output; echo to error >&2');
    expect(await script.exited).to.deep.equal({ code: 0, signal: null });
    expect(readFileSync(join(directory, 'logs/script.log'), 'utf8')).to.equal('to output\nto error\n');
  });

  it('append to the same log file when a process is started again, and keep its runs apart', async () => {
    const first = await sh('echo first run');
    await first.exited;
    const second = await sh('echo second run');
    await second.exited;
    expect(second.output()).to.equal('second run\n');
    expect(readFileSync(second.logFile, 'utf8')).to.equal('first run\nsecond run\n');
  });

  it('wait until a process has printed something', async () => {
    const script = await sh('echo listening on 1234; exec sleep 1000');
    const [, port] = await script.printed(/listening on (\d+)\n/);
    expect(port).to.equal('1234');
  });

  it('report how an awaited process ended, with the end of its log', async () => {
    const script = await sh('echo no such thing; exit 3');
    const error = await failureOf(script.ready(() => false));
    expect(error).to.be.instanceOf(EndedEarlyError);
    expect(error.message).to.match(/^script ended before it was ready \(exit code 3\).*no such thing$/s);
  });

  it('do not take a dead process for a ready one, even when another answers in its place', async () => {
    const script = await sh('exit 1');
    await script.exited;
    expect(await failureOf(script.ready(() => true))).to.be.instanceOf(EndedEarlyError);
  });

  it('give up on a process that does not become ready in time', async () => {
    const script = await sh('echo still busy; exec sleep 1000');
    await script.printed(/busy/);
    const error = await failureOf(script.ready(() => false, 0));
    expect(error.message).to.match(/^script was not ready within 0 s.*still busy$/s);
  });

  it('reject a program that is not there', async () => {
    const error = await failureOf(processes.start({ name: 'ghost', command: 'no-such-program' }));
    expect(error.message).to.equal('cannot start ghost');
  });

  it('stop by SIGTERM, the last started first', async () => {
    const order: string[] = [];
    for (const name of ['first', 'second']) {
      const sleep = await processes.start({ name, command: 'sleep', args: ['1000'] });
      void sleep.exited.then(({ signal }) => order.push(`${name} ${signal}`));
    }
    await processes.stop();
    expect(order).to.deep.equal(['second SIGTERM', 'first SIGTERM']);
  });

  it('kill a process that ignores SIGTERM, and its children', async () => {
    const script = await sh('trap "" TERM; sleep 1000 & echo child $!; wait');
    const [, child] = await script.printed(/child (\d+)\n/);
    expect(await script.stop(0)).to.deep.equal({ code: null, signal: 'SIGKILL' });
    await ended(Number(child));
  });

  it('ignore a signal or a stop for a process that has ended', async () => {
    const script = await sh('exit 0');
    await script.exited;
    script.kill('SIGKILL');
    expect(await script.stop()).to.deep.equal({ code: 0, signal: null });
  });

  it('remove the directories that were named to them, and no others', async () => {
    for (const name of ['one of two', 'kept'])
      mkdirSync(join(directory, name, 'inside'), { recursive: true });
    processes.removeAtEnd(join(directory, 'one of two'));
    await processes.stop();
    expect(existsSync(join(directory, 'one of two'))).to.equal(false);
    expect(existsSync(join(directory, 'kept/inside'))).to.equal(true);
  });

  for (const way of ['exit', 'throw', 'SIGINT', 'SIGTERM', 'SIGKILL']) {
    it(`are ended when their parent dies by ${way}`, async () => {
      const program = join(import.meta.dirname, 'fixtures/dying-parent.ts');
      const parent = spawn(process.execPath, [program, directory, way], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const told = once(parent.stdout, 'data');
      await once(parent, 'exit');
      const child = Number(/child (\d+)/.exec(String((await told)[0]))?.[1]);
      expect(child).to.be.above(1);
      await ended(child);
      while (existsSync(join(directory, 'temporary files'))) await delay(10);
    });
  }
});

describe('onFreePort', () => {
  it('starts on another port when the first one was taken meanwhile', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ports-'));
    await using processes = new Processes(directory);
    const listen = (port: number) => `
      const server = require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'));
      server.on('error', (error) => { console.error(error.message); process.exit(1); });`;
    const start = async (port: number): Promise<number> => {
      const server = await processes.start({
        name: 'server',
        command: process.execPath,
        args: ['-e', listen(port)],
      });
      await server.printed(/up/);
      return port;
    };
    const taken = await onFreePort(start);
    const picks = [taken, await freePort()];
    const second = await onFreePort(start, async () => picks.shift() ?? 0);
    expect(second).not.to.equal(taken);
    expect(picks).to.deep.equal([]);
    await rm(directory, { recursive: true });
  });

  it('does not try again when the process fails for another reason', async () => {
    let starts = 0;
    const error = await failureOf(
      onFreePort(async () => {
        starts++;
        throw new Error('bad flag');
      }),
    );
    expect(error.message).to.equal('bad flag');
    expect(starts).to.equal(1);
  });
});

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome, 'the promise was kept').to.be.instanceOf(Error);
  return outcome as Error;
}
