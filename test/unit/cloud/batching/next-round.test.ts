// Which pages are worth asking for once more.

import { expect } from 'chai';
import { nextRound } from '../../../../src/cloud/batching/next-round.ts';

/** Pages 1, 2 and 3 were asked for at 10, 20 and 30. */
const PAGES = new Map([
  [1, 10],
  [2, 20],
  [3, 30],
]);

describe('the next round of a sweep', () => {
  it('is none for nobody, and for those who have seen every page', () => {
    expect(nextRound(PAGES, []).pages).to.deep.equal([]);
    expect(nextRound(PAGES, [1, 5, 10]).pages).to.deep.equal([]);
  });

  it('is none for few', () => {
    expect(nextRound(PAGES, [31, 32, 33])).to.deep.equal({ pages: [], until: 10 });
  });

  it('is of the pages that were asked for before they came', () => {
    expect(nextRound(PAGES, [11, 12, 20])).to.deep.equal({ pages: [1], until: 20 });
    expect(nextRound(PAGES, [25, 25, 25])).to.deep.equal({ pages: [1, 2], until: 30 });
    expect(nextRound(PAGES, Array(4).fill(40))).to.deep.equal({
      pages: [1, 2, 3],
      until: Number.POSITIVE_INFINITY,
    });
  });

  it('leaves a few who came last to calls of their own', () => {
    expect(nextRound(PAGES, [...Array(50).fill(15), 40])).to.deep.equal({ pages: [1], until: 20 });
  });

  it('goes by when a page was asked for, not by its number', () => {
    const shuffled = new Map([
      [1, 30],
      [2, 10],
      [3, 20],
    ]);
    expect(nextRound(shuffled, [25, 25, 25]).pages).to.deep.equal([2, 3]);
  });

  it('never takes more calls than one for each, and reaches everybody that it says', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let times = 0; times < 300; times += 1) {
      const pages = new Map(Array.from({ length: 6 }, (_, index) => [index + 1, Math.ceil(random() * 50)]));
      const sinces = Array.from({ length: Math.floor(random() * 12) }, () => Math.ceil(random() * 60));
      const { pages: again, until } = nextRound(pages, sinces);
      const rest = [...pages].filter(([pageNo]) => !again.includes(pageNo)).map(([, sentAt]) => sentAt);
      const late = sinces.filter((since) => since > until);
      expect(again.length + late.length).to.be.at.most(sinces.length);
      for (const since of sinces.filter((each) => each <= until))
        expect(Math.min(...rest, Number.POSITIVE_INFINITY)).to.be.at.least(since);
    }
  });
});
