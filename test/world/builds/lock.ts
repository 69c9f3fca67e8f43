// A lock between processes of one machine. The system frees it when its holder dies, and waiting needs no
// polling: the holder listens on a Unix socket, waiting processes connect to it, and its end closes their
// connections.

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Resolves when the lock is ours; disposing frees it. `onWait` is called each time another process holds it.
 * It saves work, no more: where sockets cannot be had (a path over 100 bytes, a file system without them)
 * every process gets it, and two that find a dead holder's socket in the same instant may both get it.
 */
export async function lock(socketFile: string, onWait: () => void): Promise<AsyncDisposable> {
  while (true) {
    const held = await listen(socketFile);
    if (held !== 'taken') return held;
    const holder = await reach(socketFile);
    if (holder === undefined) {
      await rm(socketFile, { force: true });
      continue;
    }
    onWait();
    await closed(holder);
  }
}

async function listen(socketFile: string): Promise<AsyncDisposable | 'taken'> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => {}).on('close', () => waiting.delete(socket));
  });
  try {
    await once(server.listen(socketFile), 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      ? 'taken'
      : { [Symbol.asyncDispose]: async () => {} };
  }
  return { [Symbol.asyncDispose]: () => free(server, waiting) };
}

async function free(server: Server, waiting: Set<Socket>): Promise<void> {
  server.close();
  for (const socket of waiting) socket.destroy();
  await once(server, 'close');
}

/** The connection to the holder; undefined if it is dead. */
async function reach(socketFile: string): Promise<Socket | undefined> {
  const socket = connect(socketFile);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** Not by `once`, which rejects at an error: a holder that ends before it has accepted us resets us. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {}).resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
