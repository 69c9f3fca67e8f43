// The processes of the demo: API server (with etcd), simulated cloud, operator and Prometheus, and where
// their logs are.

import { mkdtemp, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPlaneBinaries } from '../control-plane/binaries/binaries.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { served } from '../control-plane/served.ts';
import { builtMonitoringPrograms } from '../monitoring/programs.ts';
import { shippedRulesWithoutWaits } from '../monitoring/rules.ts';
import { type Prometheus, startPrometheus } from '../monitoring/servers.ts';
import { type Operator, startOperator } from '../operator.ts';
import { Processes } from '../processes/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../simulated-cloud.ts';

const TAIL_LINES = 15;

export type DemoWorld = {
  readonly controlPlane: ControlPlane;
  readonly cloud: SimulatedCloud;
  readonly operator: Operator;
  /** Runs the shipped rules. Undefined where no Prometheus is built: that takes minutes. */
  readonly prometheus: Prometheus | undefined;
  /** The program that belongs to the API server. */
  readonly kubectl: string;
};

/**
 * Starts everything, and has `ending` end it. `report` receives what takes long and what has started.
 * Rejects at once when `signal` is aborted; what is half started then dies with our process.
 */
export async function startDemoWorld(
  ending: AsyncDisposableStack,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<DemoWorld> {
  const { kubectl } = await unlessAborted(controlPlaneBinaries({ report }), signal);
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'edge-transcode-demo-')));
  const processes = ending.use(new Processes(directory));
  processes.removeAtEnd(directory);
  const starting = Promise.all([
    reported(startSimulatedCloud(processes), ({ endpoint }) => report(`Simulated cloud  ${endpoint}`)),
    reported(startControlPlane({ auditLog: false }), ({ server }) => report(`API server       ${server}`)),
  ]);
  const [cloud, controlPlane] = await unlessAborted(starting, signal);
  ending.use(controlPlane);
  await unlessAborted(applyDefinition(controlPlane), signal);
  report('CRD              applied from crds/');
  const { kubeconfig } = controlPlane;
  const operator = await unlessAborted(
    startOperator(processes, { kubeconfig, cloud, args: ['--page-address=127.0.0.1:0'] }),
    signal,
  );
  report(`Operator         ${operator.url}/metrics`);
  report(`Status page      ${operator.pageUrl}`);
  const prometheus = await unlessAborted(startMonitoring(processes, operator), signal);
  if (prometheus) report(`Prometheus       ${prometheus.url}/api/v1/alerts`);
  return { controlPlane, cloud, operator, prometheus, kubectl };
}

/** Starts a Prometheus that scrapes the operator every second, if one is built. */
async function startMonitoring(processes: Processes, { url }: Operator): Promise<Prometheus | undefined> {
  const programs = builtMonitoringPrograms();
  if (!programs) return undefined;
  const rules = join(processes.directory, 'rules.yaml');
  await writeFile(rules, await shippedRulesWithoutWaits());
  return startPrometheus(processes, programs.prometheus, {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: [
      { job_name: 'operator', honor_labels: true, static_configs: [{ targets: [new URL(url).host] }] },
    ],
  });
}

async function reported<T>(starting: Promise<T>, report: (started: T) => void): Promise<T> {
  const started = await starting;
  report(started);
  return started;
}

async function applyDefinition(controlPlane: ControlPlane): Promise<void> {
  const { code, stderr } = await controlPlane.kubectl('apply', '-f', 'crds/');
  if (code !== 0) throw new Error(`kubectl apply -f crds/ failed: ${stderr}`);
  await served(controlPlane, 'edgetranscodejobs');
}

/** Settles like `promise`, but rejects with the reason of `signal` as soon as the signal is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The last lines of each log. */
export async function endsOfLogs({ operator, controlPlane }: DemoWorld): Promise<string> {
  const ends: string[] = [];
  for (const folder of [join(controlPlane.directory, 'logs'), join(operator.process.logFile, '..')]) {
    for (const name of (await readdir(folder)).filter((each) => each.endsWith('.log'))) {
      const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
      // The simulated cloud prints its key when it starts. The key is made up, yet users must not get used to
      // seeing keys in logs.
      const printable = lines.filter((line) => !line.includes('accessKeySecret'));
      ends.push(`The end of ${name}:`, ...printable.slice(-TAIL_LINES), '');
    }
  }
  return ends.join('\n');
}
