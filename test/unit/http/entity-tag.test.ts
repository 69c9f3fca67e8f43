// A proxy and a cache do not name a tag as the server wrote it.

import { expect } from 'chai';
import { hasTag } from '../../../src/http/entity-tag.ts';

describe('whether a client has an answer already', () => {
  for (const names of ['W/"a"', '"a"', '"b", W/"a"', '"b","a"', ' W/"a" ', '*'])
    it(`has that with the tag W/"a", if it names ${names}`, () =>
      expect(hasTag(names, 'W/"a"')).to.equal(true));

  for (const names of [undefined, '', '"b"', 'a', 'W/"A"', '"aa"', '"*"'])
    it(`does not have that with the tag W/"a", if it names ${names}`, () =>
      expect(hasTag(names, 'W/"a"')).to.equal(false));

  it('has no answer without a tag', () => {
    for (const names of ['*', 'undefined', '']) expect(hasTag(names, undefined)).to.equal(false);
  });
});
