// The queue between producers and one consumer.

import { expect } from 'chai';
import { Channel } from '../../../src/base/channel.ts';
import { settled } from '../kit/fake-clock.ts';

describe('a channel', () => {
  it('gives all items since the last call, oldest first', async () => {
    const channel = new Channel<number>();
    for (const item of [1, 2, 3]) channel.push(item);
    expect(await channel.next()).to.deep.equal([1, 2, 3]);
    channel.push(4);
    expect(await channel.next()).to.deep.equal([4]);
  });

  it('waits for the next item', async () => {
    const channel = new Channel<number>();
    let got: readonly number[] | undefined;
    void channel.next().then((items) => {
      got = items;
    });
    await settled();
    expect(got).to.equal(undefined);
    channel.push(1);
    channel.push(2);
    await settled();
    expect(got).to.deep.equal([1, 2]);
  });

  it('delivers what was pushed before it was closed, and then nothing', async () => {
    const channel = new Channel<number>();
    channel.push(1);
    channel.close();
    expect(await channel.next()).to.deep.equal([1]);
    expect(await channel.next()).to.deep.equal([]);
  });

  it('ends a wait when it is closed', async () => {
    const channel = new Channel<number>();
    const waiting = channel.next();
    channel.close();
    expect(await waiting).to.deep.equal([]);
  });
});
