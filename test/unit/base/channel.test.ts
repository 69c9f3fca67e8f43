// What the consumer of a channel receives, and when its wait ends.
import { expect } from 'chai';
import { Channel } from '../../../src/base/channel.ts';
import { settled } from '../kit/fakes/fake-clock.ts';

describe('channel', () => {
  let channel: Channel<string>;
  beforeEach(() => {
    channel = new Channel();
  });

  it('delivers everything that was pushed since the last call, oldest first', async () => {
    for (const item of ['a', 'b', 'c']) channel.push(item);
    expect(await channel.next()).to.deep.equal(['a', 'b', 'c']);
    channel.push('d');
    expect(await channel.next()).to.deep.equal(['d']);
  });

  it('waits for an item, and delivers those pushed at the same moment together', async () => {
    let received: readonly string[] | undefined;
    void channel.next().then((items) => {
      received = items;
    });
    await settled();
    expect(received).to.equal(undefined);
    for (const item of ['a', 'b']) channel.push(item);
    await settled();
    expect(received).to.deep.equal(['a', 'b']);
  });

  it('waits again after a delivery', async () => {
    let deliveries = 0;
    const consume = async () => {
      for (let items = await channel.next(); items.length > 0; items = await channel.next()) deliveries += 1;
    };
    const consumed = consume();
    for (const item of ['a', 'b', 'c']) {
      channel.push(item);
      await settled();
    }
    expect(deliveries).to.equal(3);
    channel.close();
    await consumed;
  });

  it('does not change what it has delivered', async () => {
    channel.push('a');
    const delivered = await channel.next();
    channel.push('b');
    expect(delivered).to.deep.equal(['a']);
  });

  it('ends the wait of its consumer with nothing when it is closed', async () => {
    const next = channel.next();
    channel.close();
    expect(await next).to.deep.equal([]);
    expect(await channel.next()).to.deep.equal([]);
  });

  it('still delivers what was pushed before it was closed', async () => {
    channel.push('a');
    channel.close();
    expect(await channel.next()).to.deep.equal(['a']);
    expect(await channel.next()).to.deep.equal([]);
  });
});
