// The page shows what it may, escaped, and asks for no work that its readers could pile up.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../src/api/edge-transcode-job.ts';
import type { Answer } from '../../../src/http/answer.ts';
import { Page, type PageOptions } from '../../../src/page/page.ts';
import type { AccountUse, PageSource } from '../../../src/page/source/page-source.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';
import { aJob } from '../kit/samples/a-job.ts';
import {
  aDifferingStatus,
  anOverdueStatus,
  aRefusedStatus,
  aRunningStatus,
} from '../kit/samples/a-status.ts';

const HOSTILE = '<script>alert(1)</script>"\'><img src=x>\u202e';

describe('the status page', () => {
  let clock: FakeClock;
  let jobs: EdgeTranscodeJob[];
  let source: PageSource;

  beforeEach(() => {
    clock = new FakeClock();
    jobs = [
      aJob().named('fine').storing(aRunningStatus()).build(),
      aJob().named('stopped').expecting('Running').storing(aDifferingStatus()).build(),
      aJob().named('refused', 'news').withSecret('key').storing(aRefusedStatus()).build(),
    ];
    source = {
      jobs: () => jobs,
      observedAt: () => undefined,
      awaited: () => [],
      watchProgressedAt: () => 0,
      isLeading: () => true,
      leader: () => 'pod-a_1',
      accounts: () => [],
    };
  });

  function aPage(options: Partial<PageOptions> = {}): Page {
    const fixed = { intervalMs: 60_000, shard: undefined, version: '1.2.3', namespaces: undefined };
    return new Page({ source, clock, ...fixed, ...options });
  }

  async function text(target: string, page = aPage()): Promise<string> {
    return textOf(await page.answer(target));
  }

  it('shows all objects, the worst first', async () => {
    const shown = await text('/');
    const order = ['stopped', 'refused', 'fine'].map((name) => shown.indexOf(`</span>${name}</a>`));
    expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
    expect(order).to.not.include(-1);
  });

  it('offers a bounded number of namespaces, and always the chosen one', async () => {
    const names = Array.from({ length: 600 }, (_, index) => `team-${String(index).padStart(3, '0')}`);
    jobs = names.map((name) => aJob().named('a', name).build());
    const options = async (target: string) => (await text(target)).match(/<option value="team-\d+"/g) ?? [];
    expect(await options('/')).to.have.lengthOf(500);
    expect(await options('/?namespace=team-599')).to.include('<option value="team-599"');
  });

  it('shows one object, its conditions and what to do, with commands for this object', async () => {
    const shown = await text('/?object=media/stopped');
    expect(shown).to.contain('DiffersFromExpectedState');
    expect(shown).to.contain('kubectl --namespace media patch edgetranscodejob stopped');
    expect(await text('/?object=news/refused')).to.contain('kubectl --namespace news patch secret key');
    expect(await text('/?object=media/fine')).to.not.contain('What to do');
  });

  it('shows all objects where a parameter is empty', async () => {
    const page = aPage();
    for (const target of ['/?object=', '/?q=&namespace=&show=&sort=&page=', '/']) {
      const answer = await page.answer(target);
      expect([answer.status, textOf(answer)], target).to.deep.equal([200, await text('/')]);
    }
  });

  it('shows the 20 accounts with the greatest load, their calls by the minute', async () => {
    source = {
      ...source,
      accounts: () => Array.from({ length: 22 }, (_, at) => use(`media/${at}`, at / 100)),
    };
    const shown = await text('/');
    expect(shown).to.contain('media/2<').and.not.contain('media/1<');
    expect(shown).to.contain('And 2 accounts with less load');
    expect(shown).to.contain('<td>3,000</td>').and.contain('<td>630 <small>21%</small>');
  });

  it('shows no interval of a suspended object', async () => {
    jobs = [aJob().named('asleep').suspended().storing(aRunningStatus()).build()];
    expect(await text('/?object=media/asleep')).to.contain('<dt>Interval</dt><dd>suspended</dd>');
  });

  it('says that there is no such object, without repeating markup', async () => {
    const answer = await aPage().answer(`/?object=${encodeURIComponent(HOSTILE)}`);
    expect(answer.status).to.equal(404);
    expect(textOf(answer)).to.contain('No such object');
    expectHarmless(textOf(answer));
  });

  it('escapes whatever the cloud, a user or a visitor writes', async () => {
    const status = { ...aRefusedStatus('JobNotFound', HOSTILE), job: { name: HOSTILE, type: HOSTILE } };
    jobs = [aJob().named('a').about(HOSTILE, HOSTILE).inRegion(HOSTILE).storing(status).build()];
    for (const target of ['/', '/?object=media/a', `/?q=${encodeURIComponent(HOSTILE)}`]) {
      const shown = await text(target);
      expectHarmless(shown);
      if (!target.includes('q=')) expect(shown).to.contain('&lt;script&gt;alert(1)');
    }
  });

  it('escapes every text of an object, of a forged status, of the accounts and of the replica', async () => {
    const job = aJob().named('a').expecting('Running').withSecret('key').storing(aDifferingStatus()).build();
    jobs = [{ ...hostile(job, ['lastTransitionTime', 'type', 'status']), namespace: HOSTILE, key: HOSTILE }];
    source = {
      ...source,
      leader: () => HOSTILE,
      isLeading: () => false,
      awaited: () => [HOSTILE],
      accounts: () => [use(HOSTILE)],
    };
    const page = aPage({ shard: HOSTILE });
    for (const target of ['/', `/?object=${encodeURIComponent(HOSTILE)}`, '/?sort=state']) {
      const shown = await text(target, page);
      expectHarmless(shown);
      expect(shown.split('&lt;script&gt;').length, target).to.be.greaterThan(8);
    }
  });

  it('shows no stream URL', async () => {
    const job = { name: 'a', streamInput: 'rtmp://push.example.com/CANARY', streamOutput: 'rtmp://CANARY' };
    jobs = [aJob().named('a').storing(aRunningStatus(job)).build()];
    for (const target of ['/', '/?object=media/a']) expect(await text(target)).to.not.contain('CANARY');
    // Nor does the search find an object by it.
    expect(await text('/?q=CANARY')).to.contain('No object matches');
  });

  it('shows the namespaces that it may, and nothing of the others', async () => {
    const asked: unknown[] = [];
    source = {
      ...source,
      accounts: (namespaces) => {
        asked.push(namespaces);
        return [use('default')];
      },
    };
    const page = aPage({ namespaces: ['media'] });
    for (const target of ['/', '/?sort=name']) expect(await text(target, page)).to.not.match(/news|refused/);
    for (const target of ['/?q=refused', '/?namespace=news'])
      expect(await text(target, page)).to.contain('No object matches');
    expect((await page.answer('/?object=news/refused')).status).to.equal(404);
    expect(asked).to.deep.equal([new Set(['media'])]);
  });

  it('names what only the leader knows while it is a standby', async () => {
    source = { ...source, isLeading: () => false, accounts: () => undefined };
    const shown = await text('/');
    expect(shown).to.contain('This replica is a standby; <b>pod-a_1</b> leads');
    expect(shown).to.contain('Only the leader knows budget, demand and throttling');
  });

  it('counts the objects that a key fails, and puts the account with the greatest load first', async () => {
    source = { ...source, accounts: () => [use('media/idle', 0.1), use('news/key', 0.9)] };
    const shown = await text('/');
    expect(shown.indexOf('news/key</th>')).to.be.lessThan(shown.indexOf('media/idle</th>'));
    expect(shown).to.match(/news\/key<\/th>[\s\S]*?1 object<\/b>[\s\S]*?media\/idle<\/th>/);
  });

  it('says that objects may be missing while a list is not complete', async () => {
    source = { ...source, awaited: () => [undefined] };
    for (const namespaces of [undefined, ['media']])
      expect(await text('/', aPage({ namespaces }))).to.contain(
        'Objects may be missing: the first list of EdgeTranscodeJobs has not arrived yet.',
      );
    source = { ...source, awaited: () => ['media', 'news'] };
    expect(await text('/')).to.contain(
      'Objects may be missing: the first list of EdgeTranscodeJobs of media, news',
    );
  });

  it('names no namespace that it does not show because its list has not arrived', async () => {
    source = { ...source, awaited: () => ['media', 'news'] };
    expect(await text('/', aPage({ namespaces: ['media'] }))).to.contain('of media has not arrived yet.');
    source = { ...source, awaited: () => ['news'] };
    expect(await text('/', aPage({ namespaces: ['media'] }))).to.not.match(/news|missing/);
  });

  it('has the same tag until something but an age changes', async () => {
    const page = aPage();
    const { etag } = (await page.answer('/')).headers;
    await clock.advance(5_000);
    expect((await page.answer('/')).headers.etag).to.equal(etag);
    jobs = [...jobs, aJob().named('late').storing(anOverdueStatus()).build()];
    await clock.advance(5_000);
    expect((await page.answer('/')).headers.etag).to.not.equal(etag);
  });

  it('reads the objects once a second, however many ask', async () => {
    let reads = 0;
    source = {
      ...source,
      jobs: () => {
        reads += 1;
        return jobs;
      },
    };
    const page = aPage();
    await Promise.all(Array.from({ length: 10 }, () => page.answer('/')));
    expect(reads).to.equal(1);
    await clock.advance(1_000);
    await page.answer('/');
    expect(reads).to.equal(2);
  });

  it('answers 20 different pages a second, and 503 beyond', async () => {
    const page = aPage();
    const ask = async (times: number) => {
      const targets = Array.from({ length: times }, (_, index) => `/?object=media/none-${index}`);
      const answers = await Promise.all(targets.map((target) => page.answer(target)));
      return answers.filter(({ status }) => status === 404).length;
    };
    expect(await ask(60)).to.equal(40);
    await clock.advance(1_000);
    expect(await ask(60)).to.equal(20);
  });

  it('shares a page for a second among any number of readers', async () => {
    const page = aPage();
    const ask = async () =>
      new Set(await Promise.all(Array.from({ length: 500 }, () => page.answer('/?q=a'))));
    const [first, ...others] = await ask();
    expect([first?.status, others]).to.deep.equal([200, []]);
    expect(await ask()).to.deep.equal(new Set([first]));
    await clock.advance(1_000);
    expect(await ask()).to.not.include(first);
  });

  it('answers fewer lists where there are many objects, but no fewer pages of single objects', async () => {
    const job = aJob().build();
    jobs = Array.from({ length: 20_000 }, (_, index) => ({ ...job, key: `media/job-${index}` }));
    const page = aPage();
    const ask = async (what: string) => {
      let answered = 0;
      // One after the other: the number of objects is known from the first answer on.
      while (answered < 60 && (await page.answer(`/?${what}=${answered + 1}`)).status !== 503) answered += 1;
      return answered;
    };
    expect(await ask('page')).to.equal(14);
    await clock.advance(2_100);
    expect(await ask('object')).to.equal(40);
  });

  it('reads the objects more rarely when that takes long', async () => {
    let reads = 0;
    jobs = Array.from({ length: 2_000 }, (_, index) => aJob().named(`job-${index}`).build());
    source = {
      ...source,
      jobs: () => {
        reads += 1;
        // Passes while other work has its turns.
        void clock.advance(3_000);
        return jobs;
      },
    };
    const page = aPage();
    for (let second = 0; second < 12; second += 1) {
      await page.answer(`/?page=${second + 1}`);
      expect(reads, `after ${second} s`).to.equal(1);
      await clock.advance(1_000);
    }
    await page.answer('/');
    expect(reads).to.equal(2);
  });

  it('lets the event loop turn while it reads many objects', async () => {
    jobs = Array.from({ length: 5_000 }, (_, index) => aJob().named(`job-${index}`).build());
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await aPage().answer('/');
    isDone = true;
    expect(turns).to.be.at.least(9);
  });

  it('counts an object once that is deleted and created while the objects are read', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => aJob().named(`job-${index}`).build());
    const stored = new Map(many.map((job) => [job.key, job]));
    source = { ...source, jobs: () => stored.values() };
    const shown = text('/');
    for (const job of many.slice(0, 10)) {
      stored.delete(job.key);
      stored.set(job.key, job);
    }
    expect(await shown).to.contain('<p>1,000 objects.');
  });

  it('forbids the browser everything that the page does not need', async () => {
    const policy = (await aPage().answer('/')).headers['content-security-policy'] ?? '';
    expect(policy).to.contain("default-src 'none'").and.to.contain("frame-ancestors 'none'");
    expect(policy).to.not.contain('unsafe');
    const shown = await text('/');
    // No script, style or handler in the page itself, which the policy would refuse.
    expect(shown).to.not.match(/<style|style=|<script>|\son\w+=|javascript:/);
  });

  for (const path of ['/page.css', '/page.js', '/icon.svg'])
    it(`serves ${path}`, async () => expect((await aPage().answer(path)).status).to.equal(200));

  for (const path of ['/x', '/metrics', '//', '/?', 'http://[', '*'])
    it(`answers to the target ${path} without failing`, async () => {
      const { status } = await aPage().answer(path);
      expect(status).to.equal(path === '/?' ? 200 : 404);
    });
});

/** Replaces every text in it, at any depth, except those with these names. */
function hostile<T>(value: T, except: readonly string[]): T {
  if (typeof value === 'string') return HOSTILE as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => hostile(each, except)) as T;
  const entries = Object.entries(value).map(([name, each]) => [
    name,
    except.includes(name) ? each : hostile(each, except),
  ]);
  return Object.fromEntries(entries);
}

function textOf({ body }: Answer): string {
  return body.toString();
}

function expectHarmless(shown: string): void {
  expect(shown).to.not.match(/<script>|<img|\u202e/);
}

function use(identity: string, load = 0): AccountUse {
  const rates = { budget: 50, demand: 50 * load, load, stretch: 1, waiting: 0, throttledAt: undefined };
  return { identities: [identity], ...rates };
}
