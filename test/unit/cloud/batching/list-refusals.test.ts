// Where listing was refused: not tried for an hour, told once, and forgotten when nobody asks any more.

import { expect } from 'chai';
import { ListRefusals } from '../../../../src/cloud/batching/list-refusals.ts';
import { FakeClock } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const MINUTE = 60_000;
const UNKNOWN = { kind: 'InvalidReference', message: 'no such cluster' } as const;
const DENIED = { kind: 'PermissionDenied', message: 'not you' } as const;

function cluster(clusterID: string, namespace = 'media') {
  return { credential: { namespace, name: 'key' }, clusterID };
}

describe('refusals to list', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let refusals: ListRefusals;
  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    refusals = new ListRefusals(clock, logger);
  });

  it('are of one cluster, whatever the reason, and for an hour', async () => {
    refusals.refused(cluster('a'), UNKNOWN);
    refusals.refused(cluster('x', 'news'), DENIED);
    const clusters = [cluster('a'), cluster('b'), cluster('x', 'news'), cluster('y', 'news')];
    const may = () => clusters.map((each) => refusals.mayList(each));
    expect(may()).to.deep.equal([false, true, false, true]);
    await clock.advance(60 * MINUTE);
    expect(may()).to.deep.equal([true, true, true, true]);
  });

  it('for want of the permission are told once for all clusters of a credential', () => {
    for (const clusterID of ['x', 'y', 'z']) refusals.refused(cluster(clusterID), DENIED);
    refusals.refused(cluster('x', 'news'), DENIED);
    expect(logger.lines.map(({ fields }) => fields?.permission)).to.deep.equal(
      Array(2).fill('live:ListEdgeTranscodeJob'),
    );
  });

  it('are told when they begin, not each hour that it is tried again', async () => {
    for (let hour = 0; hour < 30; hour += 1) {
      refusals.refused(cluster('a'), UNKNOWN);
      await clock.advance(65 * MINUTE);
    }
    expect(logger.lines).to.have.length(1);
    refusals.listed(cluster('a'));
    refusals.refused(cluster('a'), UNKNOWN);
    expect(logger.lines).to.have.length(2);
  });

  it('are forgotten when nobody has asked for two hours: clusters can be made up without end', async () => {
    for (let hour = 0; hour < 24; hour += 1) {
      for (let each = 0; each < 100; each += 1) refusals.refused(cluster(`${hour}-${each}`), UNKNOWN);
      await clock.advance(60 * MINUTE);
    }
    expect(refusals.size).to.be.within(100, 400);
  });
});
