/** A nonce is good once for each key, for as long as its request could be sent again. */
import { expect } from 'chai';
import { Nonces } from './nonces.ts';

describe('a nonce', () => {
  it('is good once for each key', () => {
    const nonces = new Nonces();
    expect(nonces.use('a', 'n', 0)).to.equal(true);
    expect(nonces.use('a', 'n', 1)).to.equal(false);
    expect(nonces.use('b', 'n', 1)).to.equal(true);
    expect(nonces.use('a', 'm', 1)).to.equal(true);
  });

  it('is remembered for 30 minutes, as a request dated 15 minutes ahead can be sent that long', () => {
    const nonces = new Nonces();
    nonces.use('a', 'n', 0);
    expect(nonces.use('a', 'n', 30 * 60_000 - 1)).to.equal(false);
    expect(nonces.use('a', 'n', 30 * 60_000)).to.equal(true);
  });
});
