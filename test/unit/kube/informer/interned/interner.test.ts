// Which values an interner holds, and which it drops.
import { expect } from 'chai';
import { Interner } from '../../../../../src/kube/informer/interner.ts';

interface Value {
  readonly text: string;
}

const newInterner = () => new Interner<Value>(10, ({ text }) => text);
const value = (text: string): Value => ({ text });

describe('interner', () => {
  it('returns the first of equal values', () => {
    const interner = newInterner();
    const first = interner.intern(value('a'));
    expect(interner.intern(value('a'))).to.equal(first);
    expect(interner.intern(value('b'))).not.to.equal(first);
  });

  it('holds a value that is seen in each generation, however many others come in between', () => {
    const interner = newInterner();
    const first = interner.intern(value('a'));
    for (let other = 0; other < 1_000; other += 1) {
      interner.intern(value(`other ${other}`));
      expect(interner.intern(value('a'))).to.equal(first);
    }
  });

  it('drops a value that is not seen for two generations', () => {
    const interner = newInterner();
    const first = interner.intern(value('a'));
    for (let other = 0; other < 20; other += 1) interner.intern(value(`other ${other}`));
    expect(interner.intern(value('a'))).not.to.equal(first);
  });
});
