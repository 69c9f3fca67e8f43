// That sharing changes no value, and that strings are shared: seen by the memory that many objects take.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { SharedTexts } from '../../../../src/kube/informer/interned-strings.ts';

/** Longer than what the JSON parser shares by itself. */
const MESSAGE = 'the job was observed and the status is fresh'.repeat(20);

describe('shared texts', () => {
  it('change no value', () => {
    const data = { a: 'x', b: ['x', { c: 'x', d: 1, e: null, f: true }], g: '' };
    const before = structuredClone(data);
    new SharedTexts().share(data);
    expect(data).to.deep.equal(before);
  });

  it('take memory once for a text that many objects have, however many others come between', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const texts = new SharedTexts();
    const held: object[] = [];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 20_000; index += 1) {
      const data = JSON.parse(JSON.stringify({ message: MESSAGE, own: `own-${index}` }));
      texts.share(data);
      held.push(data);
    }
    collectGarbage();
    const each = (process.memoryUsage().heapUsed - before) / held.length;
    expect(each).to.be.below(MESSAGE.length / 2);
  });
});
