/** The operators as the machine sees them: sockets, memory, metrics and the log. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { SeenProcess } from './moment.ts';

/** A running operator to look at. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: number;
  /** The base URL of /metrics. */
  readonly url: string;
}

const ANSWER_WITHIN_MS = 1_000;

/** Undefined once the process has ended. */
export async function lookAt({
  url,
  ...process
}: Watched): Promise<{ seen: SeenProcess; scrape: string } | undefined> {
  const scrape = await metricsOf(url).catch(() => '');
  try {
    const sockets = await socketsOf(process.pid);
    const residentBytes = await residentBytesOf(process.pid);
    const metrics = scrape === '' ? undefined : valuesIn(scrape);
    return { seen: { ...process, sockets, residentBytes, metrics }, scrape };
  } catch {
    return undefined;
  }
}

async function socketsOf(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  return links.filter((link) => link.startsWith('socket:')).length;
}

async function residentBytesOf(pid: number): Promise<number> {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/** Asks on a new connection, so that none is left for the next look. */
function metricsOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const asked = get(`${url}/metrics`, { agent: false, signal }, (response) => {
      text(response).then(resolve, reject);
    });
    asked.once('error', reject);
  });
}

function valuesIn(scrape: string): ReadonlyMap<string, number> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
