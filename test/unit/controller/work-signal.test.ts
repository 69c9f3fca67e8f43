import { expect } from 'chai';
import { WorkSignal } from '../../../src/controller/work-signal.ts';
import { heapInUse } from '../kit/heap.ts';

describe('a work signal', () => {
  let signal: WorkSignal;
  let calls: string[];

  beforeEach(() => {
    signal = new WorkSignal();
    calls = [];
  });

  const listener = (name: string) => () => calls.push(name);

  it('calls each listener once, at the first abort', () => {
    signal.addEventListener('abort', listener('a function'));
    signal.addEventListener('abort', { handleEvent: listener('an object') });
    signal.abort();
    signal.abort();
    expect(calls).to.deep.equal(['a function', 'an object']);
  });

  it('is aborted when its listeners are called', () => {
    signal.addEventListener('abort', () => calls.push(`aborted: ${signal.aborted}`));
    expect(signal.aborted).to.equal(false);
    signal.abort();
    expect(calls).to.deep.equal(['aborted: true']);
  });

  it('calls no listener that was removed', () => {
    const removed = listener('removed');
    signal.addEventListener('abort', removed);
    signal.addEventListener('abort', listener('kept'));
    signal.removeEventListener('abort', removed);
    signal.abort();
    expect(calls).to.deep.equal(['kept']);
  });

  it('calls no listener that is added after an abort, as an AbortSignal', () => {
    signal.abort();
    signal.addEventListener('abort', listener('late'));
    signal.abort();
    expect(calls).to.deep.equal([]);
  });

  it('calls every listener, even if one removes itself', () => {
    const leaving = () => {
      signal.removeEventListener('abort', leaving);
      calls.push('leaving');
    };
    signal.addEventListener('abort', leaving);
    signal.addEventListener('abort', listener('next'));
    signal.abort();
    expect(calls).to.deep.equal(['leaving', 'next']);
  });

  it('takes less than 120 bytes with its listener', async () => {
    const count = 20_000;
    const object = { handleEvent: () => undefined };
    const create = () => {
      const each = new WorkSignal();
      each.addEventListener('abort', object);
      return each;
    };
    Array.from({ length: 1_000 }, create);
    const before = await heapInUse();
    const signals = Array.from({ length: count }, create);
    const bytes = ((await heapInUse()) - before) / count;
    expect(bytes).to.be.within(20, 120);
    expect(signals).to.have.lengthOf(count);
  });
});
