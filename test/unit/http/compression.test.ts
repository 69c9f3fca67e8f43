// Metrics are compressed once for all that accept it.

import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { acceptsGzip, Compression } from '../../../src/http/compression.ts';

describe('the compression of metrics', () => {
  it('compresses a body once, however many clients ask for it', async () => {
    const compression = new Compression();
    const body = Buffer.from('a 1\n'.repeat(1_000));
    const [one, other] = [compression.of(body), compression.of(body)];
    expect(await one).to.equal(await other);
    expect(gunzipSync(await one)).to.deep.equal(body);
    expect((await one).length).to.be.lessThan(body.length / 10);
    expect(await compression.of(Buffer.from(body))).not.to.equal(await one);
  });

  for (const [header, accepts] of [
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['gzip;q=1', true],
    ['gzip;q=0', false],
    ['gzip; q=0.00', false],
    ['identity', false],
    ['x-gzip', false],
    ['', false],
    [undefined, false],
  ] as const)
    it(`is ${accepts ? '' : 'not '}accepted by ${JSON.stringify(header)}`, () => {
      expect(acceptsGzip(header)).to.equal(accepts);
    });
});
