// A status that another writer has changed is corrected at the next poll, and no poll writes for any other
// reason.

import { expect } from 'chai';
import { AnOperator, STREAM1 } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { fails, notStarted, running } from '../../../kit/samples/answers.ts';
import { healthy, shown } from '../../../kit/shown.ts';

const MINUTE = 60_000;

describe('a status that another writer changes', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    operator.clear();
  });
  afterEach(() => operator.verify());

  /**
   * The object comes without a status, as to a new term, and is called; then the write of the last term is
   * stored.
   */
  async function lastTermWritesLate() {
    const { status } = operator;
    await operator.delete(STREAM1);
    const call = operator.cloud.hold();
    await operator.apply(aJob());
    operator.cluster.overwrite(STREAM1, { ...status, conditions: [...(status.conditions ?? [])] });
    return call;
  }

  it('is corrected at the next poll, by one write', async () => {
    operator.cluster.overwrite(STREAM1, { observedGeneration: 1, state: 'NotFound', conditions: [] });
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    operator.cloud.always(running());
    await operator.clock.advance(5 * MINUTE);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('Running')]);
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('is not written again when it says what the next poll brings', async () => {
    const other = new AnOperator();
    await other.applyAnswered(aJob(), notStarted());
    const [written = {}] = other.cluster.takeWrites();
    operator.cluster.overwrite(STREAM1, written);
    operator.cloud.always(notStarted());
    await operator.clock.advance(5 * MINUTE);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    await other.verify();
  });

  it('is not written again where the last term wrote it after this one had begun', async () => {
    const call = await lastTermWritesLate();
    await operator.clock.advance(5_000);
    call.send().answer(running());
    await operator.clock.advance(1_000);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    operator.cloud.always(running());
    await operator.clock.advance(11 * MINUTE);
    expect(operator.cluster.takeWrites().map(shown), 'the heartbeat').to.deep.equal([healthy('Running')]);
  });

  it('gets a heartbeat where it says the same of an old observation', async () => {
    const call = await lastTermWritesLate();
    await operator.clock.advance(11 * MINUTE);
    call.send().answer(running());
    await operator.clock.advance(1_000);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('Running')]);
  });

  it('is corrected where nothing was ever observed', async () => {
    await operator.delete(STREAM1);
    await operator.applyAnswered(aJob(), fails('PermissionDenied'));
    operator.clear();
    operator.cluster.overwrite(STREAM1, {});
    operator.cloud.always(fails('PermissionDenied'));
    await operator.clock.advance(11 * MINUTE);
    expect(operator.cluster.takeWrites()).to.have.length(1);
    expect(shown(operator.status)).to.include({ Ready: 'False PermissionDenied' });
  });

  it('is corrected while the object is suspended when a poll would be due, without a call', async () => {
    await operator.apply(aJob().generation(2).suspended());
    const suspended = shown(operator.status);
    operator.clear();
    for (let times = 0; times < 2; times += 1) {
      operator.cluster.overwrite(STREAM1, { observedGeneration: 2, state: 'NotFound', conditions: [] });
      expect(operator.cluster.takeWrites()).to.deep.equal([]);
      await operator.clock.advance(1.5 * MINUTE);
      expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([suspended]);
    }
    await operator.clock.advance(5 * MINUTE);
    expect([...operator.cluster.takeWrites(), ...operator.cloud.takeCalls()]).to.deep.equal([]);
  });

  it('is distinguished from one that an older CRD prunes', async () => {
    operator.cluster.prune = ({ observedTarget: _pruned, ...status }) => status;
    operator.cloud.always(running());
    await operator.apply(aJob().generation(2).every('30s'));
    await operator.clock.advance(MINUTE);
    operator.clear();
    await operator.clock.advance(4 * MINUTE);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    operator.cluster.overwrite(STREAM1, { observedGeneration: 2, state: 'NotFound', conditions: [] });
    await operator.toNextPoll();
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('Running')]);
  });
});

describe('a process that was paused', () => {
  it('does not write a status as overdue that it finds fresh a moment later', async () => {
    const operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    operator.clear();
    const call = operator.cloud.hold();
    await operator.clock.freeze(5 * MINUTE);
    call.send().answer(running());
    await operator.clock.advance(1_000);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([]);
    await operator.verify();
  });

  it('decides again even when no answer arrives', async () => {
    const operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    operator.clear();
    operator.cloud.hold();
    await operator.clock.freeze(5 * MINUTE);
    await operator.clock.advance(30_000);
    expect(shown(operator.status)).to.include({ Fresh: 'False ObservationOverdue' });
    await operator.verify();
  });
});
