// When an object may be written whose status changes again and again.

import { expect } from 'chai';
import { objectKey } from '../../../../src/base/object-key.ts';
import { RepeatLimit } from '../../../../src/kube/writers/repeat-limit.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Further writes of a namespace that need not wait. */
const BURST = 100;

const OBJECT = objectKey('media', 'a');
const SPENDER = objectKey('media', 'spender');

describe('the limit of repeated writes', () => {
  let clock: FakeClock;
  let limit: RepeatLimit;
  beforeEach(() => {
    clock = new FakeClock();
    limit = new RepeatLimit(clock);
  });

  /** Writes the object as often as it may be written now, but not without end. */
  function writeAll(key = OBJECT): number {
    let writes = 0;
    for (; writes < 2 * BURST && limit.writableAt(key) === clock.now(); writes += 1) limit.wrote(key);
    return writes;
  }

  it('lets an object be written three times, and further as long as its namespace has tokens', () => {
    expect([writeAll(SPENDER), writeAll()]).to.deep.equal([3 + BURST, 3]);
  });

  it('lets a namespace write two a second more, however long its objects change', () => {
    writeAll(SPENDER);
    for (let tens = 0; tens < 12; tens += 1) {
      clock.skip(10 * SECOND);
      expect(writeAll(objectKey('media', `spender-${tens}`))).to.equal(3 + 20);
    }
  });

  it('delays a further write until a minute after the first one', () => {
    writeAll(SPENDER);
    const began = clock.now();
    for (let write = 0; write < 3; write += 1) {
      limit.wrote(OBJECT);
      clock.skip(SECOND / 10);
    }
    expect(limit.writableAt(OBJECT)).to.equal(began + MINUTE);
    clock.skip(began + MINUTE - clock.now());
    writeAll(SPENDER);
    expect(writeAll()).to.equal(3);
  });

  it('counts by the minute: an object that is written each half minute takes no tokens', () => {
    for (let write = 0; write < 10; write += 1) {
      expect(limit.writableAt(OBJECT)).to.equal(clock.now());
      limit.wrote(OBJECT);
      clock.skip(MINUTE / 2);
    }
    expect(writeAll(SPENDER)).to.equal(3 + BURST);
  });
});
