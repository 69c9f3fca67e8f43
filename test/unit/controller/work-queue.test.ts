// Keys, each worked on once at a time, none forgotten.

import { expect } from 'chai';
import { WorkQueue } from '../../../src/controller/work-queue.ts';

describe('a work queue', () => {
  let queue: WorkQueue<string>;
  beforeEach(() => {
    queue = new WorkQueue();
  });

  it('hands out keys in the order in which they came', () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect([queue.next(), queue.next(), queue.next(), queue.next()]).to.deep.equal([
      'a',
      'b',
      'c',
      undefined,
    ]);
  });

  it('holds a waiting key once, in its first place, however often it is added', () => {
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect(queue.waiting).to.equal(2);
    expect([queue.next(), queue.next(), queue.next()]).to.deep.equal(['a', 'b', undefined]);
  });

  it('never hands out a key that is in work', () => {
    queue.add('a');
    queue.next();
    queue.add('a');
    expect(queue.next()).to.equal(undefined);
    expect(queue).to.include({ waiting: 0, working: 1 });
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

  it('is done with a key that was not added meanwhile', () => {
    queue.add('a');
    queue.next();
    expect(queue.done('a')).to.equal(false);
    expect(queue).to.include({ waiting: 0, working: 0 });
    expect(queue.next()).to.equal(undefined);
  });

  it('works on other keys meanwhile', () => {
    for (const key of ['a', 'b']) queue.add(key);
    queue.next();
    expect(queue.next()).to.equal('b');
    expect(queue.working).to.equal(2);
  });
});
