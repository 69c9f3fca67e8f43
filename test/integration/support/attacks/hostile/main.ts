/**
 * Hostile endpoints as a program: `main.ts BEHAVIOUR COUNT`. It listens on that number of free ports of
 * loopback, prints them as a line of JSON, and then the number of calls whenever it has changed.
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { BEHAVIOURS, isBehaviour, SILENT } from './behaviours.ts';

const REPORT_EVERY_MS = 200;

const [name, count] = process.argv.slice(2);
let calls = 0;
let reported = 0;

/** A server that accepts connections and never writes a byte: a handshake of TLS stays half done. */
function silent(): TcpServer {
  return createTcpServer((socket) => {
    calls += 1;
    socket.on('error', () => undefined).resume();
  });
}

function answering(behaviour: string | undefined): Server {
  if (!isBehaviour(behaviour)) throw new Error(`there is no behaviour ${behaviour}`);
  const answer = BEHAVIOURS[behaviour];
  let number = 0;
  return createServer((request, response) => {
    calls += 1;
    number += 1;
    const call = { request, response, number };
    request.resume().once('end', () => answer(call));
    // The operator ends calls in the middle.
    response.on('error', () => undefined);
    request.socket.on('error', () => undefined);
  });
}

function listen(): Promise<number> {
  const server = name === SILENT ? silent() : answering(name);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

const ports = await Promise.all(Array.from({ length: Number(count) }, listen));
console.log(JSON.stringify({ ports }));
setInterval(() => {
  if (calls > reported) console.log(JSON.stringify({ calls }));
  reported = calls;
}, REPORT_EVERY_MS);
