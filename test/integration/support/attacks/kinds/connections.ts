/** Attacks by pods that reach the port of metrics and probes. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Running } from '../attack.ts';
import { madeUp } from './objects.ts';

const SCRAPED = 3_000;
const SCRAPERS = 200;

export const SCRAPERS_OF_METRICS: Attack = {
  name: '200 scrapers of /metrics, 3,000 objects',
  before: ({ tenant }) => tenant.store(madeUp(SCRAPED)),
  during: async ({ operator, signal }) => {
    let scrapes = 0;
    const scrape = async () => {
      while (!signal.aborted) {
        // Refused connections and broken answers are what an operator may do against it.
        await fetch(`${operator.url}/metrics`, { signal })
          .then((response) => response.arrayBuffer())
          .catch(() => undefined);
        scrapes += 1;
      }
    };
    const scrapers = Promise.all(Array.from({ length: SCRAPERS }, scrape));
    return async () => {
      await scrapers;
      return scrapes;
    };
  },
  counts: 'scrapes',
  atLeast: SCRAPERS,
};

const REQUEST = 'GET /metrics HTTP/1.1\r\nhost: operator\r\n\r\n';

/** Keeps this many connections open, and opens another for each that the operator closes. */
function keepOpen(count: number, talk: (socket: Socket) => void) {
  return async ({ operator, signal, stack }: Pick<Running, 'operator' | 'signal' | 'stack'>) => {
    const port = Number(new URL(operator.url).port);
    const open = new Set<Socket>();
    let opened = 0;
    stack.defer(() => open.forEach((socket) => void socket.destroy()));
    const keep = async () => {
      while (!signal.aborted) {
        for (; open.size < count; opened += 1) {
          const socket = connect(port, '127.0.0.1', () => talk(socket)).on('error', () => undefined);
          open.add(socket.once('close', () => open.delete(socket)));
        }
        await delay(100);
      }
    };
    void keep();
    return () => opened;
  };
}

export const SCRAPERS_THAT_DO_NOT_READ: Attack = {
  name: '200 scrapers that read nothing, 3,000 objects',
  before: ({ tenant }) => tenant.store(madeUp(SCRAPED)),
  during: keepOpen(SCRAPERS, (socket) => socket.pause().write(REQUEST.repeat(20))),
  counts: 'connections',
  atLeast: SCRAPERS,
};

const IDLE = 2_000;

export const IDLE_CONNECTIONS: Attack = {
  name: '2,000 connections that say nothing',
  during: keepOpen(IDLE, () => undefined),
  counts: 'connections',
  atLeast: IDLE,
};
