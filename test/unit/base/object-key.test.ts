// A namespaced name as one string.

import { expect } from 'chai';
import { objectKey, splitKey } from '../../../src/base/object-key.ts';

describe('an object key', () => {
  it('is split into what it was made of', () => {
    expect(splitKey(objectKey('media', 'stream1.hd'))).to.deep.equal({
      namespace: 'media',
      name: 'stream1.hd',
    });
  });

  it('differs for the same name in another namespace', () => {
    expect(objectKey('a', 'b')).to.not.equal(objectKey('b', 'a'));
  });
});
