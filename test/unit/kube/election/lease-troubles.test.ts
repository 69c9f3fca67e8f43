// What is logged of a Lease that cannot be read or written.

import { expect } from 'chai';
import { RefusedError } from '../../../../src/kube/client/api-error.ts';
import { LeaseTroubles } from '../../../../src/kube/election/lease-troubles.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';

describe('the troubles of the Lease', () => {
  for (const [refusedBy, isHinted] of [
    [undefined, true],
    ['authorization', true],
    ['namespace deletion', false],
    ['ValidatingAdmissionPolicy frozen', false],
    ['ResourceQuota few', false],
  ] as const)
    it(`are ${isHinted ? '' : 'not '}blamed on a Role when a 403 is refused by ${refusedBy}`, () => {
      const logger = new RecordingLogger();
      const troubles = new LeaseTroubles({ clock: new FakeClock(), logger });
      troubles.failed(
        'writing',
        new RefusedError({ status: 403, reason: 'Forbidden', ...(refusedBy && { refusedBy }) }),
      );
      const [line] = logger.lines;
      expect(line?.level).to.equal('warn');
      expect('hint' in (line?.fields ?? {})).to.equal(isHinted);
      expect(line?.fields.refusedBy).to.equal(refusedBy);
    });

  it('are logged once while a connection is lost, whose reasons alternate', () => {
    const logger = new RecordingLogger();
    const troubles = new LeaseTroubles({ clock: new FakeClock(), logger });
    for (const code of ['ECONNRESET', 'ECONNREFUSED', 'ECONNRESET'])
      troubles.failed('reading', Object.assign(new Error(), { code }));
    troubles.failed('reading', new RefusedError({ status: 503, reason: 'ServiceUnavailable' }));
    expect(logger.lines.map(({ level }) => level)).to.deep.equal(['warn', 'debug', 'debug', 'warn']);
  });
});
