// Objects that mean one job: one call per poll, at the shortest of their intervals, and one answer for all of
// them.

import { expect } from 'chai';
import type { ObjectKey } from '../../../../src/base/object-key.ts';
import { targetOf } from '../../../../src/job/model/reference.ts';
import { nextPoll } from '../../../../src/job/schedule/poll-schedule.ts';
import { TargetIndex } from '../../../../src/job/visit/target-index.ts';
import { AnOperator } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { fails, noSuchJob, notStarted, running } from '../../kit/samples/answers.ts';
import { shown } from '../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('objects that mean one job', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
  });
  afterEach(() => operator.verify());
  const states = (...keys: `${string}/${string}`[]) => keys.map((key) => operator.cluster.status(key).state);

  it('cost one call per poll, at the shortest of their intervals', async () => {
    operator.cloud.always(running());
    for (const interval of ['60s', '12s', '10s', '24h'])
      await operator.apply(aJob().named(interval).every(interval));
    operator.cloud.takeCalls();
    await operator.clock.advance(10 * MINUTE);
    const times = operator.cloud.takeCalls().map(({ at }) => at);
    expect(new Set(times).size).to.equal(60);
  });

  it('all show the answer that one of them received', async () => {
    operator.cloud.always(running());
    const often = await operator.apply(aJob().named('often').every('10s'));
    const rarely = await operator.apply(aJob().named('rarely').every('24h'));
    operator.cloud.always(notStarted());
    await operator.clock.advance(20 * SECOND);
    expect(states(often, rarely)).to.deep.equal(['NotStarted', 'NotStarted']);
    operator.cloud.always(noSuchJob());
    await operator.clock.advance(20 * SECOND);
    expect(states(often, rarely)).to.deep.equal(['NotFound', 'NotFound']);
  });

  it('are polled at the longer interval once the object with the shorter one is deleted', async () => {
    operator.cloud.always(running());
    const often = await operator.apply(aJob().named('often').every('10s'));
    await operator.apply(aJob().named('rarely').every('10m'));
    await operator.delete(often);
    await operator.clock.advance(11 * SECOND);
    operator.cloud.takeCalls();
    await operator.clock.advance(60 * MINUTE);
    expect(operator.cloud.takeCalls().length).to.be.within(5, 7);
  });

  it('count one failure each', async () => {
    operator.cloud.always(running());
    const keys = [
      await operator.apply(aJob().named('a')),
      await operator.apply(aJob().named('b')),
      await operator.apply(aJob().named('c')),
    ];
    const shared = fails('ServerError')(operator.facts(keys[0]).nextPollAt as number);
    operator.cloud.always(() => shared);
    await operator.toNextPoll(keys[0]);
    expect(keys.map((key) => operator.facts(key).failures)).to.deep.equal([1, 1, 1]);
  });

  it('share nothing with an object that is suspended, or means another region, credential or cluster', async () => {
    operator.cloud.always(running());
    const others = [
      await operator.apply(aJob().named('suspended').suspended()),
      await operator.apply(aJob().named('region').inRegion('eu-central-1').every('24h')),
      await operator.apply(aJob().named('secret').withSecret('account').every('24h')),
      await operator.apply(
        aJob().named('cluster').about('5ad420b48fb04483915d4f2cd8ac0000', 'other').every('24h'),
      ),
    ];
    const before = states(...others);
    operator.cloud.always(notStarted());
    const key = await operator.apply(aJob().named('one').every('10s'));
    expect(states(key)).to.deep.equal(['NotStarted']);
    expect(states(...others)).to.deep.equal(before);
  });

  it('share nothing with a namespace that may not use the keys, in either direction', async () => {
    operator.cloud.excluded.add('outside');
    operator.cloud.always(fails('CredentialsNotFound', { destination: 'nowhere' }));
    const outside = await operator.apply(aJob().named('one', 'outside').every('10s'));
    operator.cloud.always(running());
    const inside = await operator.apply(aJob().named('one').every('24h'));
    expect(states(outside, inside)).to.deep.equal(['Unknown', 'Running']);
    operator.cloud.always(fails('CredentialsNotFound', { destination: 'nowhere' }));
    await operator.clock.advance(MINUTE);
    expect(states(outside, inside)).to.deep.equal(['Unknown', 'Running']);
    expect(shown(operator.cluster.status(inside))).to.include({ Ready: 'True ObservationSucceeded' });
  });

  it('serve a pending request only by a call that was sent after the request was known', async () => {
    operator.cloud.plan(running());
    const one = await operator.apply(aJob().named('one').every('24h'));
    operator.cloud.plan(running());
    const other = await operator.apply(aJob().named('other').every('24h'));
    await operator.clock.advance(6 * SECOND);
    const poll = operator.cloud.hold();
    await operator.apply(aJob().named('one').every('24h').requested('before'));
    poll.send();
    await operator.clock.advance(SECOND);
    const asked = operator.cloud.hold();
    await operator.apply(aJob().named('other').every('24h').requested('now'));
    poll.answer(notStarted());
    await operator.clock.advance(0);
    expect(operator.cluster.status(other)).to.include({ state: 'NotStarted' });
    expect(operator.cluster.status(other).lastHandledRequestedAt).to.equal(undefined);
    asked.answer(running());
    await operator.clock.advance(0);
    expect(operator.cluster.status(other)).to.include({ state: 'Running', lastHandledRequestedAt: 'now' });
    expect(operator.cluster.status(one)).to.include({ state: 'Running', lastHandledRequestedAt: 'before' });
  });

  it('withdraw the waiting call of another object once there is an answer', async () => {
    operator.cloud.plan(running(), running());
    const one = await operator.apply(aJob().named('one').every('10m'));
    await operator.apply(aJob().named('other').every('10m'));
    const waiting = operator.cloud.hold();
    const going = operator.cloud.hold();
    await operator.toNextPoll(one);
    going.answer(notStarted());
    await operator.clock.advance(0);
    expect(states(one)).to.deep.equal(['NotStarted']);
    operator.cloud.takeCalls();
    await operator.clock.advance(MINUTE);
    waiting.answer(running());
    await operator.clock.advance(MINUTE);
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
    expect(states(one)).to.deep.equal(['NotStarted']);
  });

  it('are the same in whichever case they write its hexadecimal ID', async () => {
    operator.cloud.always(running());
    const [lower, upper] = ['5ad4-20b4', '5AD4-20B4'] as const;
    const keys = [
      await operator.apply(aJob().named('lower').about(lower)),
      await operator.apply(aJob().named('upper').about(upper)),
    ] as const;
    operator.cloud.takeCalls();
    await operator.clock.advance(10 * MINUTE);
    expect(new Set(operator.cloud.takeCalls().map(({ at }) => at)).size).to.be.within(9, 10);
    operator.cloud.always(notStarted());
    await operator.toNextPoll(keys[0]);
    expect(states(...keys)).to.deep.equal(['NotStarted', 'NotStarted']);
  });

  it('of other namespaces neither show a refusal without a call nor wait again because of it', async () => {
    operator.cloud.plan(running(), running());
    const one = await operator.apply(aJob().named('one').every('20s'));
    const two = await operator.apply(aJob().named('two').every('20s'));
    const polls = [operator.cloud.hold(), operator.cloud.hold()];
    await operator.toNextPoll(one);
    const retryAt = operator.clock.now() + 20 * SECOND;
    const refused = fails('ConnectionFailed', { retryAt, notCalled: true })(operator.clock.now());
    operator.cloud.always(() => refused);
    const tenants = [
      await operator.apply(aJob().named('a', 'tenant')),
      await operator.apply(aJob().named('b', 'tenant')),
    ];
    expect(tenants.map((key) => shown(operator.cluster.status(key)).Ready)).to.deep.equal(
      Array(2).fill('False ConnectionFailed'),
    );
    expect(tenants.map((key) => operator.facts(key).nextPollAt)).to.deep.equal([retryAt, retryAt]);
    for (const key of [one, two])
      expect(shown(operator.cluster.status(key)).Ready).to.equal('True ObservationSucceeded');
    for (const poll of polls) poll.answer(notStarted());
    await operator.clock.advance(0);
    expect(states(one, two)).to.deep.equal(['NotStarted', 'NotStarted']);
  });

  it('show an answer whose call was under way when another of them was refused without one', async () => {
    const call = operator.cloud.hold();
    const one = await operator.apply(aJob().named('one'));
    call.send();
    await operator.clock.advance(SECOND);
    operator.cloud.plan(
      fails('ConnectionFailed', { retryAt: operator.clock.now() + MINUTE, notCalled: true }),
    );
    await operator.apply(aJob().named('other'));
    call.answer(running());
    await operator.clock.advance(SECOND);
    expect(shown(operator.cluster.status(one))).to.include({
      state: 'Running',
      Fresh: 'True ObservationSucceeded',
    });
  });

  it('may be more than a call can have arguments', async () => {
    operator.cloud.plan(running());
    const key = await operator.apply(aJob());
    let published = 0;
    operator.publisher.publish = () => {
      published += 1;
    };
    operator.factsStore.keysOf = () => Array<ObjectKey>(150_000).fill(key);
    await operator.poll(notStarted());
    expect(published).to.be.at.least(150_000);
  });

  it('come due together while the plan batches their cluster, and at their own instants afterwards', async () => {
    const phase = (at: number) => at % MINUTE;
    operator.cloud.always(running());
    operator.batchHash = '00000000';
    const keys = [
      await operator.apply(aJob().about('one').named('one')),
      await operator.apply(aJob().about('two').named('two')),
    ];
    expect(keys.map((key) => phase(operator.facts(key).nextPollAt as number))).to.deep.equal([0, 0]);
    operator.batchHash = undefined;
    await operator.clock.advance(2 * MINUTE);
    const phases = keys.map((key) => phase(operator.facts(key).nextPollAt as number));
    expect(new Set(phases).size).to.equal(2);
  });

  it('come due at their own instants in a batched cluster whose list lacks them', async () => {
    const phase = (at: number) => at % MINUTE;
    operator.batchHash = '00000000';
    operator.cloud.always((sentAt) => ({ ...running()(sentAt), unlisted: true }));
    const key = await operator.apply(aJob());
    const own = nextPoll(operator.facts(key).referenceHash, MINUTE, operator.clock.now()) % MINUTE;
    expect(phase(operator.facts(key).nextPollAt as number))
      .to.equal(own)
      .and.not.to.equal(0);
    operator.cloud.always(running());
    await operator.clock.advance(2 * MINUTE);
    expect(phase(operator.facts(key).nextPollAt as number)).to.equal(0);
  });

  it('leave the index when they are deleted', async () => {
    operator.cloud.always(running());
    const keys: ObjectKey[] = [];
    for (let index = 0; index < 3; index += 1) keys.push(await operator.apply(aJob().named(`${index}`)));
    for (const key of keys) await operator.delete(key);
    expect(operator.factsStore.size).to.equal(0);
    expect(operator.factsStore.keysOf(targetOf(aJob().build()).hash)).to.deep.equal([]);
  });
});

describe('a target index', () => {
  it('finds every object once', () => {
    const index = new TargetIndex();
    index.add('x', 'n/a');
    index.add('x', 'n/a');
    index.add('x', 'n/b');
    index.add('x', 'n/c');
    index.add('y', 'n/d');
    expect(index.keysOf('x')).to.have.members(['n/a', 'n/b', 'n/c']);
    index.delete('x', 'n/b');
    index.delete('x', 'n/none');
    index.delete('x', 'n/a');
    expect(index.keysOf('x')).to.deep.equal(['n/c']);
    index.delete('x', 'n/a');
    index.delete('x', 'n/c');
    expect(index.keysOf('x')).to.deep.equal([]);
    expect(index.size).to.equal(1);
  });
});
