// What is written, and when: one write for each meaningful change, a slow heartbeat, and nothing else.

import { expect } from 'chai';
import { AnOperator, STREAM1 } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { fails, notStarted, running } from '../../kit/samples/answers.ts';
import { condition, healthy, shown } from '../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const WINDOW = 3 * MINUTE + 30 * SECOND;

describe('what is written', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
  });
  afterEach(() => operator.verify());

  it('is one status for the first observation', () => {
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('Running')]);
  });

  it('is nothing for polls that find nothing new: no status is written twice', async () => {
    operator.clear();
    operator.cloud.always(running());
    await operator.clock.advance(4 * MINUTE);
    expect(operator.cloud.takeCalls()).to.have.length(4);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('is not decided again at a poll that finds nothing new', async () => {
    operator.clear();
    operator.cloud.always(running());
    await operator.clock.advance(MINUTE);
    let reads = 0;
    const { conditions } = operator.status;
    Object.defineProperty(operator.status, 'conditions', {
      get: () => {
        reads += 1;
        return conditions;
      },
    });
    await operator.clock.advance(4 * MINUTE);
    expect(operator.cloud.takeCalls()).to.have.length(5);
    expect(reads).to.equal(0);
  });

  it('is one status for each change that a poll finds', async () => {
    operator.clear();
    await operator.poll(notStarted());
    await operator.poll(notStarted());
    await operator.poll(notStarted({ name: 'renamed' }));
    expect(operator.cluster.takeWrites().map(({ job }) => job?.name)).to.deep.equal(['stream1', 'renamed']);
  });

  it('is nothing for an outage shorter than the window, nor for its end', async () => {
    operator.clear();
    operator.cloud.always(fails('ServerError'));
    await operator.clock.advance(WINDOW - MINUTE);
    expect(operator.cloud.takeCalls()).to.have.length(2);
    operator.cloud.always(running());
    await operator.clock.advance(5 * MINUTE);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('is one status for an outage longer than the window, and one for its end', async () => {
    operator.clear();
    operator.cloud.always(fails('ServerError'));
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([
      {
        state: 'Unknown',
        Ready: 'False ObservationOverdue',
        Fresh: 'False ObservationOverdue',
        Running: 'Unknown ObservationOverdue',
      },
    ]);
    expect(operator.status.job?.status, 'the last data').to.equal('1');
    operator.cloud.always(running());
    await operator.clock.advance(2 * MINUTE);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('Running')]);
    expect(operator.cluster.takeEvents()).to.deep.equal([
      'stream1 Warning ObservationOverdue',
      'stream1 Normal ObservationRecovered',
    ]);
  });

  it('is nothing more for an outage that continues with other failures', async () => {
    operator.cloud.always(fails('ServerError'));
    await operator.clock.advance(HOUR);
    operator.clear();
    for (const kind of ['Throttled', 'ConnectionFailed', 'ClockSkewed', 'UnexpectedResponse'] as const) {
      operator.cloud.always(fails(kind));
      await operator.clock.advance(3 * MINUTE);
    }
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('is one status for a refusal, however long it lasts', async () => {
    operator.clear();
    operator.cloud.always(fails('JobNotFound'));
    await operator.clock.advance(20 * MINUTE);
    expect(operator.cluster.takeWrites()).to.have.length(1);
  });
});

describe('the heartbeat', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
    operator.cloud.always(running());
  });
  afterEach(() => operator.verify());

  it('writes the time of the last observation every 10 min, and changes nothing else', async () => {
    await operator.apply(aJob());
    const [first] = operator.cluster.takeWrites();
    await operator.clock.advance(HOUR);
    const writes = operator.cluster.takeWrites();
    expect(writes).to.have.length(6);
    const times = writes.map(({ lastObservedTime = '' }) => Date.parse(lastObservedTime));
    for (let index = 1; index < times.length; index += 1)
      expect((times[index] as number) - (times[index - 1] as number)).to.equal(10 * MINUTE);
    expect({ ...writes[0], lastObservedTime: first?.lastObservedTime }).to.deep.equal(first);
  });

  it('comes with every poll where polls are rare, also when an answer is a little faster than the last', async () => {
    const key = await operator.apply(aJob().every('2h'));
    await operator.toNextPoll(key);
    operator.clear();
    for (const slow of [900, 500, 0]) {
      const call = operator.cloud.hold();
      await operator.toNextPoll(key);
      await operator.clock.advance(slow);
      call.answer(running());
      await operator.clock.advance(0);
    }
    expect(operator.cluster.takeWrites()).to.have.length(3);
  });

  it('comes once an hour where ten intervals are longer', async () => {
    await operator.apply(aJob().every('10m'));
    operator.clear();
    await operator.clock.advance(12 * HOUR);
    expect(operator.cluster.takeWrites()).to.have.length(12);
  });

  it('does not come while nothing is observed', async () => {
    await operator.apply(aJob());
    operator.cloud.always(fails('PermissionDenied'));
    await operator.clock.advance(MINUTE);
    operator.clear();
    await operator.clock.advance(14 * MINUTE);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('replaces a stored time that a fast clock wrote', async () => {
    operator.clock.wallOffsetMs = 5 * HOUR;
    await operator.apply(aJob());
    operator.clock.wallOffsetMs = 0;
    await operator.restart();
    operator.clear();
    await operator.clock.advance(2 * MINUTE);
    const [write] = operator.cluster.takeWrites();
    expect(Date.parse(write?.lastObservedTime ?? '')).to.be.at.most(operator.clock.now());
  });
});

describe('a status of which an older CRD drops a field', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
    operator.cloud.always(running());
  });
  afterEach(() => operator.verify());

  it('has an event for each transition, and none for a heartbeat', async () => {
    operator.cluster.prune = ({ observedTarget: _pruned, ...status }) => status;
    await operator.apply(aJob());
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.have.length(7);
    expect(operator.cluster.takeEvents()).to.deep.equal(['stream1 Normal JobFound']);
    operator.cloud.always(notStarted());
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeEvents()).to.deep.equal(['stream1 Normal JobStopped']);
  });

  it('is not written at each poll where the field is the time of the observation', async () => {
    operator.cluster.prune = ({ lastObservedTime: _pruned, ...status }) => status;
    await operator.apply(aJob());
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.have.length(7);
  });
});

describe('a write that has not ended', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    operator.cluster.writing = 'held';
    operator.cloud.always(running());
    await operator.apply(aJob());
  });
  afterEach(() => operator.verify());

  it('is not repeated by polls that find the same', async () => {
    await operator.clock.advance(3 * MINUTE);
    expect(operator.cluster.takeWrites()).to.have.length(1);
    operator.cluster.finishWrites();
    await operator.clock.advance(MINUTE);
    expect(operator.cluster.takeWrites()).to.have.length(0);
  });

  it('determines the transition times of the next one', async () => {
    const [first] = operator.cluster.takeWrites();
    await operator.poll(notStarted());
    const [second] = operator.cluster.takeWrites();
    expect(first && second).to.be.an('object');
    expect(condition(second ?? {}, 'Ready').lastTransitionTime).to.equal(
      condition(first ?? {}, 'Ready').lastTransitionTime,
    );
    expect(condition(second ?? {}, 'Running').lastTransitionTime).to.not.equal(
      condition(first ?? {}, 'Running').lastTransitionTime,
    );
  });

  it('is repeated by the next poll when it was dropped', async () => {
    operator.cluster.dropWrites();
    operator.clear();
    await operator.toNextPoll();
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('Running')]);
    operator.cluster.finishWrites();
    await operator.toNextPoll();
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('records no event when it was dropped, and one when it is done', async () => {
    operator.cluster.dropWrites();
    expect(operator.cluster.takeEvents()).to.deep.equal([]);
    await operator.toNextPoll();
    operator.cluster.finishWrites();
    expect(operator.cluster.takeEvents()).to.deep.equal(['stream1 Normal JobFound']);
  });

  it('replaces an older one, which does not count then', async () => {
    await operator.poll(notStarted());
    operator.clear();
    operator.cluster.dropWrites();
    operator.cloud.always(notStarted());
    await operator.toNextPoll();
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('NotStarted')]);
  });

  it('is repeated for a heartbeat, once each time', async () => {
    operator.clear();
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.have.length(6);
    operator.cluster.finishWrites();
    await operator.clock.advance(4 * MINUTE);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('leaves nothing behind when its object is deleted first', async () => {
    await operator.delete(STREAM1);
    operator.cluster.finishWrites();
    expect(operator.factsStore.size).to.equal(0);
    expect(operator.cluster.takeEvents()).to.deep.equal([]);
  });
});
