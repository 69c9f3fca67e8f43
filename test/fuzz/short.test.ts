// A few inputs of each border, the same in every run. `make fuzz` tries 100,000 others.

import { expect } from 'chai';
import fc from 'fast-check';
import { BORDERS } from './borders.ts';
import { type Border, fuzzed } from './kit/border.ts';

const [SEED, RUNS] = [1, 200];

describe('a border takes hostile inputs', () => {
  for (const { name, fuzz } of BORDERS)
    it(`of ${name}`, async () => {
      const { inputs, finding } = await fuzz({ seed: SEED, runs: RUNS });
      expect(finding).to.equal(undefined);
      expect(inputs).to.equal(RUNS);
    });
});

describe('a fault at a border', () => {
  const faulty: Border<string> = {
    name: 'faulty',
    inputs: fc.string(),
    open: () => ({
      take: (text) => {
        if (text.includes('%')) throw new Error('it cannot read a %');
      },
    }),
  };

  it('is found, made smaller, and repeated by its command', async () => {
    const { finding } = await fuzzed(faulty).fuzz({ seed: SEED, runs: 10_000 });
    expect(finding?.input).to.equal('"%"');
    expect(finding?.error).to.contain('it cannot read a %');
    const [, seed, replay] =
      /^make fuzz BORDER=faulty SEED=(\d+) REPLAY=([\d:]+)$/.exec(finding?.replay ?? '') ?? [];
    const again = await fuzzed(faulty).fuzz({ seed: Number(seed), runs: 1, replay });
    expect(again.inputs).to.equal(1);
    expect(again.finding?.input).to.equal('"%"');
  });

  it('is an input that takes long', async function () {
    // It takes a second of processor time, which a busy machine may not give within 20 s.
    this.timeout(120_000);
    const slow: Border<number> = {
      name: 'slow',
      inputs: fc.constant(7),
      open: () => ({
        take: () => {
          const began = process.threadCpuUsage();
          while (process.threadCpuUsage(began).user < 260_000);
        },
      }),
    };
    const { finding } = await fuzzed(slow).fuzz({ seed: SEED, runs: 1 });
    expect(finding?.error).to.match(/took \d+ ms of processor time/);
  });
});
