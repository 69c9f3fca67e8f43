/**
 * Prometheus and Alertmanager as processes on the loopback interface.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePort } from '../processes/ports.ts';
import type { Processes } from '../processes/processes.ts';

/** An alert as Prometheus has it. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>> & { readonly alertname: string };
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  /** Since when its condition holds, in UTC. */
  readonly activeAt: string;
}

/** An alert as Alertmanager has it. */
export interface ReceivedAlert {
  readonly labels: Readonly<Record<string, string>> & { readonly alertname: string };
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] };
}

/** A part of an expression as Prometheus parses it. */
export interface Expression {
  readonly type: string;
  /** The metric, if this is a selector. */
  readonly name?: string;
  readonly matchers?: readonly { readonly name: string }[];
}

/** One series that a query answered with. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Times in s since 1970, and values; NaN where there is no number. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

/** A time range, in s since 1970, and the distance of its points. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

type Point = readonly [at: number, value: string];

interface Answered {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    /** Set for an instant. */
    readonly value?: Point;
    /** Set for a range. */
    readonly values?: readonly Point[];
  }[];
}

export class Prometheus {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** The alerts that fire now. */
  async firing(): Promise<readonly Alert[]> {
    const { alerts } = await this.#get<{ alerts: readonly Alert[] }>('alerts');
    return alerts.filter(({ state }) => state === 'firing');
  }

  /** The selectors of an expression. @throws where it does not parse */
  async selectorsIn(expression: string): Promise<readonly Expression[]> {
    return selectorsOf(await this.#get(`parse_query?query=${encodeURIComponent(expression)}`));
  }

  /** What an expression is at a time, in s since 1970. @throws where it is wrong */
  async query(expression: string, at: number): Promise<readonly Series[]> {
    const parameters = new URLSearchParams({ query: expression, time: String(at) });
    return seriesOf(await this.#get<Answered>(`query?${parameters}`));
  }

  /** What an expression was over time. @throws where it is wrong */
  async queryRange(expression: string, { from, to, step }: Range): Promise<readonly Series[]> {
    const range = { start: String(from), end: String(to), step: String(step) };
    return seriesOf(
      await this.#get<Answered>(`query_range?${new URLSearchParams({ query: expression, ...range })}`),
    );
  }

  /** The values that a label has in the series of a selector. */
  labelValues(selector: string, label: string): Promise<readonly string[]> {
    return this.#get(`label/${label}/values?${new URLSearchParams({ 'match[]': selector })}`);
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}`);
    const { data, error } = (await answer.json()) as { data: T; error?: string };
    if (error) throw new Error(`Prometheus: ${error}`);
    return data;
  }
}

export class Alertmanager {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** The alerts that have not ended, inhibited ones included. */
  async alerts(): Promise<readonly ReceivedAlert[]> {
    return (await (await fetch(`${this.url}/api/v2/alerts`)).json()) as readonly ReceivedAlert[];
  }
}

/** @param config as JSON, which is YAML */
export function startPrometheus(processes: Processes, program: string, config: object): Promise<Prometheus> {
  return onFreePort(async (port) => {
    const folder = join(processes.directory, `prometheus-${port}`);
    const file = await configured(folder, JSON.stringify(config));
    const url = `http://127.0.0.1:${port}`;
    const started = await processes.start({
      name: 'prometheus',
      command: program,
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
    });
    await started.ready(() => isReady(url));
    return new Prometheus(url);
  });
}

/** @param config the text of its configuration */
export function startAlertmanager(
  processes: Processes,
  program: string,
  config: string,
): Promise<Alertmanager> {
  return onFreePort(async (port) => {
    const folder = join(processes.directory, `alertmanager-${port}`);
    const file = await configured(folder, config);
    const url = `http://127.0.0.1:${port}`;
    const started = await processes.start({
      name: 'alertmanager',
      command: program,
      args: [
        `--config.file=${file}`,
        `--storage.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
        // No cluster: it would listen on all interfaces.
        '--cluster.listen-address=',
      ],
    });
    await started.ready(() => isReady(url));
    return new Alertmanager(url);
  });
}

async function configured(folder: string, config: string): Promise<string> {
  await mkdir(folder);
  const file = join(folder, 'config.yaml');
  await writeFile(file, config);
  return file;
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/-/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

function seriesOf({ result }: Answered): Series[] {
  return result.map(({ metric, value, values = value ? [value] : [] }) => ({
    labels: metric,
    points: values.map(([at, text]) => [at, Number(text)]),
  }));
}

/** The selectors below a node of a parsed expression, itself included. */
function selectorsOf(node: unknown): Expression[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type } = node as { type?: unknown };
  const own = type === 'vectorSelector' || type === 'matrixSelector' ? [node as Expression] : [];
  return [...own, ...Object.values(node).flatMap(selectorsOf)];
}
