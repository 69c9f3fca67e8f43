// Exec plugins that run as real processes: how each of them ends, and how long its credential is used.

import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ExecCredential } from '../../../../src/kube/client/exec-credential.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const run = promisify(execFile);

/** Each script writes the processes that must end, one a line, into the file that is its first argument. */
const HANGING: Readonly<Record<string, string>> = {
  hangs: 'echo $$ > "$0"; sleep 60',
  'hangs and ignores a signal': 'trap \'\' TERM; echo $$ > "$0"; while :; do sleep 1; done',
  'leaves a child that hangs': 'sleep 60 & echo "$!" > "$0"; wait',
  'starts a process that leaves its group, and prints without an end':
    'setsid sh -c \'echo $$ > "$0"; while :; do echo more; sleep 0.01; done\' "$0"',
};

describe('an exec plugin', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let clock: FakeClock;
  let credential: ExecCredential;
  /** A file for the plugin to write, its `$0`. */
  let file: string;
  /** Processes that must end. */
  let awaited: number[];
  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'plugin-'));
    file = join(folder.path, 'written');
    awaited = [];
    clock = new FakeClock();
    credential = new ExecCredential(process.env, clock);
  });
  afterEach(async () => {
    for (const pid of awaited) if (await isRunning(pid)) process.kill(pid, 'SIGKILL');
    await folder.remove();
  });

  /** How a call ends whose plugin is a shell script: its token, or the code of the error. */
  async function outcome(script: string, command = 'sh'): Promise<unknown> {
    const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command, args: ['-c', script, file] };
    const about = { cluster: { name: 'a', server: 'https://a.example', skipTLSVerify: false } };
    const user = { name: 'a', authProvider: { name: 'exec-plugin', config: { plugin, about } } };
    const options: RequestOptions = {};
    try {
      await credential.applyAuthentication(user as never, options);
      return (options.headers as Record<string, string>).Authorization;
    } catch (error) {
      return (error as { code?: string }).code;
    }
  }

  /** Waits for what the script writes. */
  async function written(): Promise<string> {
    for (;;) {
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.endsWith('\n')) return text;
      await turn();
    }
  }

  async function untilEnded(pid: number): Promise<void> {
    awaited.push(pid);
    while (await isRunning(pid)) await turn();
  }

  for (const [name, script] of Object.entries(HANGING))
    it(`that ${name} is given up after 20 s, and ended with what it has started`, async () => {
      const end = outcome(script);
      const pid = Number(await written());
      await clock.advance(19_999);
      expect(await isRunning(pid)).to.equal(true);
      await clock.advance(1);
      expect(await end).to.equal('EXEC_PLUGIN_TIMED_OUT');
      await untilEnded(pid);
    });

  it('that prints without an end is ended, with what it has started', async () => {
    expect(await outcome('sleep 60 & echo $! > "$0"; yes')).to.equal('EXEC_PLUGIN_FAILED');
    await untilEnded(Number(await written()));
  });

  it('that fails, or is not there, has another code than one that hangs', async () => {
    expect(await outcome('exit 1')).to.equal('EXEC_PLUGIN_FAILED');
    expect(await outcome(`${printing('t')}; exit 1`)).to.equal('EXEC_PLUGIN_FAILED');
    expect(await outcome('exit 1', '/not/there')).to.equal('EXEC_PLUGIN_NOT_FOUND');
  });

  it('that finds no file descriptor left fails its call, not the process, and runs when there are some', async () => {
    const module = new URL('../../../../src/kube/client/exec-credential.ts', import.meta.url).href;
    const plugin = { command: 'sh', args: ['-c', printing('t')] };
    const user = { authProvider: { config: { plugin, about: { cluster: {} } } } };
    const program = `
      import { closeSync, openSync } from 'node:fs';
      import { ExecCredential } from '${module}';
      const credential = new ExecCredential(process.env);
      const tokenOf = async () => {
        const options = {};
        await credential.applyAuthentication(${JSON.stringify(user)}, options);
        return options.headers.Authorization;
      };
      const open = [];
      try { for (;;) open.push(openSync('/dev/null')); } catch {}
      const first = await tokenOf().catch(({ code }) => code);
      open.forEach((each) => closeSync(each));
      process.stdout.write(first + ' ' + (await tokenOf()));`;
    // Another process: Mocha needs its file descriptors.
    const node = `exec ${process.execPath} --input-type=module --eval "$0"`;
    const { stdout } = await run('sh', ['-c', `ulimit -n 100; ${node}`, program]);
    expect(stdout).to.equal('EMFILE Bearer t');
  });

  it('receives the end of its input, so that one that asks for a password does not wait', async () => {
    expect(await outcome(`cat; ${printing('t')}`)).to.equal('Bearer t');
  });

  it('runs again after 5 min, also without an expiry: its credential may have been revoked', async () => {
    expect(await outcome(printing('one'))).to.equal('Bearer one');
    await clock.advance(5 * 60_000 - 1);
    expect(await outcome(printing('two'))).to.equal('Bearer one');
    await clock.advance(1);
    expect(await outcome(printing('two'))).to.equal('Bearer two');
  });

  it('runs once for all calls that find its credential expired at the same time', async () => {
    const status = { token: 't', expirationTimestamp: '1970-01-01T00:00:00Z' };
    const script = `echo run >> "$0"; printf '${JSON.stringify({ status })}'`;
    await outcome(script);
    await Promise.all(Array.from({ length: 5 }, () => outcome(script)));
    expect(await readFile(file, 'utf8')).to.equal('run\nrun\n');
  });

  it('runs again when its credential expires by the wall clock, by which the plugin dated it', async () => {
    const expiring = (token: string) =>
      printing(token).replace('}}', ',"expirationTimestamp":"2026-01-01T01:00:00Z"}}');
    expect(await outcome(expiring('one'))).to.equal('Bearer one');
    expect(await outcome(expiring('two'))).to.equal('Bearer one');
    clock.wallOffsetMs = 3_600_000;
    expect(await outcome(expiring('two'))).to.equal('Bearer two');
  });

  it('that fails late does not end the use of the credential of a later run', async () => {
    const late = outcome('while [ ! -e "$0" ]; do sleep 0.01; done; exit 1');
    credential.forget(credential.current);
    expect(await outcome(printing('one'))).to.equal('Bearer one');
    await writeFile(file, '');
    expect(await late).to.equal('EXEC_PLUGIN_FAILED');
    expect(await outcome(printing('two'))).to.equal('Bearer one');
  });
});

/** A shell command that prints a credential. */
function printing(token: string): string {
  return `printf '{"status":{"token":"${token}"}}'`;
}

/** A process that has ended may stay as a zombie (Z) until its parent notices. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
