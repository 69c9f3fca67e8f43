// A restart writes nothing that is not new, repeats no event, and makes no burst of calls.

import { expect } from 'chai';
import { POLL_GRID_MS } from '../../../../../src/job/schedule/poll-schedule.ts';
import { AnOperator } from '../../../kit/an-operator.ts';
import { aJob, type JobBuilder } from '../../../kit/samples/a-job.ts';
import {
  DESTINATION,
  fails,
  noSuchJob,
  notStarted,
  observed,
  type Reply,
  running,
} from '../../../kit/samples/answers.ts';
import { shown } from '../../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const KEPT: readonly (readonly [what: string, reply: Reply, job?: JobBuilder])[] = [
  ['running', running()],
  ['not started', notStarted()],
  ['not as expected', notStarted(), aJob().expecting('Running')],
  ['in an unknown state', observed({ status: '7' })],
  ['about a missing job', noSuchJob()],
  ['refused', fails('PermissionDenied')],
  ['without credentials', fails('CredentialsNotFound', { destination: 'nowhere' })],
  ['not reached', fails('ConnectionFailed')],
  ['polled slowly', running(), aJob().every('24h')],
];

describe('a restart', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
  });
  afterEach(() => operator.verify());

  for (const [what, reply, job = aJob()] of KEPT)
    it(`writes nothing and records no event for an object that is ${what}`, async () => {
      operator.cloud.always(reply);
      await operator.apply(job);
      await operator.clock.advance(MINUTE);
      operator.clear();
      await operator.restart(5 * SECOND);
      await operator.clock.advance(5 * MINUTE);
      expect(operator.cluster.takeWrites()).to.deep.equal([]);
      expect(operator.cluster.takeEvents()).to.deep.equal([]);
    });

  it('polls each object at the instants that it would have had, without a burst', async () => {
    operator.cloud.always(running());
    for (let job = 0; job < 60; job += 1)
      await operator.apply(aJob().named(`job-${job}`).inRegion(`region-${job}`));
    await operator.clock.advance(2 * MINUTE);
    const phases = () =>
      new Map(
        operator.cloud.takeCalls().map(({ at, question }) => [question.reference.regionID, at % MINUTE]),
      );
    operator.clear();
    await operator.clock.advance(MINUTE);
    const before = phases();
    // Between two instants of the grid.
    await operator.restart(20 * SECOND + POLL_GRID_MS / 2);
    expect(operator.cloud.calls, 'at the start').to.deep.equal([]);
    await operator.clock.advance(MINUTE);
    expect(operator.cloud.calls).to.have.length(60);
    expect(phases()).to.deep.equal(before);
  });

  it('polls what was not observed for long with scheduled priority, not with urgent priority', async () => {
    operator.cloud.always(running());
    await operator.apply(aJob());
    operator.clear();
    await operator.restart(60 * MINUTE);
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal(['scheduled']);
  });

  it('polls at once, with scheduled priority, where the operator’s options name another destination than the stored one', async () => {
    operator.cloud.leads = DESTINATION;
    operator.cloud.always(running());
    await operator.apply(aJob().every('24h'));
    operator.clear();
    const elsewhere = { endpoint: DESTINATION.endpoint, regionID: 'cn-beijing' };
    operator.cloud.leads = elsewhere;
    operator.cloud.always(fails('ServerError', { destination: elsewhere }));
    await operator.restart(5 * SECOND);
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal(['scheduled']);
    expect(operator.cluster.takeWrites().map(shown)[0]).to.include({
      state: 'Unknown',
      Ready: 'False ServerError',
    });
  });

  it('records the transitions that it finds, once', async () => {
    operator.cloud.always(running());
    await operator.apply(aJob());
    operator.clear();
    operator.cloud.always(notStarted());
    await operator.restart(MINUTE);
    await operator.clock.advance(2 * MINUTE);
    expect(operator.cluster.takeEvents()).to.deep.equal(['stream1 Normal JobStopped']);
    expect(shown(operator.status).state).to.equal('NotStarted');
  });

  it('holds nothing of an object that was deleted meanwhile', async () => {
    operator.cloud.always(running());
    const key = await operator.apply(aJob());
    await operator.stop();
    operator.cluster.delete(key);
    await operator.restart(MINUTE);
    await operator.clock.advance(MINUTE);
    expect(operator.factsStore.size).to.equal(0);
  });
});
