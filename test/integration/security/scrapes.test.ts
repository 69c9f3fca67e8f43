/**
 * Hundreds of clients that scrape /metrics at once do not keep the kubelet's probes waiting. With 1,000
 * objects an answer has 0.7 MB; if each client had a rendering of its own, probes would wait for seconds.
 */
import { expect } from 'chai';
import { LivezProber } from '../support/attacks/livez-prober.ts';
import type { Scraped } from '../support/fixtures/scrape.ts';
import { createClusters, storeReferencesTo } from '../support/many/references.ts';
import { useWorld } from '../support/use-world.ts';

const OBJECTS = 1_000;
const SCRAPERS = 200;
/** How often each scraper scrapes, each time as soon as it has its answer. */
const ROUNDS = 3;

/** Each probe is answered within this; the kubelet gives up after 5 s (the chart's `deployment.yaml`). */
const PROBE_WITHIN_MS = 1_000;

/** A rendering is reused for a second, and one may be under way at the beginning. */
const RENDERINGS_PER_SECOND = 1;

const FIXTURE = 'test/integration/support/fixtures/scrape.ts';

describe('a crowd that scrapes /metrics', function () {
  this.timeout(180_000);
  const scene = useWorld({
    prepare: async (world) => {
      const jobs = await createClusters(world, 1, OBJECTS);
      await storeReferencesTo(world, jobs, { interval: '1h' });
    },
  });

  it('does not delay a probe, and shares one rendering a second', async () => {
    const { world, operator } = scene;
    const running = () => operator.metric('edgetranscode_jobs{state="Running"}');
    await operator.process.ready(async () => (await running()) === OBJECTS);
    const prober = new LivezProber(operator);
    const began = performance.now();
    const crowd = await world.processes.start({
      name: 'crowd',
      command: process.execPath,
      args: [FIXTURE, `${operator.url}/metrics`, String(SCRAPERS), String(ROUNDS)],
    });
    await crowd.exited;
    const seconds = (performance.now() - began) / 1_000;
    const livez = await prober.stop();
    const { ends, different } = JSON.parse(crowd.output()) as Scraped;
    // The oldest connections of a crowd are closed for new ones.
    expect(Object.keys(ends))
      .to.include('200')
      .and.satisfy((all: string[]) => all.every(isKnown));
    expect(different).to.be.within(1, seconds * RENDERINGS_PER_SECOND + 1);
    expect(livez.probes).to.be.greaterThan(0);
    expect(livez.unanswered, 'probes without an answer').to.equal(0);
    expect(livez.worstOwnMs, JSON.stringify(livez)).to.be.below(PROBE_WITHIN_MS);
  });
});

function isKnown(end: string): boolean {
  return end === '200' || end === 'ECONNRESET';
}
