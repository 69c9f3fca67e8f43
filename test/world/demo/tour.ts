// What the demo shows, step by step. Each step does what a user would do, with the command shown, and ends
// when its effect is there.

import type { AdminClient } from '../../../simulator/admin/admin-client.ts';
import { REQUESTED_AT_ANNOTATION } from '../../../src/api/edge-transcode-job.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import type { Prometheus } from '../monitoring/servers.ts';
import { showAlerts } from './alerts.ts';
import { condition, has, type Reference, type References, type Wanted } from './references.ts';
import type { Sample, Samples } from './samples.ts';
import { curl } from './second-terminal.ts';
import type { Screen } from './terminal/screen.ts';
import { shellLine } from './terminal/text.ts';

export type Tour = {
  readonly screen: Screen;
  readonly samples: Samples;
  readonly references: References;
  readonly cloud: AdminClient;
  /** Undefined where no Prometheus is built. */
  readonly prometheus: Prometheus | undefined;
  kubectl(...args: string[]): Promise<KubectlResult>;
  /** Aborted when the tour is to end. */
  readonly signal: AbortSignal;
};

const REFUSED = 'test/world/demo/refused.yaml';

/** Runs the tour. Rejects when an effect does not occur in time. */
export async function runTour(tour: Tour): Promise<void> {
  await becomeReady(tour);
  await startAndStop(tour);
  await vanish(tour);
  await refresh(tour);
  await refuse(tour);
  const { samples } = tour;
  const caused = [
    ['EdgeTranscodeJobNotAsExpected', samples.expectedState.name],
    ['EdgeTranscodeJobNotReady', samples.suspended.name],
  ] as const;
  await showAlerts({ ...tour, caused });
}

async function becomeReady(tour: Tour): Promise<void> {
  const { screen, samples } = tour;
  const { minimal, expectedState, suspended } = samples;
  screen.heading('1. References become Ready');
  screen.say(
    'Three samples, each naming a job of the simulated cloud. A row is printed when one of its columns changes, as by ' +
      '`kubectl get edgetranscodejobs --watch`. Ready means that the status can be relied on, whether or not the job runs.',
  );
  const files = [minimal, expectedState, suspended].flatMap(({ file }) => ['-f', file]);
  await kubectl(tour, 'apply', ...files);
  await until(tour, minimal, has('Ready', 'True', 'ObservationSucceeded'));
  await until(tour, expectedState, has('Ready', 'True', 'ObservationSucceeded'));
  await until(tour, suspended, has('Ready', 'True', 'Suspended'));
  screen.result(
    `${suspended.name} is suspended: its state is unknown, because the operator does not poll it.`,
  );
}

async function startAndStop(tour: Tour): Promise<void> {
  const { screen, samples } = tour;
  const { expectedState: sample } = samples;
  screen.heading('2. A job starts and stops');
  screen.say(`${sample.name} expects its job to run. Poll it every 5 s; the sample says 30 s.`);
  await kubectl(tour, 'patch', 'etj', sample.name, '--type=merge', '--patch={"spec":{"interval":"5s"}}');
  screen.say(
    'Start the job in the cloud, as its owner would. The next poll, a few seconds later, finds it running.',
  );
  await inCloud(tour, 'startJob', sample);
  showCondition(
    screen,
    await until(tour, sample, has('AsExpected', 'True', 'MatchesExpectedState')),
    'AsExpected',
  );
  screen.say('Stop it again.');
  await inCloud(tour, 'stopJob', sample);
  showCondition(
    screen,
    await until(tour, sample, has('AsExpected', 'False', 'DiffersFromExpectedState')),
    'AsExpected',
  );
}

async function vanish(tour: Tour): Promise<void> {
  const { screen, samples } = tour;
  const { suspended: sample } = samples;
  screen.heading('3. A job vanishes');
  screen.say(`Resume ${sample.name} and poll it every 5 s.`);
  await kubectl(
    tour,
    'patch',
    'etj',
    sample.name,
    '--type=merge',
    '--patch={"spec":{"suspend":false,"interval":"5s"}}',
  );
  await until(tour, sample, has('Ready', 'True', 'ObservationSucceeded'));
  screen.say('Its job is removed from the cloud.');
  await inCloud(tour, 'removeJob', sample);
  showCondition(screen, await until(tour, sample, has('Ready', 'False', 'JobNotFound')), 'Ready');
}

async function refresh(tour: Tour): Promise<void> {
  const { screen, samples } = tour;
  const { minimal: sample } = samples;
  const token = String(Math.floor(Date.now() / 1_000));
  screen.heading('4. A refresh by annotation');
  screen.say(`${sample.name} is polled once a minute. Its job stops; request an observation now.`);
  await inCloud(tour, 'stopJob', sample);
  await kubectl(tour, 'annotate', 'etj', sample.name, '--overwrite', `${REQUESTED_AT_ANNOTATION}=${token}`);
  const { status } = await until(tour, sample, {
    what: `status.lastHandledRequestedAt ${token}`,
    holds: (each) => each.status.lastHandledRequestedAt === token && each.status.state === 'NotStarted',
  });
  screen.result(`status.lastHandledRequestedAt is ${status.lastHandledRequestedAt}: the request was served.`);
}

async function refuse({ screen, kubectl }: Tour): Promise<void> {
  screen.heading('5. An object is refused');
  screen.say('The API server validates objects and says what to write instead.');
  await screen.command(`kubectl apply -f ${REFUSED}`, async () => {
    const { code, stdout, stderr } = await kubectl('apply', '-f', REFUSED);
    if (code === 0) throw new Error(`${REFUSED} was not refused: ${stdout}`);
    return stderr;
  });
}

/** Runs kubectl, shown as typed. */
async function kubectl({ screen, kubectl }: Tour, ...args: string[]): Promise<void> {
  await screen.command(shellLine(['kubectl', ...args]), async () => {
    const { code, stdout, stderr } = await kubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  });
}

/** Calls a verb of the simulated cloud, shown as the curl command for it. */
async function inCloud(
  { screen, cloud }: Tour,
  verb: 'startJob' | 'stopJob' | 'removeJob',
  { clusterID, jobID }: Sample,
): Promise<void> {
  await screen.command(curl(verb, jobID), async () => {
    await cloud[verb]({ clusterID, jobID });
    return '';
  });
}

function until({ references, signal }: Tour, { name }: Sample, wanted: Wanted): Promise<Reference> {
  return references.until(name, wanted, signal);
}

/** Shows a condition of the object with its reason and message. */
function showCondition(screen: Screen, reference: Reference, type: 'Ready' | 'AsExpected'): void {
  const { status, reason, message } = condition(reference, type) ?? {};
  screen.result(`${type} is ${status}, ${reason}: ${message}`);
}
