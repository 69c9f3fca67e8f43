// A tunnel is read under the name localhost or an address, and under no name that a hostile site could have.

import { expect } from 'chai';
import { isRebound } from '../../../src/http/tunnel-host.ts';

describe('a request through a tunnel', () => {
  for (const from of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    for (const host of ['localhost:8081', 'LOCALHOST', '127.0.0.1:8081', '[::1]:8081', '10.1.2.3'])
      it(`from ${from} for ${host} is answered`, () => expect(isRebound(host, from)).to.equal(false));
    for (const host of ['rebound.example.com:8081', 'localhost.example.com', '127.0.0.1.nip.io', 'a b', ''])
      it(`from ${from} for "${host}" is refused`, () => expect(isRebound(host, from)).to.equal(true));
  }

  it('without a name, as programs make it, is answered', () => {
    expect(isRebound(undefined, '127.0.0.1')).to.equal(false);
  });

  for (const from of ['10.1.2.3', 'fd00::1', '127.0.0.6', undefined])
    it(`is not one from ${from}, whose names are those of a proxy`, () =>
      expect(isRebound('streams.example.com', from)).to.equal(false));
});
