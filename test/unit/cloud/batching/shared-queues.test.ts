/**
 * Namespaces that share the operator's own credentials and name the same jobs, with the real backlog and
 * budget. None waits in the queue of another, and they share their calls.
 */

import { expect } from 'chai';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import type { LiveClient } from '../../../../src/cloud/client/live-client.ts';
import { CredentialStates } from '../../../../src/cloud/requests/credential-states.ts';
import { Requests } from '../../../../src/cloud/requests/requests.ts';
import type { Priority } from '../../../../src/job/model/cloud-port.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { ask } from '../../kit/questions.ts';
import { aPlan } from '../../kit/samples/a-plan.ts';
import { aKey, callResult, DESTINATION } from '../../kit/samples/a-request.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

/** 600 a minute: 10 permits a second. */
const CALLS_PER_MINUTE = 600;
/** Longer than the time between two permits. */
const CALL_MS = 250;

describe('namespaces that name the same jobs', () => {
  let time: SteppedTime;
  let requests: Requests;
  let batches: Batches;
  /** Job or page, and namespace, of each call. */
  let calls: [what: string, namespace: string][];

  beforeEach(() => {
    time = new SteppedTime();
    calls = [];
    const key = aKey('own', { identity: 'default' });
    const credentials = { resolve: async () => key, fresh: () => key, markStale: () => undefined };
    const call: LiveClient['call'] = ({ query, read }, { credential: { namespace } }) => {
      calls.push([String(query.JobId ?? `page ${query.PageNo}`), namespace]);
      const body = query.JobId
        ? { Job: { JobId: query.JobId } }
        : { TotalCount: 2, JobList: { Job: [{ JobId: 'shared' }, { JobId: 'other' }] } };
      const result = callResult('answered', time.now(), read(body));
      return new Promise((resolve) => time.after(CALL_MS, () => resolve(result)));
    };
    requests = new Requests({
      credentials,
      states: new CredentialStates({ callsPerMinute: CALLS_PER_MINUTE, clock: time, sts: undefined }),
      client: { destinationOf: () => DESTINATION, call },
      clock: time,
    });
    batches = new Batches({ requests, expectsMore: () => false, clock: time, logger: new RecordingLogger() });
    batches.apply(aPlan('none'));
  });
  afterEach(() => {
    batches.close();
    requests.close();
    time.restore();
  });

  async function observe(
    namespace: string,
    jobID: string,
    priority: Priority,
    clusterID = 'c',
  ): Promise<void> {
    const signal = new AbortController().signal;
    const reference = { credential: { namespace }, clusterID, jobID };
    await ask(batches, { reference, priority, deadline: time.now(), signal });
  }

  /** Keeps 500 urgent requests of a namespace waiting. */
  function flood(namespace: string): void {
    for (let count = 0; count < 500; count += 1)
      void observe(namespace, `${namespace}-${count}`, 'urgent', 'flood');
  }

  /** @returns number of calls that begin until the promise is fulfilled, 100 at most */
  async function callsUntil(done: Promise<unknown>): Promise<number> {
    const before = calls.length;
    let isDone = false;
    void done.then(() => {
      isDone = true;
    });
    while (!isDone && calls.length - before < 100) await time.pass(50, 50);
    return calls.length - before;
  }

  it('do not wait in the long queue of the one that asked first', async () => {
    flood('attacker');
    await time.pass(1_000, 50);
    void observe('attacker', 'shared', 'urgent');
    await time.pass(100, 50);
    expect(await callsUntil(observe('victim', 'shared', 'scheduled'))).to.be.at.most(13);
  });

  it('do not wait for the pages of a sweep in the long queue of the one whose job is urgent', async () => {
    batches.apply(aPlan('all'));
    flood('attacker');
    await time.pass(1_000, 50);
    for (const jobID of ['shared', 'more']) void observe('attacker', jobID, 'urgent');
    const victim = Promise.all(['shared', 'other'].map((jobID) => observe('victim', jobID, 'scheduled')));
    expect(await callsUntil(victim)).to.be.at.most(26);
  });

  for (const plan of ['urgent', 'all'] as const)
    for (const [jobs, priority] of [
      [['other'], 'scheduled'],
      [['shared'], 'urgent'],
      [['shared', 'other'], 'urgent'],
    ] as const)
      it(`do not wait there for pages that were requested before: ${jobs.join(' and ')}, ${priority}, sweeping ${plan}`, async () => {
        batches.apply(aPlan(plan));
        flood('attacker');
        await time.pass(1_000, 50);
        for (const jobID of ['shared', 'more']) void observe('attacker', jobID, 'urgent');
        await time.pass(500, 50);
        const victim = Promise.all(jobs.map((jobID) => observe('victim', jobID, priority)));
        expect(await callsUntil(victim)).to.be.at.most(26);
      });

  it('take one call together, although permits come while it is under way', async () => {
    const polls = 5;
    for (let poll = 0; poll < polls; poll += 1) {
      const both = Promise.all(['media', 'sports'].map((each) => observe(each, 'shared', 'scheduled')));
      await callsUntil(both);
      await time.pass(1_000, 50);
    }
    expect(calls.map(([what]) => what)).to.deep.equal(Array(polls).fill('shared'));
  });

  it('take one call of a page together', async () => {
    batches.apply(aPlan('all'));
    const namespaces = ['media', 'sports', 'news'];
    const jobs = ['shared', 'other'];
    const all = namespaces.flatMap((each) => jobs.map((jobID) => observe(each, jobID, 'scheduled')));
    await callsUntil(Promise.all(all));
    await time.pass(1_000, 50);
    expect(calls.map(([what]) => what)).to.deep.equal(['page 1']);
  });
});
