import { expect } from 'chai';
import { shuffleNumber } from '../../../../scripts/test/shuffle.ts';

describe('shuffleNumber', () => {
  it('takes whole numbers from 0 on', () => {
    expect(shuffleNumber('0')).to.equal(0);
    expect(shuffleNumber('4294967296')).to.equal(4_294_967_296);
  });

  for (const text of ['', 'yes', '-1', '1.5', '1e3', ' 7', '7x'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => shuffleNumber(text)).to.throw(`SHUFFLE=${text} is not a whole number`);
    });
});
