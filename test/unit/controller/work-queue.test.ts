// A queue that hands out each key once at a time and forgets none.

import { expect } from 'chai';
import { WorkQueue } from '../../../src/controller/work-queue.ts';

describe('a work queue', () => {
  let queue: WorkQueue<string, string>;
  beforeEach(() => {
    queue = new WorkQueue((key) => key);
  });

  it('hands out keys in the order in which they were added', () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect([queue.next(), queue.next(), queue.next(), queue.next()]).to.deep.equal([
      'a',
      'b',
      'c',
      undefined,
    ]);
  });

  it('holds a waiting key once, at its first place, however often it is added', () => {
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect([queue.next(), queue.next(), queue.next()]).to.deep.equal(['a', 'b', undefined]);
  });

  it('never hands out a key that is in work', () => {
    queue.add('a');
    queue.next();
    queue.add('a');
    expect(queue.next()).to.equal(undefined);
    expect([queue.isWaiting('a'), queue.underWay.size]).to.deep.equal([false, 1]);
  });

  it('hands out a key once more that was added while it was in work', () => {
    queue.add('a');
    queue.next();
    queue.add('a');
    queue.add('a');
    expect(queue.done('a')).to.equal(true);
    expect([queue.next(), queue.next()]).to.deep.equal(['a', undefined]);
    expect(queue.done('a')).to.equal(false);
  });

  it('forgets a finished key that was not added meanwhile', () => {
    queue.add('a');
    queue.next();
    expect(queue.done('a')).to.equal(false);
    expect([queue.isWaiting('a'), queue.underWay.size]).to.deep.equal([false, 0]);
    expect(queue.next()).to.equal(undefined);
  });

  it('hands out other keys while one is in work', () => {
    for (const key of ['a', 'b']) queue.add(key);
    queue.next();
    expect(queue.next()).to.equal('b');
    expect([...queue.underWay.keys()]).to.deep.equal(['a', 'b']);
  });

  it('keeps what it handed out for a key until it is done, and makes another the next time', () => {
    const items = new WorkQueue((key: string) => ({ key }));
    items.add('a');
    const first = items.next();
    expect(items.underWay.get('a')).to.equal(first);
    items.add('a');
    items.done('a');
    expect(items.underWay.get('a')).to.equal(undefined);
    const second = items.next();
    expect(second).to.deep.equal({ key: 'a' });
    expect(second).not.to.equal(first);
    expect(items.underWay.get('a')).to.equal(second);
  });

  it('puts a party that may not start behind all others', () => {
    queue = new WorkQueue(
      (key) => key,
      (key) => key,
    );
    for (const key of ['barred', 'b', 'c']) queue.add(key);
    expect(queue.next((party) => party !== 'barred')).to.equal('b');
    expect([queue.next(), queue.next()]).to.deep.equal(['c', 'barred']);
  });
});
