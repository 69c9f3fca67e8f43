/**
 * Every failure of a call, met by an object that was never observed: the status names it at once and
 * distinctly, and recovers as soon as the cause ends.
 */
import { expect } from 'chai';
import type { FailureKind } from '../../../src/job/model/failures.ts';
import { freePort } from '../../world/processes/ports.ts';
import {
  breakCalls,
  callsAbout,
  createAccount,
  createJob,
  furtherCalls,
  type JobIDs,
  noJob,
  now,
  ONE_BY_ONE,
} from '../support/cloud-side.ts';
import { FAILURES, NEEDS_A_PERSON, vendorError } from '../support/scenarios/failure-cases.ts';
import { together, useWorld } from '../support/use-world.ts';
import { requestRefresh, secret, secretData } from '../support/user-side.ts';
import { condition, is, job, type Shown } from '../support/world.ts';

describe('an object that was never observed', () => {
  let deadPort: number;
  const scene = useWorld({
    operator: async () => {
      deadPort = await freePort();
      const args = [ONE_BY_ONE, '--insecure-endpoint', `--allowed-endpoints=127.0.0.1:${deadPort}`];
      return { args };
    },
  });
  /** The jobs of the cases, by the name of the object. */
  const jobs = new Map<string, JobIDs>();
  const repairs = new Map<string, () => Promise<void>>();

  scene.setUp(async () => {
    const { world } = scene;
    for (const [title, { fault }] of Object.entries(FAILURES)) {
      const ids = await createJob(world);
      jobs.set(nameOf(title), ids);
      repairs.set(nameOf(title), await breakCalls(world, ids, fault));
    }
    await world.apply(...Array.from(jobs, ([name, ids]) => job(name, ids)));
  });

  together({
    ...Object.fromEntries(
      Object.entries(FAILURES).map(([title, { kind, message }]) => [
        `reports ${title} as ${kind}, and recovers from it`,
        async () => {
          const { world } = scene;
          const name = nameOf(title);
          const failed = await world.until(name, (each) => is(each, 'Ready', 'False'));
          expectFirstFailure(failed, kind, message);
          await repairs.get(name)?.();
          // A failure that only a person can repair is polled slowly, so the person requests a refresh.
          if (NEEDS_A_PERSON.has(kind)) await requestRefresh(world, name, 'repaired');
          const { status } = await world.until(name, (each) => is(each, 'Ready', 'True'));
          expect(status.conditions?.map(({ type }) => type)).to.deep.equal(['Ready', 'Fresh', 'Running']);
        },
      ]),
    ),

    'reports a missing job as JobNotFound, and observes it once it exists': async () => {
      const { world } = scene;
      const ids = noJob();
      await world.apply(job('not-there', { ...ids, expectedState: 'Running' }));
      const missing = await world.until('not-there', (each) => is(each, 'Ready', 'False', 'JobNotFound'));
      expect(missing.status).to.include({ state: 'NotFound', observedGeneration: 1 });
      expect(missing.status).to.not.have.property('job');
      expect(condition(missing, 'Fresh')?.status).to.equal('True');
      expect(condition(missing, 'Stalled')).to.include({ status: 'True', reason: 'JobNotFound' });
      expect(condition(missing, 'Running')).to.include({ status: 'False', reason: 'JobNotFound' });
      expect(condition(missing, 'AsExpected')?.status).to.equal('False');
      await world.cloud.admin.createJob({ ...ids, status: '1' });
      await requestRefresh(world, 'not-there', 'now');
      await world.until('not-there', (each) => is(each, 'Ready', 'True') && is(each, 'AsExpected', 'True'));
    },

    'reports a spent quota as Throttled, and waits without delaying other accounts': async () => {
      const { world } = scene;
      const key = await createAccount(world);
      const { accountID } = key;
      const [ids, other] = [await createJob(world, { accountID }), await createJob(world)];
      await world.cloud.admin.addFault({ kind: 'throttle', accountID });
      const credentialsRef = { name: 'spent' };
      await world.apply(secret('spent', secretData(key)), job('throttled', { ...ids, credentialsRef }));
      const throttled = await world.until('throttled', (each) => is(each, 'Ready', 'False'));
      expectFirstFailure(
        throttled,
        'Throttled',
        /quota is spent \(Throttling\.User\); lower --calls-per-minute/,
      );
      await world.apply(job('not-throttled', other));
      await world.until('not-throttled', (each) => is(each, 'Ready', 'True'));
      const [fault] = (await world.cloud.admin.faults()).filter((each) => each.accountID === accountID);
      await world.cloud.admin.removeFault({ faultID: fault?.faultID ?? '' });
      await world.until('throttled', (each) => is(each, 'Ready', 'True'));
    },

    'reports an endpoint that refuses connections as ConnectionFailed': async () => {
      const { world } = scene;
      const key = { ...secretData(await createAccount(world)), endpoint: `http://127.0.0.1:${deadPort}` };
      const credentialsRef = { name: 'nowhere' };
      await world.apply(secret('nowhere', key), job('refused', { ...noJob(), credentialsRef }));
      const refused = await world.until('refused', (each) => is(each, 'Ready', 'False'));
      expectFirstFailure(refused, 'ConnectionFailed', /cannot be reached \(ECONNREFUSED\)/);
      expect(JSON.stringify(refused.status)).to.not.contain(String(deadPort));
    },

    'signs and sends the call again at once when its nonce was used already': async () => {
      const { world } = scene;
      const ids = await createJob(world);
      await breakCalls(world, ids, { ...vendorError(400, 'SignatureNonceUsed'), calls: 1 });
      await world.apply(job('nonce', { ...ids, interval: '24h' }));
      await world.until('nonce', (each) => is(each, 'Ready', 'True'));
      const codes = (await callsAbout(world, ids)).map(({ code }) => code);
      expect(codes).to.deep.equal(['SignatureNonceUsed', 'OK']);
    },

    'keeps the last data of a job that vanished, until the job is back': async () => {
      const { world } = scene;
      const ids = await createJob(world, { name: 'vanishing' });
      await world.apply(job('vanishing', ids));
      await world.until('vanishing', (each) => is(each, 'Ready', 'True'));
      await world.cloud.admin.removeJob(ids);
      const vanished = await world.until('vanishing', (each) => is(each, 'Ready', 'False', 'JobNotFound'));
      expect(vanished.status).to.include({ state: 'NotFound' });
      expect(vanished.status.job?.name).to.equal('vanishing');
      await world.cloud.admin.createJob({ ...ids, name: 'came-back' });
      await requestRefresh(world, 'vanishing', 'now');
      const back = await world.until('vanishing', (each) => is(each, 'Ready', 'True'));
      expect(back.status).to.include({ state: 'NotStarted' });
      expect(back.status.job?.name).to.equal('came-back');
    },

    'is polled less often than its interval while only a person can repair the failure': async () => {
      const { world } = scene;
      const [ids, healthy] = [await createJob(world), await createJob(world)];
      await breakCalls(world, ids, vendorError(403, 'Forbidden.RAM'));
      await world.apply(job('slow', ids), job('quick', healthy));
      await world.until('slow', (each) => is(each, 'Ready', 'False', 'PermissionDenied'));
      const since = await now(world);
      await furtherCalls(world, healthy, 2);
      expect(await callsAbout(world, ids, since)).to.deep.equal([]);
    },
  });
});

function nameOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/** What every first failure of a kind looks like. */
function expectFirstFailure(shown: Shown, kind: FailureKind, message: RegExp): void {
  const needsPerson = NEEDS_A_PERSON.has(kind);
  expect(condition(shown, 'Ready')).to.include({ status: 'False', reason: kind });
  expect(condition(shown, 'Ready')?.message).to.match(message);
  expect(condition(shown, 'Fresh')).to.include({ status: 'Unknown', reason: 'Progressing' });
  expect(condition(shown, 'Running')?.status).to.equal('Unknown');
  expect(condition(shown, 'Stalled')?.status).to.equal(needsPerson ? 'True' : undefined);
  expect(condition(shown, 'Reconciling')?.status).to.equal(needsPerson ? undefined : 'True');
  expect(shown.status).to.include({ state: 'Unknown', observedGeneration: 1 });
  expect(shown.status).to.not.have.any.keys('job', 'lastObservedTime');
}
