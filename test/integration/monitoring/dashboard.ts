/**
 * The tests of the dashboard: each of its queries answers, and it can be drawn. With DASHBOARD_PICTURE, the
 * path of a file, the picture is written there after two minutes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { askingVariables, type Panel, panelsOf, readDashboard } from '../../guards/deploy/dashboard.ts';
import type { Prometheus } from '../../world/monitoring/servers.ts';
import type { World } from '../support/world.ts';
import { type Answers, answersOf, type Chosen, valuesOf } from './dashboard-data.ts';
import { JOBS, SCRAPE_SECONDS } from './monitored.ts';
import { drawDashboard } from './picture/picture.ts';
import { SHARD } from './scenes.ts';

/** Values of variables for which the user chose all. */
const ALL: Chosen = { shard: '.*', namespace: '.+' };

const NAMESPACES = ['default', SHARD];

const PICTURE = process.env.DASHBOARD_PICTURE;

/** How long the lines of the picture are, in s: in the docs long enough to see something. */
const LINES_S = PICTURE ? 120 : 10;
const STEP_S = PICTURE ? 2 : 1;

/** What each kind of panel draws for a series. */
const DRAWN: Readonly<Record<Panel['type'], RegExp>> = {
  stat: /<text [^>]*font-size:\d+px[^>]*>[^<]+</,
  timeseries: /<path class="line" stroke="#\w+"[^>]* d="M[\d.]+ [\d.]+L/,
  table: /<line class="grid".*<text /,
  'state-timeline': /<rect [^>]*width="[1-9]/,
};

export function describeDashboard(scene: () => { world: World; prometheus: Prometheus }): void {
  describe('the dashboard', () => {
    const dashboard = readDashboard();

    it('offers the scrape jobs, the shards, and the namespaces of the objects', async () => {
      const offered = (chosen: Chosen) =>
        Promise.all(
          askingVariables(dashboard).map(async ({ name }) => [
            name,
            await valuesOf(scene().prometheus, dashboard, name, { chosen, at: now() }),
          ]),
        );
      for (const job of JOBS) {
        // The objects of a shard come with its first scrapes.
        await scene().world.eventually(
          'each namespace',
          async () =>
            namespacesOf(await answers({ ...ALL, job })).length === NAMESPACES.length ? true : undefined,
          { withinMs: 30_000, everyMs: 500 },
        );
        expect(Object.fromEntries(await offered({ ...ALL, job }))).to.deep.equal({
          job: JOBS,
          shard: [SHARD],
          namespace: NAMESPACES,
        });
      }
    });

    for (const job of JOBS)
      it(`has numbers for each query (scrape job ${job})`, async () => {
        let empty: string[] = [];
        await scene().world.eventually(
          () => `numbers for ${empty.join('; ')}`,
          async () => {
            empty = emptyOf(await answers({ ...ALL, job }));
            return empty.length === 0 ? true : undefined;
          },
          { withinMs: 30_000, everyMs: 500 },
        );
      });

    it('shows the namespaces of the objects, with honor_labels and without, and only the chosen ones', async () => {
      for (const job of JOBS) {
        expect(namespacesOf(await answers({ ...ALL, job }))).to.deep.equal(NAMESPACES);
        expect(namespacesOf(await answers({ ...ALL, job, namespace: SHARD }))).to.deep.equal([SHARD]);
      }
    });

    it('counts and names the objects with a problem', async () => {
      const all = await answers({ ...ALL, job: 'renamed' });
      const [not, tables] = [counted(all), objectsIn(all)];
      expect(not).to.include({ 'Not fresh': 1, 'Not as expected': 1, 'Not ready': 4, Leaders: 1 });
      expect(tables).to.deep.equal({
        'Not as expected': ['stopped'],
        'Not fresh or not ready': ['missing', 'refused', 'stale', 'stale', 'throttled'],
      });
      const sports = await answers({ ...ALL, job: 'honored', namespace: SHARD });
      expect(counted(sports)).to.include({ Fresh: 1, 'Not fresh': 0, 'Not as expected': 0, 'Not ready': 0 });
    });

    it('shows no number about objects that it does not know', async () => {
      const none = await answers({ ...ALL, job: 'honored', namespace: 'no-such-namespace' });
      expect(counted(none)).not.to.have.any.keys('Fresh', 'Oldest observation', 'Not fresh', 'Not ready');
    });

    it('can be drawn, with all its panels', async function () {
      const { world } = scene();
      this.timeout(LINES_S * 2_000 + 30_000);
      const end = PICTURE ? now() + LINES_S : now();
      const over = () => (now() > end || !PICTURE ? true : undefined);
      await world.eventually('data for the picture', over, { withinMs: LINES_S * 2_000, everyMs: 1_000 });
      let picture = '';
      let undrawn: string[] = [];
      // A line needs two points, which come with the scrapes.
      await world.eventually(
        () => `a drawing with ${undrawn.join('; ')}`,
        async () => {
          const to = now();
          const range = { from: to - LINES_S, to, step: STEP_S };
          picture = drawDashboard(dashboard, await answers({ ...ALL, job: 'honored' }, range), range);
          undrawn = panelsOf(dashboard)
            .filter(({ id, type }) => !DRAWN[type].test(drawingOf(picture, id)))
            .map(({ title }) => title);
          return undrawn.length === 0 ? true : undefined;
        },
        { withinMs: 30_000, everyMs: 500 },
      );
      for (const { id, title } of panelsOf(dashboard))
        expect(drawingOf(picture, id)).to.contain(`>${title}</text>`);
      for (const { title } of dashboard.panels) expect(picture).to.contain(`>${title}</text>`);
      expect(picture).not.to.match(/<script|href|No data|NaN/);
      if (PICTURE) await writePicture(PICTURE, picture);
    });

    function answers(chosen: Chosen, range = { from: now() - 10, to: now(), step: 1 }): Promise<Answers> {
      return answersOf(scene().prometheus, dashboard, { chosen, range, scrapeSeconds: SCRAPE_SECONDS });
    }
  });
}

function drawingOf(picture: string, panel: Panel['id']): string {
  return picture.split('\n').find((line) => line.startsWith(`<g data-panel="${panel}">`)) ?? '';
}

async function writePicture(file: string, picture: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, picture);
}

/** Queries without a number, by panel. */
function emptyOf(answers: Answers): string[] {
  return [...answers].flatMap(([{ title }, all]) =>
    all
      .filter(
        ({ series }) => !series.some(({ points }) => points.some(([, value]) => Number.isFinite(value))),
      )
      .map(({ target }) => `${title} ${target.refId}`),
  );
}

/** The numbers of the panels that show one, where there is one. */
function counted(answers: Answers): Record<string, number> {
  const numbers = [...answers].flatMap(([{ title, type }, [answer]]) => {
    const value = answer?.series[0]?.points[0]?.[1];
    return type === 'stat' && value !== undefined ? [[title, value] as const] : [];
  });
  return Object.fromEntries(numbers);
}

/** The names of the objects in each table that has such. */
function objectsIn(answers: Answers): Record<string, readonly string[]> {
  const tables = [...answers].flatMap(([{ title, type }, [answer]]) => {
    const names = answer?.series.flatMap(({ labels }) => labels.name ?? []) ?? [];
    return type === 'table' && names.length > 0 ? [[title, names.sort()] as const] : [];
  });
  return Object.fromEntries(tables);
}

function namespacesOf(answers: Answers): string[] {
  const series = [...answers.values()].flat().flatMap((answer) => answer.series);
  return [...new Set(series.flatMap(({ labels }) => labels.namespace ?? []))].sort();
}

/** The time in s since 1970. */
function now(): number {
  return Math.floor(Date.now() / 1_000);
}
