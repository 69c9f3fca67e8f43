import { expect } from 'chai';
import { awaitChange } from '../../../src/controller/outcome.ts';
import { type End, Work } from '../../../src/controller/work.ts';
import { heapInUse } from '../kit/heap.ts';

describe('the work on a key', () => {
  let work: Work<string>;
  let calls: string[];
  let ends: End[];

  beforeEach(() => {
    ends = [];
    work = new Work('key', 0, (_, end) => ends.push(end));
    calls = [];
  });

  const listener = (name: string) => () => calls.push(name);

  it('calls each listener once, at the first abort', () => {
    work.addEventListener('abort', listener('a function'));
    work.addEventListener('abort', { handleEvent: listener('an object') });
    work.abort();
    work.abort();
    expect(calls).to.deep.equal(['a function', 'an object']);
  });

  it('is aborted when its listeners are called', () => {
    work.addEventListener('abort', () => calls.push(`aborted: ${work.aborted}`));
    expect(work.aborted).to.equal(false);
    work.abort();
    expect(calls).to.deep.equal(['aborted: true']);
  });

  it('calls no listener that was removed', () => {
    const removed = listener('removed');
    work.addEventListener('abort', removed);
    work.addEventListener('abort', listener('kept'));
    work.removeEventListener('abort', removed);
    work.abort();
    expect(calls).to.deep.equal(['kept']);
  });

  it('calls no listener that is added after an abort, as an AbortSignal', () => {
    work.abort();
    work.addEventListener('abort', listener('late'));
    work.abort();
    expect(calls).to.deep.equal([]);
  });

  it('calls every listener, even if one removes itself', () => {
    const leaving = () => {
      work.removeEventListener('abort', leaving);
      calls.push('leaving');
    };
    work.addEventListener('abort', leaving);
    work.addEventListener('abort', listener('next'));
    work.abort();
    expect(calls).to.deep.equal(['leaving', 'next']);
  });

  it('ends with its outcome', () => {
    work.end(awaitChange);
    expect(ends).to.deep.equal([{ outcome: awaitChange() }]);
  });

  it('ends with what its last step throws', () => {
    const thrown = new Error('a bug');
    work.end(() => {
      throw thrown;
    });
    expect(ends).to.deep.equal([{ thrown }]);
  });

  it('ends once: what comes later is not even carried out', () => {
    work.end(awaitChange);
    work.end(() => {
      calls.push('carried out');
      return awaitChange();
    });
    expect([ends, calls]).to.deep.equal([[{ outcome: awaitChange() }], []]);
  });

  it('takes less than 120 bytes with its listener', async () => {
    const count = 20_000;
    const object = { handleEvent: () => undefined };
    const onEnd = () => undefined;
    const create = () => {
      const each = new Work('key', 0, onEnd);
      each.addEventListener('abort', object);
      return each;
    };
    Array.from({ length: 1_000 }, create);
    const before = await heapInUse();
    const works = Array.from({ length: count }, create);
    const bytes = ((await heapInUse()) - before) / count;
    expect(bytes).to.be.within(20, 120);
    expect(works).to.have.lengthOf(count);
  });
});
