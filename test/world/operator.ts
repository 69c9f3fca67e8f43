/**
 * The built operator, dist/main.js, as a process.
 */
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Processes, StartedProcess } from './processes/processes.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

export interface OperatorOptions {
  readonly kubeconfig: string;
  /** Its credentials, which all namespaces may use, and endpoints; undefined: none are given. */
  readonly cloud?: SimulatedCloud | undefined;
  /** Its log is `<name>.log`; default `operator`. */
  readonly name?: string;
  /** Further flags. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that the operator's own command line follows, such as `['nice']`. It must end in an exec. */
  readonly launcher?: readonly string[];
  /** Where the operator finds the kubeconfig. Default: the option, as a person names it. */
  readonly kubeconfigIn?: 'option' | 'environment';
  /** Whether to wait until it is ready; default true. */
  readonly untilReady?: boolean;
}

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

const PROGRAM = 'dist/main.js';

/** The flags of Node in the image: what is measured is what is shipped. */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=4',
  '--heap-growing-percent=10',
  '--no-maglev-destroy-on-background',
  '--no-separate-gc-phases',
  '--max-opt=2',
];
export const NODE_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16384',
};

/** The operator answers scrapes from one rendering for a second after its end. */
const RENDERING_REUSED_MS = 1_000;

export class Operator implements AsyncDisposable {
  readonly process: StartedProcess;
  /** The base URL of /metrics, /livez and /readyz. */
  readonly url: string;
  #scrapedAt = Number.NEGATIVE_INFINITY;

  constructor(started: StartedProcess, url: string) {
    this.process = started;
    this.url = url;
  }

  /** The base URL of the status page; undefined without `--page-address`. */
  get pageUrl(): string | undefined {
    const line = this.log().find(({ msg }) => msg === 'serving the status page');
    return line && `http://127.0.0.1:${line.port}/`;
  }

  /** What it has logged so far. */
  log(): LogLine[] {
    const lines = this.process.output().split('\n');
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  }

  /** The metrics of now: waits until those of the last scrape are no longer reused. */
  async metrics(): Promise<string> {
    await delay(Math.max(0, this.#scrapedAt + RENDERING_REUSED_MS - performance.now()));
    const { body } = await answerOf(`${this.url}/metrics`);
    this.#scrapedAt = performance.now();
    return body;
  }

  /**
   * The value of one series, such as `edgetranscode_status_writes_total{result="written"}`; 0 when there is
   * none. Throws when there is no metric of that name: a test that expects 0 would not notice a new name.
   */
  async metric(series: string): Promise<number> {
    const text = await this.metrics();
    const [name = ''] = series.split('{');
    if (!text.includes(`# TYPE ${name.replace(/_(bucket|count|sum)$/, '')} `))
      throw new Error(`/metrics has no metric ${name}`);
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line ? Number(line.slice(series.length + 1)) : 0;
  }

  async isReady(): Promise<boolean> {
    return (await answerOf(`${this.url}/readyz`)).status === 200;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
  }
}

/**
 * Asks on a new connection: a kept one may be closed by the operator, as idle, just when it is used again.
 * Not by `fetch`: the undici in Node.js 24.21 fails an assertion, which ends the process, when a connection
 * ends while a large answer is read.
 */
function answerOf(url: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
    request.once('error', reject);
  });
}

/** Resolves when it is ready: its first list is in. */
export async function startOperator(processes: Processes, options: OperatorOptions): Promise<Operator> {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}: run \`make build\` first`);
  const { kubeconfig, kubeconfigIn = 'option', cloud, args = [], launcher = [], untilReady = true } = options;
  const [command = process.execPath, ...before] = [...launcher, process.execPath];
  const started = await processes.start({
    name: options.name ?? 'operator',
    command,
    args: [
      ...before,
      ...NODE_FLAGS,
      PROGRAM,
      ...(kubeconfigIn === 'option' ? [`--kubeconfig=${kubeconfig}`] : []),
      '--http-address=127.0.0.1:0',
      ...(cloud ? argumentsFor(cloud) : []),
      ...args,
    ],
    env: {
      PATH: process.env.PATH,
      ...NODE_ENVIRONMENT,
      ...(kubeconfigIn === 'environment' && { KUBECONFIG: kubeconfig }),
      ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
      ...(cloud && environmentFor(cloud)),
      ...options.env,
    },
  });
  const [, port] = await started.printed(/"port":(\d+)/);
  const operator = new Operator(started, `http://127.0.0.1:${port}`);
  // Should it die meanwhile, `ready` says so, with its log.
  if (untilReady) await started.ready(() => operator.isReady().catch(() => false));
  return operator;
}

/** The operator's own credentials of that cloud. */
export function environmentFor({ accessKey }: SimulatedCloud): Record<string, string> {
  return {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.accessKeyID,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.accessKeySecret,
  };
}

/** The options that lead to that cloud. All namespaces may use the operator's own credentials. */
export function argumentsFor({ endpoint, stsEndpoint }: SimulatedCloud): string[] {
  return [`--endpoint=${endpoint}`, `--sts-endpoint=${stsEndpoint}`, '--default-credentials-namespaces=*'];
}
