// A status is decided again when its observation becomes too old, even if no poll happens.

import { expect } from 'chai';
import { AnOperator, STREAM1 } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { fails, running } from '../../../kit/samples/answers.ts';
import { condition, healthy, shown } from '../../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const WINDOW = 3 * MINUTE + 30 * SECOND;

const OVERDUE = {
  state: 'Unknown',
  Ready: 'False ObservationOverdue',
  Fresh: 'False ObservationOverdue',
  Running: 'Unknown ObservationOverdue',
};

describe('the watchdog', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
  });
  afterEach(() => operator.verify());

  it('turns Fresh False at the end of the window while a poll never ends, once', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.clear();
    operator.cloud.hold();
    await operator.clock.advance(WINDOW - 1);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    await operator.clock.advance(1);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([OVERDUE]);
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('says what failed last', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.cloud.always(fails('ServerError'));
    await operator.clock.advance(WINDOW);
    expect(condition(operator.status, 'Fresh').message).to.contain('it failed with ServerError');
  });

  it('is postponed by each observation', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.cloud.always(running());
    await operator.clock.advance(3 * MINUTE);
    const observedAt = operator.facts().observed?.at ?? 0;
    operator.clear();
    operator.cloud.hold();
    await operator.clock.advance(observedAt + WINDOW - 1 - operator.clock.now());
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    await operator.clock.advance(1);
    expect(operator.cluster.takeWrites()).to.have.length(1);
  });

  it("decides each object's status at its own time", async () => {
    operator.cloud.plan(running(), running());
    const a = await operator.apply(aJob().named('a'));
    await operator.clock.advance(20 * SECOND);
    const b = await operator.apply(aJob().named('b').about('another').every('2m'));
    operator.cloud.always(fails('ServerError'));
    const fresh = () => [a, b].map((key) => condition(operator.cluster.status(key), 'Fresh').status);
    await operator.clock.advance(WINDOW - 20 * SECOND);
    expect(fresh()).to.deep.equal(['False', 'True']);
    await operator.clock.advance(6 * MINUTE + 50 * SECOND - WINDOW);
    expect(fresh()).to.deep.equal(['False', 'False']);
  });

  it('ignores a wall clock that steps', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.clear();
    operator.cloud.always(fails('ServerError'));
    operator.clock.wallOffsetMs = 24 * HOUR;
    await operator.clock.advance(WINDOW - 1);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    operator.clock.wallOffsetMs = -24 * HOUR;
    await operator.clock.advance(1);
    expect(operator.cluster.takeWrites()).to.have.length(1);
  });

  it('waits longer when a refusal slows the polls', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.cloud.always(fails('PermissionDenied'));
    await operator.clock.advance(15 * MINUTE);
    expect(condition(operator.status, 'Fresh').status).to.equal('True');
    await operator.clock.advance(31 * SECOND);
    expect(shown(operator.status)).to.include({
      Ready: 'False PermissionDenied',
      Fresh: 'False ObservationOverdue',
    });
  });

  it('fires at the old instant without a write when the window has grown meanwhile', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.clock.advance(10 * SECOND);
    operator.cloud.hold();
    await operator.apply(aJob().generation(2).every('5m'));
    operator.clear();
    await operator.clock.advance(15 * MINUTE);
    expect(operator.cluster.takeWrites(), 'within the window of 15m30s').to.deep.equal([]);
    await operator.clock.advance(30 * SECOND);
    expect(operator.cluster.takeWrites()).to.have.length(1);
  });

  it('is not postponed by a loop of requests while no call gets a permit', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.clear();
    const until = operator.clock.now() + WINDOW;
    for (let token = 0; operator.clock.now() < until; token += 1) {
      operator.cloud.hold();
      await operator.apply(aJob().requested(`token ${token}`));
      await operator.clock.advance(10 * SECOND);
    }
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([OVERDUE]);
  });

  it('writes nothing for a suspended object', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.apply(aJob().generation(2).suspended());
    operator.clear();
    await operator.clock.advance(24 * HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('writes nothing for an object that has the name of a deleted one', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.delete(STREAM1);
    operator.cloud.hold();
    await operator.apply(aJob().uid('another'));
    operator.clear();
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('forgets deleted objects', async () => {
    await operator.applyAnswered(aJob(), running());
    expect(operator.publisher.watched).to.equal(1);
    await operator.delete(STREAM1);
    expect(operator.publisher.watched).to.equal(0);
  });

  it('decides nothing for an object that was deleted and is not visited yet', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.cloud.hold();
    await operator.toNextPoll();
    operator.clear();
    operator.cluster.onChange = () => undefined;
    operator.cluster.delete(STREAM1);
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('decides nothing once stopped', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.stop();
    operator.clear();
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    expect(operator.clock.timers).to.equal(0);
  });
});

describe('the watchdog after a restart', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
  });
  afterEach(() => operator.verify());

  it('counts from the start when the first poll never ends', async () => {
    operator.cloud.hold();
    await operator.restart(16 * MINUTE + 1);
    operator.clear();
    await operator.clock.advance(WINDOW - 1);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    await operator.clock.advance(1);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([OVERDUE]);
  });

  it('does not write an old status as overdue that an answer refreshes a moment later', async () => {
    const call = operator.cloud.hold();
    await operator.restart(HOUR);
    operator.clear();
    await operator.clock.advance(29 * SECOND);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    call.answer(running());
    await operator.clock.advance(0);
    expect(operator.cluster.takeWrites().map(shown), 'the heartbeat').to.deep.equal([healthy('Running')]);
  });

  it('writes an old status as overdue when no answer arrives in 30 s', async () => {
    operator.cloud.hold();
    await operator.restart(HOUR);
    operator.clear();
    await operator.clock.advance(30 * SECOND);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([OVERDUE]);
  });

  it('writes an old status as overdue at once when the first answer is a failure', async () => {
    operator.cloud.plan(fails('ConnectionFailed'));
    await operator.restart(HOUR);
    expect(shown(operator.status)).to.deep.equal(OVERDUE);
  });

  it('keeps Fresh=False until the next observation', async () => {
    operator.cloud.always(fails('ConnectionFailed'));
    await operator.clock.advance(WINDOW);
    await operator.restart(SECOND);
    operator.clear();
    await operator.clock.advance(2 * MINUTE);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    expect(shown(operator.status)).to.deep.equal(OVERDUE);
    operator.cloud.always(running());
    await operator.clock.advance(2 * MINUTE);
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('watches the old target while the first call to the new one never ends', async () => {
    operator.cloud.hold();
    await operator.stop();
    operator.cluster.apply(aJob().generation(2).inRegion('cn-beijing'));
    await operator.restart(SECOND);
    operator.clear();
    await operator.clock.advance(WINDOW);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([OVERDUE]);
  });
});
