/**
 * An outage of the cloud for objects that were observed before. With an interval of 5 s and a freshness of 2
 * the window is 40 s: a shorter outage leaves no trace in Kubernetes, and each object reports a longer one
 * once, at its own time.
 */
import { expect } from 'chai';
import type { NewFault } from '../../../../simulator/world/cloud-world.ts';
import { breakCalls, createJob, furtherCalls, type JobIDs, now } from '../cloud-side.ts';
import { newAccount, using } from '../credentialed.ts';
import type { Scene } from '../use-world.ts';
import { eventOf, eventReasons, secret, secretData, statusWrites } from '../user-side.ts';
import { condition, is, job, type Shown, type World } from '../world.ts';

const WINDOW_MS = 40_000;
/**
 * Longest time from the last observation before the outage to the status that reports it, on a busy machine.
 */
const OVERDUE = { withinMs: WINDOW_MS + 25_000 };
/** A hanging call is abandoned after 10 s, and a poll comes every 5 s. */
const POLLED = { withinMs: 40_000 };

interface Outage {
  readonly fault: NewFault;
  /** The kind of failure. */
  readonly cause: string;
  /** Calls that fail in an outage that is well shorter than the window. */
  readonly briefly: number;
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  hanging: { fault: { kind: 'hang' }, cause: 'ConnectionFailed', briefly: 1 },
  resetting: { fault: { kind: 'reset' }, cause: 'ConnectionFailed', briefly: 3 },
  unavailable: {
    fault: { kind: 'error', status: 503, code: 'ServiceUnavailable' },
    cause: 'ServerError',
    briefly: 3,
  },
  proxied: { fault: { kind: 'html' }, cause: 'UnexpectedResponse', briefly: 3 },
  silent: { fault: { kind: 'empty' }, cause: 'UnexpectedResponse', briefly: 3 },
  mistimed: {
    fault: { kind: 'error', status: 400, code: 'InvalidTimeStamp.Expired' },
    cause: 'ClockSkewed',
    briefly: 3,
  },
};

/** The scenarios of an outage, for an operator with `--freshness=2`. */
export function outageScenarios(scene: Scene): Record<string, () => Promise<void>> {
  return {
    ...scenarios(
      ({ cause }) => `that is short and shows itself as ${cause} leaves no trace`,
      (name, outage) => staysUnseen(scene.world, `briefly-${name}`, outage),
    ),
    ...scenarios(
      ({ cause }) => `that lasts and shows as ${cause} is reported once, and its end too`,
      (name, outage) => shows(scene.world, name, outage),
    ),

    'that lasts does not hide a failure that a person has to repair': async () => {
      const { world } = scene;
      const { key, ids } = await newAccount(world);
      await world.apply(secret('locked', secretData(key)), using('locked', ids));
      await ready(world, 'locked');
      await world.cloud.admin.removeKey({ accessKeyID: key.accessKeyID });
      await world.until('locked', (each) => is(each, 'Ready', 'False', 'AuthenticationFailed'));
      const overdue = await world.until('locked', (each) => is(each, 'Fresh', 'False'), OVERDUE);
      expect(condition(overdue, 'Ready')).to.include({ status: 'False', reason: 'AuthenticationFailed' });
      expect(condition(overdue, 'Stalled')?.reason).to.equal('AuthenticationFailed');
      expect(overdue.status.state).to.equal('Unknown');
    },
  };
}

/** A test for each of the outages. */
function scenarios(
  title: (outage: Outage) => string,
  test: (name: string, outage: Outage) => Promise<void>,
): Record<string, () => Promise<void>> {
  const named = Object.entries(OUTAGES).map(([name, outage]) => [
    `${title(outage)} (${name})`,
    () => test(name, outage),
  ]);
  return Object.fromEntries(named);
}

async function staysUnseen(world: World, name: string, { fault, briefly }: Outage): Promise<void> {
  const ids = await observed(world, name);
  const shown = await world.get(name);
  const since = await now(world);
  await breakCalls(world, ids, { ...fault, calls: briefly });
  const calls = await furtherCalls(world, ids, briefly + 2, { since, ...POLLED });
  expect(calls.filter(({ code }) => code === 'OK')).to.have.lengthOf.below(calls.length);
  expect(await world.get(name)).to.deep.equal(shown);
  expect(await statusWrites(world, name)).to.have.lengthOf(1);
  expect(await eventReasons(world, name)).to.deep.equal(['JobFound']);
}

async function shows(world: World, name: string, { fault, cause }: Outage): Promise<void> {
  const repair = await breakCalls(world, await observed(world, name), fault);
  const overdue = await world.until(name, (each) => is(each, 'Ready', 'False'), OVERDUE);
  expectOverdue(overdue, cause);
  expect(await statusWrites(world, name)).to.have.lengthOf(2);
  await repair();
  const recovered = await ready(world, name);
  expect(recovered.status.state).to.equal('Running');
  for (const type of ['Fresh', 'Running', 'AsExpected'] as const)
    expect(condition(recovered, type)?.status, type).to.equal('True');
  await eventOf(world, name, 'ObservationRecovered');
  const reasons = ['JobFound', 'ObservationOverdue', 'ObservationRecovered'];
  expect(await eventReasons(world, name)).to.deep.equal(reasons);
  expect(await statusWrites(world, name)).to.have.lengthOf(3);
}

/** An object without any failure. */
async function observed(world: World, name: string): Promise<JobIDs> {
  const ids = await createJob(world);
  await world.apply(job(name, { ...ids, expectedState: 'Running' }));
  await ready(world, name);
  await eventOf(world, name, 'JobFound');
  return ids;
}

function ready(world: World, name: string): Promise<Shown> {
  return world.until(name, (each) => is(each, 'Ready', 'True'), POLLED);
}

/** Not before its time, with the cause, and with the data of the last observation. */
function expectOverdue(shown: Shown, cause: string): void {
  const ready = condition(shown, 'Ready');
  expect(ready).to.include({ status: 'False', reason: 'ObservationOverdue' });
  expect(ready?.message).to.match(
    new RegExp(
      `^not observed for longer than the freshness window of 40s; the last attempt failed with ${cause}`,
    ),
  );
  for (const type of ['Fresh', 'Running', 'AsExpected'] as const)
    expect(condition(shown, type)?.reason, type).to.equal('ObservationOverdue');
  expect(condition(shown, 'Fresh')?.status).to.equal('False');
  expect(condition(shown, 'Running')?.status).to.equal('Unknown');
  expect(condition(shown, 'AsExpected')?.status).to.equal('Unknown');
  expect(condition(shown, 'Stalled')).to.equal(undefined);
  expect(shown.status.state).to.equal('Unknown');
  expect(shown.status.job?.status).to.equal('1');
  const age = Date.parse(ready?.lastTransitionTime ?? '') - Date.parse(shown.status.lastObservedTime ?? '');
  // Both are cut to whole seconds.
  expect(age).to.be.at.least(WINDOW_MS - 1_000);
}
