// The lock between processes: only one has it at a time, and its end reaches every process that waits.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lock } from './lock.ts';

/** Takes the lock, and accepts no connection: each waits in the system's queue. */
const BUSY_HOLDER = `
  require('node:net').createServer().listen(process.argv[1], () => {
    require('node:fs').writeSync(1, 'listening');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

describe('the lock between processes', function () {
  this.timeout(30_000);
  let folder: string;
  let socketFile: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-'));
    socketFile = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is had by one at a time, and then by the next', async () => {
    const order: string[] = [];
    const first = await lock(socketFile, () => undefined);
    const second = lock(socketFile, () => {
      order.push('second waits');
      void first[Symbol.asyncDispose]();
      order.push('first ends');
    });
    await using _held = await second;
    expect(order).to.deep.equal(['second waits', 'first ends']);
  });

  it('is free when its holder dies, also one that was too busy to accept a connection', async () => {
    const holder = spawn(process.execPath, ['-e', BUSY_HOLDER, socketFile]);
    await once(holder.stdout, 'data');
    let waits = 0;
    await using _held = await lock(socketFile, () => {
      waits += 1;
      holder.kill('SIGKILL');
    });
    expect(waits).to.equal(1);
  });
});
