/**
 * Hundreds of clients that scrape /metrics at once do not keep the kubelet's probes waiting. With 3,000
 * objects an answer has 2 MB.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createClusters, createReferencesTo } from '../support/many.ts';
import { useWorld } from '../support/use-world.ts';

const OBJECTS = 3_000;
const SCRAPERS = 200;
/** How often each scraper scrapes, each time as soon as it has its answer. */
const ROUNDS = 3;

/** Most probes are answered within this. An idle operator takes 2 ms. */
const PROBE_WITHIN_MS = 1_000;
/** The rest allows for a busy machine: the kubelet gives up after this (`deploy/4-deployment.yaml`). */
const KUBELET_WAITS_MS = 5_000;
const PROBE_EVERY_MS = 20;

const FIXTURE = 'test/integration/support/fixtures/scrape.ts';

describe('a crowd that scrapes /metrics', function () {
  this.timeout(180_000);
  const scene = useWorld({
    prepare: async (world) => {
      const jobs = await createClusters(world, 1, OBJECTS);
      await createReferencesTo(world, jobs, { interval: '1h' });
    },
  });

  it('does not delay a probe', async () => {
    const { world, operator } = scene;
    const running = () => operator.metric('edgetranscode_jobs{state="Running"}');
    await operator.process.ready(async () => (await running()) === OBJECTS);
    const crowd = await world.processes.start({
      name: 'crowd',
      command: process.execPath,
      args: [FIXTURE, `${operator.url}/metrics`, String(SCRAPERS), String(ROUNDS)],
    });
    const waits: number[] = [];
    while (crowd.exit === undefined) {
      const began = performance.now();
      const answer = await fetch(`${operator.url}/livez`, { headers: { connection: 'close' } });
      expect(await answer.text()).to.equal('ok\n');
      waits.push(performance.now() - began);
      await delay(PROBE_EVERY_MS);
    }
    const ends = JSON.parse(crowd.output()) as Record<string, number>;
    // The oldest connections of a crowd are closed for new ones.
    expect(Object.keys(ends))
      .to.include('200')
      .and.satisfy((all: string[]) => all.every(isKnown));
    const late = waits.filter((wait) => wait > PROBE_WITHIN_MS);
    expect(late.length).to.be.at.most(waits.length / 20);
    expect(Math.max(...waits)).to.be.below(KUBELET_WAITS_MS);
  });
});

function isKnown(end: string): boolean {
  return end === '200' || end === 'ECONNRESET';
}
