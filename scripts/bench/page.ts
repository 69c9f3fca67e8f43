// The status page beside polls: periods without readers, with some, and with more than are answered take
// turns, so that what else the machine does disturbs all alike.

import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Operator } from '../../test/world/operator.ts';
import { Processes } from '../../test/world/processes/processes.ts';
import { startSimulatedCloud } from '../../test/world/simulated-cloud.ts';
import { JOB, jobPrefix } from './made-up-objects.ts';
import { quantile } from './targets/row.ts';
import { CLUSTER_ID, type Staged, stage } from './targets/stage.ts';
import { usageOf } from './usage.ts';

export type PageCost = {
  readonly objects: number;
  readonly intervalSeconds: number;
  readonly alone: Beside;
  /** One for each of `RATES`. */
  readonly read: readonly Read[];
};

export type Read = {
  /** Pages that were requested a second. */
  readonly rate: number;
  readonly beside: Beside;
  /** How long the pages took, ms. */
  readonly pages: readonly number[];
  /** Answers that were not 200, such as 503 to too many. */
  readonly refused: number;
};

/** What the operator did in the periods of one kind. */
export type Beside = {
  readonly polls: number;
  /** How much later than scheduled polls were sent, s: on average, and what 99 of 100 do not exceed. */
  readonly lag: { readonly mean: number; readonly most: number };
  /** How long /livez took, ms: it waits for the event loop. */
  readonly livez: readonly number[];
  readonly cpuSeconds: number;
};

const ROUNDS = 4;
const PERIOD_MS = 15_000;

/** Pages a second: an open page is fetched each 5 s, so 20 persons with a page each; and too many. */
const RATES = [4, 20];
const LIVEZ_EVERY_MS = 50;

/** The polls of each account, a minute, and those that leave room for other calls. */
const MOST_A_MINUTE = 5_000;

/** Each page is another one, so that none is shared. */
const TARGETS: readonly ((number: number) => string)[] = [
  (number) => `?page=${number}`,
  (number) => `?q=${number}&sort=observed`,
  (number) => `?sort=since&page=${number}`,
  (number) => `?object=media-production/edge-transcode-job-${String(2 * number).padStart(6, '0')}`,
];

export async function measurePage(objects: number, report: (line: string) => void): Promise<PageCost> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'operator-bench-'));
  await using processes = new Processes(folder.path);
  const cloud = await startSimulatedCloud(processes);
  const jobs = { ...JOB, clusterIDs: [CLUSTER_ID], prefix: jobPrefix(0), count: objects };
  await cloud.admin.createJobs(jobs);
  const intervalSeconds = Math.max(60, Math.ceil((objects / MOST_A_MINUTE) * 60));
  const args = ['--observe-with=get', '--page-address=127.0.0.1:0'];
  await using staged = await stage(processes, cloud, { name: 'page', objects, intervalSeconds, args });
  report(
    `${objects} objects every ${intervalSeconds} s: ${ROUNDS} × ${PERIOD_MS / 1_000} s without readers, and with each number of them`,
  );
  await delay(PERIOD_MS);
  const alone: Period[] = [];
  const crowds = RATES.map((rate) => ({ readers: new Readers(staged, rate), periods: [] as Period[] }));
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await period(staged.operator));
    for (const { readers, periods } of crowds) {
      const end = readers.begin();
      periods.push(await period(staged.operator));
      await end();
    }
  }
  const read = crowds.map(({ readers: { rate, pages, refused }, periods }) => {
    return { rate, pages, refused, beside: together(periods) };
  });
  return { objects, intervalSeconds, alone: together(alone), read };
}

class Readers {
  readonly pages: number[] = [];
  refused = 0;
  /** Pages that are requested a second. */
  readonly rate: number;
  readonly #url: string;
  #number = 0;

  constructor({ operator }: Staged, rate: number) {
    this.#url = operator.pageUrl ?? '';
    this.rate = rate;
  }

  /** Reads pages until the function that it returns is called. */
  begin(): () => Promise<void> {
    const under: Promise<void>[] = [];
    const timer = setInterval(() => under.push(this.#read()), 1_000 / this.rate);
    return async () => {
      clearInterval(timer);
      await Promise.all(under);
    };
  }

  async #read(): Promise<void> {
    this.#number += 1;
    const target = TARGETS[this.#number % TARGETS.length] as (number: number) => string;
    const began = performance.now();
    const answer = await fetch(`${this.#url}${target(this.#number)}`);
    await answer.arrayBuffer();
    if (answer.status === 200) this.pages.push(performance.now() - began);
    else this.refused += 1;
  }
}

type Period = {
  readonly lags: ReadonlyMap<number, number>;
  readonly sum: number;
  readonly cpuSeconds: number;
  readonly livez: readonly number[];
};

async function period(operator: Operator): Promise<Period> {
  const livez: number[] = [];
  const [before, usedBefore] = [await lagsOf(operator), await usageOf(operator)];
  const ends = performance.now() + PERIOD_MS;
  while (performance.now() < ends) {
    const began = performance.now();
    await (await fetch(`${operator.url}/livez`)).text();
    livez.push(performance.now() - began);
    await delay(LIVEZ_EVERY_MS);
  }
  const [after, used] = [await lagsOf(operator), await usageOf(operator)];
  const lags = new Map(
    Array.from(after.lags, ([bound, count]) => [bound, count - (before.lags.get(bound) ?? 0)]),
  );
  return { lags, sum: after.sum - before.sum, cpuSeconds: used.cpuSeconds - usedBefore.cpuSeconds, livez };
}

/** The histogram of the lags of all polls so far: the number of polls up to each bound in seconds. */
async function lagsOf(operator: Operator): Promise<Pick<Period, 'lags' | 'sum'>> {
  const text = await operator.metrics();
  const buckets = text.matchAll(/^edgetranscode_poll_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$/gm);
  const sum = Number(/^edgetranscode_poll_lag_seconds_sum (\S+)$/m.exec(text)?.[1]);
  const bound = (le = '') => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le));
  return { lags: new Map(Array.from(buckets, ([, le, count]) => [bound(le), Number(count)])), sum };
}

function together(periods: readonly Period[]): Beside {
  const sum = (value: (each: Period) => number) => periods.reduce((all, each) => all + value(each), 0);
  const bounds = [...(periods[0]?.lags.keys() ?? [])];
  const upTo = (bound: number) => sum(({ lags }) => lags.get(bound) ?? 0);
  const polls = upTo(Number.POSITIVE_INFINITY);
  return {
    polls,
    lag: {
      mean: sum((each) => each.sum) / polls,
      most: bounds.find((bound) => upTo(bound) >= 0.99 * polls) ?? Number.NaN,
    },
    livez: periods.flatMap((each) => each.livez),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
  };
}

/** What half, and 99 of 100, do not exceed. */
export function halfAnd99(values: readonly number[]): [half: number, most: number] {
  return [quantile(values, 0.5), quantile(values, 0.99)];
}
