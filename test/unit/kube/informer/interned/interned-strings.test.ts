// Interning changes no value, and equal strings share memory, measured by the heap of many objects.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { InternedStrings } from '../../../../../src/kube/informer/interned-strings.ts';

/** Longer than what the JSON parser interns on its own. */
const MESSAGE = 'the job was observed and the status is fresh'.repeat(20);

describe('interned strings', () => {
  it('change no value', () => {
    const data = { a: 'x', b: ['x', { c: 'x', d: 1, e: null, f: true }], g: '' };
    const before = structuredClone(data);
    new InternedStrings().intern(data);
    expect(data).to.deep.equal(before);
  });

  it('take memory once for a string that many objects have, however many others come in between', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const strings = new InternedStrings();
    const held: object[] = [];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 20_000; index += 1) {
      const data = JSON.parse(JSON.stringify({ message: MESSAGE, own: `own-${index}` }));
      strings.intern(data);
      held.push(data);
    }
    collectGarbage();
    const each = (process.memoryUsage().heapUsed - before) / held.length;
    expect(each).to.be.below(MESSAGE.length / 2);
  });
});
