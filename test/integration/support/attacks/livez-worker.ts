/**
 * A thread that asks /livez ten times a second and measures the answers. A thread of its own, because the
 * thread of the test is busy with the attack.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/** The longest time until an answer, in milliseconds. */
export interface Livez {
  readonly worstMs: number;
  /**
   * The longest, less the time for which the operator's main thread, or the one that measures, was ready and
   * had no processor. That part is the machine's, and is long where others use the machine.
   */
  readonly worstOwnMs: number;
  readonly probes: number;
  /** Probes without an answer, such as those after the end of the process. */
  readonly unanswered: number;
}

export interface LivezTarget {
  readonly url: string;
  readonly pid: number;
}

const EVERY_MS = 100;
const NS_PER_MS = 1e6;

/** An address that no attacker has, as the kubelet's. Linux has all of 127.0.0.0/8 on loopback. */
const FROM = process.platform === 'linux' ? { localAddress: '127.0.0.2' } : {};

const { url, pid } = workerData as LivezTarget;
const port = parentPort;
const open = new Set<() => void>();
let [worstMs, worstOwnMs, probes, unanswered] = [0, 0, 0, 0];

function probe(): void {
  const began = performance.now();
  const before = waitedForProcessor();
  probes += 1;
  const measure = () => {
    if (!open.delete(measure)) return;
    const ms = performance.now() - began;
    worstMs = Math.max(worstMs, ms);
    const after = waitedForProcessor();
    // Both may have waited at the same time: the longer of the two is certainly not the operator's.
    const waitedMs = Math.max(...after.map((each, thread) => each - (before[thread] ?? 0)));
    worstOwnMs = Math.max(worstOwnMs, ms - waitedMs);
  };
  open.add(measure);
  const failed = () => {
    unanswered += 1;
    measure();
  };
  // Each probe has its own connection, as the kubelet's have.
  const request = get(`${url}/livez`, { agent: false, ...FROM }, (response) => {
    response.resume();
    response.on('end', measure);
    response.on('error', failed);
  });
  request.on('error', failed);
}

/** How long the operator's main thread and this one have waited for a processor, in milliseconds. */
function waitedForProcessor(): readonly number[] {
  return [`/proc/${pid}/schedstat`, '/proc/thread-self/schedstat'].map(waitedMs);
}

/** 0 where the system does not say. */
function waitedMs(schedstat: string): number {
  try {
    return Number(readFileSync(schedstat, 'utf8').split(' ')[1]) / NS_PER_MS;
  } catch {
    return 0;
  }
}

const timer = setInterval(probe, EVERY_MS);
port?.once('message', () => {
  clearInterval(timer);
  // Those that still wait have waited so long at least.
  for (const measure of [...open]) measure();
  port.postMessage({ worstMs, worstOwnMs, probes, unanswered } satisfies Livez);
});
