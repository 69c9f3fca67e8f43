// Free TCP ports of the loopback interface, and servers that are started on them.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { EndedEarlyError } from './processes.ts';

// Below the ports that systems give to outgoing connections (Linux from 32768, macOS from 49152). A server
// that is down for a while must find its port free again, and a client that keeps dialling a dead port
// inside that range can even connect to itself and so take it.
const FIRST_PORT = 20_000;
const END_OF_PORTS = 30_000;
const ATTEMPTS = 100;
const STARTS = 5;

/**
 * A port on 127.0.0.1 that is free at this moment. Another process may take it before the caller does:
 * `onFreePort` deals with that.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, END_OF_PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 in ${ATTEMPTS} tries between ${FIRST_PORT} and ${END_OF_PORTS}`);
}

/**
 * Starts a server on a free port; on another one if the process ends because the port was taken in between.
 * `start` must reject with EndedEarlyError then, as `StartedProcess.ready` does.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>, pickPort = freePort): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await pickPort());
    } catch (error) {
      const taken = error instanceof EndedEarlyError && error.output.includes('address already in use');
      if (!taken || attempt === STARTS) throw error;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host: '127.0.0.1', port, exclusive: true }), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  await once(server.close(), 'close');
  return true;
}
