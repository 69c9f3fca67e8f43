// The demo from its first line to its last: starts the world, shows the tour, stays if asked to, and clears
// up.

import { once } from 'node:events';
import { join } from 'node:path';
import { type DemoWorld, endsOfLogs, startDemoWorld } from './demo-world.ts';
import { References } from './references.ts';
import { makeJobs, readSamples, type Samples } from './samples.ts';
import { exportLines, isOnPath, suggestions } from './second-terminal.ts';
import type { Screen } from './terminal/screen.ts';
import { runTour } from './tour.ts';

export type DemoOptions = {
  readonly screen: Screen;
  /** Whether to continue after the tour, until `stop`. */
  readonly stays: boolean;
  /** Aborted when the user wants no more. */
  readonly stop: AbortSignal;
};

/**
 * Resolves after the tour; if it stays, when `stop` is aborted then. Rejects when something did not happen,
 * with the ends of the logs shown, and when `stop` is aborted before the end of the tour.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { screen, stop } = options;
  introduce(screen);
  await using ending = new AsyncDisposableStack();
  const world = await startDemoWorld(ending, (line) => screen.item(line), stop);
  try {
    await runIn(world, options);
  } catch (error) {
    if (!stop.aborted) screen.block(await endsOfLogs(world));
    throw error;
  }
}

function introduce(screen: Screen): void {
  screen.title('The EdgeTranscodeJob operator at work');
  screen.say(
    'An EdgeTranscodeJob is a Kubernetes object that names one edge transcoding job of Alibaba Cloud Live. The operator asks ' +
      "the cloud about that job again and again, and keeps the answer in the object's status.",
  );
  screen.say(
    'Here it works with a real Kubernetes API server and a simulated cloud. All listen on loopback only, need no account, ' +
      'and are gone when the demo ends. Starting them:',
  );
}

async function runIn(world: DemoWorld, { screen, stays, stop }: DemoOptions): Promise<void> {
  const samples = await readSamples();
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  try {
    const { controlPlane, cloud, prometheus } = world;
    const references = new References(screen);
    references
      .watch(controlPlane, signal)
      .catch((cause: unknown) => over.abort(new Error('lost the API server', { cause })));
    abortWhenOneEnds(world, over);
    await makeJobs(samples, cloud.admin);
    const exports = await exportsFor(world);
    inviteToJoin(screen, exports);
    const kubectl = (...args: string[]) => controlPlane.kubectl(...args);
    await runTour({ screen, samples, references, cloud: cloud.admin, prometheus, kubectl, signal });
    if (stays) await stay(world, { screen, samples, exports, signal, stop });
    else screen.say('The tour is over. On a terminal the demo would stay now, for commands of your own.');
  } finally {
    over.abort();
  }
}

/** Nothing more can be shown without all of them. */
function abortWhenOneEnds({ cloud, operator }: DemoWorld, over: AbortController): void {
  for (const { name, exited } of [cloud.process, operator.process]) {
    void exited.then(({ code, signal }) =>
      over.abort(new Error(`the ${name} ended (${signal ?? `exit code ${code}`})`)),
    );
  }
}

async function exportsFor({ controlPlane, cloud, prometheus, kubectl }: DemoWorld): Promise<string[]> {
  return exportLines({
    kubeconfig: controlPlane.kubeconfig,
    kubectlCache: join(controlPlane.directory, 'kubectl-cache'),
    adminURL: cloud.adminURL,
    prometheusURL: prometheus?.url,
    kubectl: (await isOnPath('kubectl', process.env.PATH ?? '')) ? undefined : kubectl,
  });
}

function inviteToJoin(screen: Screen, exports: readonly string[]): void {
  screen.say('All that follows can also be done by hand, in a second terminal with these settings:');
  screen.toPaste(exports);
}

type Stay = {
  readonly screen: Screen;
  readonly samples: Samples;
  readonly exports: readonly string[];
  readonly signal: AbortSignal;
  readonly stop: AbortSignal;
};

/** Resolves when `stop` is aborted. Rejects when `signal` is for another reason. */
async function stay(
  { operator, prometheus }: DemoWorld,
  { screen, samples, exports, signal, stop }: Stay,
): Promise<void> {
  screen.heading('Your turn');
  screen.say('Changes are shown here until you press Ctrl-C. In a second terminal, paste first:');
  screen.toPaste(exports);
  screen.say('Then try:');
  const subjects = {
    followed: samples.expectedState,
    seldom: samples.minimal.name,
    operatorURL: operator.url,
    operatorLog: operator.process.logFile,
    isMonitored: prometheus !== undefined,
  };
  for (const { what, commands } of suggestions(subjects)) {
    screen.item(`${what}:`);
    screen.toPaste(commands);
  }
  screen.blank();
  if (!signal.aborted) await once(signal, 'abort');
  if (!stop.aborted) throw signal.reason;
}
