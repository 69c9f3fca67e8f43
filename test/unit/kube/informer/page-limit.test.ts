// The limits of the pages of a list, for objects of any size in any order.

import { expect } from 'chai';
import fc from 'fast-check';
import { MOST_ANSWER_BYTES } from '../../../../src/kube/client/bounded-body.ts';
import { FIRST_LIMIT, limitAfter, limitAfterTooLarge } from '../../../../src/kube/informer/page-limit.ts';

const KIB = 1_024;
const LARGEST = 1.5 * KIB * KIB;

interface Listing {
  /** The limit of each request, and whether its page was too large. */
  readonly requests: readonly { readonly limit: number; readonly tooLarge: boolean }[];
  readonly listed: number;
}

/** Lists objects of these sizes as the watcher does. */
function list(sizes: readonly number[]): Listing {
  const requests: { limit: number; tooLarge: boolean }[] = [];
  let limit = FIRST_LIMIT;
  let listed = 0;
  while (listed < sizes.length) {
    const page = sizes.slice(listed, listed + limit);
    const bytes = page.reduce((sum, size) => sum + size, 0);
    const tooLarge = bytes > MOST_ANSWER_BYTES;
    requests.push({ limit, tooLarge });
    if (tooLarge && limit === 1) throw new Error('an object does not fit into a page');
    if (tooLarge) limit = limitAfterTooLarge(limit);
    else {
      listed += page.length;
      limit = limitAfter(limit, { objects: page.length, bytes });
    }
  }
  return { requests, listed };
}

function limits({ requests }: Listing): number[] {
  return requests.map(({ limit }) => limit);
}

describe('the limit of a page', () => {
  it('grows to 500 with ordinary objects, so that few pages are small', () => {
    const listing = list(Array(10_000).fill(3 * KIB));
    expect(limits(listing).slice(0, 5)).to.deep.equal([16, 64, 256, 500, 500]);
    // 20 pages were needed when each had 500 objects.
    expect(listing.requests).to.have.lengthOf(23);
  });

  it('falls to 2 with the largest objects, and stays there', () => {
    expect(limits(list(Array(6).fill(LARGEST)))).to.deep.equal([16, 2, 2, 2]);
  });

  it('finds large objects after many small ones, and grows again after them', () => {
    const listing = list([...Array(336).fill(KIB), ...Array(4).fill(LARGEST), ...Array(700).fill(KIB)]);
    expect(limits(listing).slice(3)).to.deep.equal([500, 62, 7, 1, 2, 2, 3, 12, 48, 192, 500]);
  });

  it('keeps to about 3 MiB with objects of any one size', () => {
    for (const size of [5 * KIB, 20 * KIB, 100 * KIB, 500 * KIB]) {
      const last = limits(list(Array(2_000).fill(size))).at(-1) as number;
      expect(last * size, `${size}`).to.be.within(1.5 * KIB * KIB, 3 * KIB * KIB);
    }
  });

  it('does not change after a page without objects', () => {
    expect(limitAfter(64, { objects: 0, bytes: 100 })).to.equal(64);
  });

  it('lists objects of any sizes, and requests few pages twice', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 4 * KIB }), fc.integer({ min: 1, max: LARGEST }));
    const run = fc.record({ size, count: fc.integer({ min: 1, max: 600 }) });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), (runs) => {
        const sizes = runs.flatMap(({ size, count }) => Array<number>(count).fill(size));
        const { requests, listed } = list(sizes);
        expect(listed).to.equal(sizes.length);
        const wasted = requests.filter(({ tooLarge }) => tooLarge).length;
        expect(wasted).to.be.at.most(3 * (requests.length - wasted));
      }),
    );
  });
});
