// Few places, given to what has waited longest.

import { expect } from 'chai';
import { Places } from '../../../../src/kube/client/places.ts';
import { settled } from '../../kit/fakes/fake-clock.ts';

describe('a few places', () => {
  it('are given at once while one is free, and then in the order of the calls', async () => {
    const places = new Places(2);
    const entered: string[] = [];
    const leaves: (() => void)[] = [];
    for (const name of ['a', 'b', 'c', 'd'])
      void places.enter().then((leave) => {
        entered.push(name);
        leaves.push(leave);
      });
    await settled();
    expect(entered).to.deep.equal(['a', 'b']);
    for (const expected of [
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ]) {
      leaves.shift()?.();
      await settled();
      expect(entered).to.deep.equal(expected);
    }
    for (const leave of leaves) leave();
    await places.enter();
    await places.enter();
  });
});
