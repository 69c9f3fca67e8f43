// One rendering serves all that ask while it is under way, and for a second after it.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { SharedRendering } from '../../../src/http/shared-rendering.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';

describe('a shared rendering', () => {
  let clock: FakeClock;
  let begun: PromiseWithResolvers<string>[];
  let rendering: SharedRendering<string>;
  beforeEach(() => {
    clock = new FakeClock();
    begun = [];
    rendering = new SharedRendering(() => {
      const next = Promise.withResolvers<string>();
      begun.push(next);
      return next.promise;
    }, clock);
  });

  it('serves all that ask while it is under way, however long that takes', async () => {
    const first = rendering.get();
    await clock.advance(60_000);
    const others = Array.from({ length: 200 }, () => rendering.get());
    begun[0]?.resolve('one');
    expect(new Set(await Promise.all([first, ...others]))).to.deep.equal(new Set(['one']));
    expect(begun).to.have.length(1);
  });

  it('is reused for a second after its end, and not longer', async () => {
    const first = rendering.get();
    begun[0]?.resolve('one');
    await first;
    await clock.advance(999);
    expect(await rendering.get()).to.equal('one');
    await clock.advance(1);
    const second = rendering.get();
    expect(begun).to.have.length(2);
    begun[1]?.resolve('two');
    expect(await second).to.equal('two');
  });

  it('lets other work run between two readers, each of which writes a long answer', async () => {
    const order: string[] = [];
    const readers = Array.from({ length: 20 }, async () => {
      await rendering.get();
      order.push('answer');
    });
    let isOver = false;
    const otherWork = (async () => {
      while (!isOver) {
        order.push('other work');
        await nextTurn();
      }
    })();
    begun[0]?.resolve('one');
    await Promise.all(readers);
    isOver = true;
    await otherWork;
    const answers = order.flatMap((each, index) => (each === 'answer' ? [index] : []));
    expect(answers).to.have.length(readers.length);
    for (const index of answers) expect(order[index - 1], order.join(', ')).to.equal('other work');
  });

  it('that fails is tried again a second later', async () => {
    const failed = rendering.get();
    begun[0]?.reject(new Error('no'));
    for (const asked of [failed, rendering.get()])
      expect(await asked.catch((error: Error) => error.message)).to.equal('no');
    expect(begun).to.have.length(1);
    await clock.advance(1_000);
    void rendering.get();
    expect(begun).to.have.length(2);
  });
});
