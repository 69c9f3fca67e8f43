/**
 * The status page in a real browser, before the real operator, API server and simulated cloud. With
 * PICTURES=1 it also draws the pictures of the docs.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Metafile } from 'esbuild';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { MadeUpApiServer } from '../../../scripts/bench/made-up-api-server.ts';
import { indexOf, madeUpObject } from '../../../scripts/bench/made-up-objects.ts';
import { startBrowser } from '../../world/browser/chromium.ts';
import { MissingToolError } from '../../world/builds/go-build.ts';
import type { SimulatedCloud } from '../../world/simulated-cloud.ts';
import { skipBecause } from '../../world/skip.ts';
import {
  addKey,
  type CloudKey,
  createAccount,
  createJob,
  type JobIDs,
  noJob,
} from '../support/cloud-side.ts';
import { useWorld } from '../support/use-world.ts';
import { secret, secretData } from '../support/user-side.ts';
import { CLUSTER_ID, is, job } from '../support/world.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PICTURES = join(import.meta.dirname, '../../../docs/images');

const HOSTILE = `<script>document.title = 'taken'</script><img src=x onerror=alert(1)>\u202egnp.${'长'.repeat(200)}`;

/** What a name may have, and the most characters. */
const LONGEST_NAME = `long-${'n'.repeat(248)}`;

/** A changed state is seen within the interval of 5 s and shown within 5 s; a revoked key within 30 s. */
const SHOWN_WITHIN_MS = 30_000;

/** 10,000 objects are listed in 2 s; a busy machine takes many times as long. */
const LISTED_WITHIN_MS = 120_000;

/** Counts in the page how often a screen reader would read out that there is no answer. */
const COUNT_ALERTS = `
  globalThis.alerts = 0;
  new MutationObserver(() => { alerts += 1; }).observe(document.getElementById('silent'), {
    childList: true, characterData: true, subtree: true,
  });
`;

const ARGS = ['--page-address=127.0.0.1:0', '--leader-elect', '--lease-namespace=default'];

describe('the status page in a browser', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: 'none' });
  let browser: Browser;
  let page: Page;
  let url: string;
  let changing: JobIDs;
  let key: CloudKey;
  /** Requests of the page to other hosts, and complaints of the browser. */
  const complaints: string[] = [];

  scene.setUp(async () => {
    const { world } = scene;
    for (const namespace of ['media', 'news', 'odd']) await world.kubectl('create', 'namespace', namespace);
    const account = await createAccount(world);
    key = await addKey(world, account.accountID);
    const running = await createJob(world, {
      name: '直播间 1',
      streamInput: 'rtmp://push.example.com/CANARY',
    });
    const stopped = await createJob(world, { name: 'stopped-hd', status: '0' });
    changing = await createJob(world, { name: 'changing-hd' });
    const hostile = await createJob(world, { name: HOSTILE });
    const owned = await createJob(world, { name: 'news-hd', accountID: account.accountID });
    const other = await createJob(world, { name: 'fine-hd' });
    await world.apply(
      secret('key', secretData(key), 'news'),
      job('running', { ...running, expectedState: 'Running' }, 'media'),
      job('stopped', { ...stopped, expectedState: 'Running' }, 'media'),
      job('missing', noJob(), 'media'),
      job('suspended', { ...other, suspend: true }, 'media'),
      job('hostile', hostile, 'odd'),
      job(LONGEST_NAME, other, 'odd'),
      job('owned', { ...owned, credentialsRef: { name: 'key' } }, 'news'),
      job('changing', { ...changing, expectedState: 'Running' }, 'news'),
      job('leaving', other, 'news'),
    );
    const operator = await world.operator({ args: ARGS });
    url = operator.pageUrl ?? '';
    await world.until('owned', (each) => is(each, 'Ready', 'True'), { namespace: 'news' });
    await world.until('stopped', (each) => is(each, 'AsExpected', 'False'), { namespace: 'media' });
    await world.until('missing', (each) => is(each, 'Ready', 'False'), { namespace: 'media' });
    await world.until('hostile', (each) => is(each, 'Ready', 'True'), { namespace: 'odd' });
    await world.until('running', (each) => is(each, 'AsExpected', 'True'), { namespace: 'media' });
    await world.until('changing', (each) => is(each, 'AsExpected', 'True'), { namespace: 'news' });
    await world.until('suspended', (each) => is(each, 'Ready', 'True'), { namespace: 'media' });
  });
  before(async function () {
    browser = await startBrowser().catch((error) => {
      if (error instanceof MissingToolError) skipBecause(this, error.message);
      throw error;
    });
    page = await open();
  });
  after(() => browser?.close());
  afterEach(() => expect(complaints.splice(0)).to.deep.equal([]));

  /** A page with its own window, on which every complaint of the browser is a failure of the test. */
  async function open(
    options: BrowserContextOptions = {},
    { path = '', isStepped = false }: Opened = {},
  ): Promise<Page> {
    const context = await browser.newContext(options);
    const opened = await context.newPage();
    if (isStepped) await opened.clock.install();
    opened.on('request', (request) => {
      if (!request.url().startsWith(url)) complaints.push(`requested ${request.url()}`);
    });
    opened.on('pageerror', (error) => complaints.push(`${error}`));
    opened.on('dialog', (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
    opened.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await opened.goto(`${url}${path}`);
    return opened;
  }

  function names(of: Page): Promise<string[]> {
    return of.locator('#rows tbody tr td:nth-child(2)').allInnerTexts();
  }

  it('shows the worst first', async () => {
    const media = await open({}, { path: '?namespace=media' });
    expect(await names(media)).to.deep.equal([
      'media/stopped',
      'media/missing',
      'media/running',
      'media/suspended',
    ]);
    await media.goto(url);
    const problems = await media.locator('#rows tr.NotAsExpected, #rows tr.NotReady').count();
    expect(problems).to.be.at.least(2);
    expect(await media.title()).to.equal(`(${problems}) Edge transcoding jobs`);
    await media.context().close();
  });

  it('shows names as they are, whatever they hold', async () => {
    const row = page.locator('#rows tr', { hasText: 'odd/hostile' });
    expect(await row.innerText()).to.contain("<script>document.title = 'taken'</script>");
    expect(await row.innerText()).to.not.contain('\u202e');
    expect(await page.locator('#rows').innerText())
      .to.contain('直播间 1')
      .and.to.contain(LONGEST_NAME);
    expect(await page.content()).to.not.contain('CANARY');
  });

  it('shows a change without being loaded again, and keeps what the visitor writes', async () => {
    const { world } = scene;
    await page.fill('input[name=q]', 'half a wo');
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await page.focus('#transitions');
    const [, problems] = /^\((\d+)\) /.exec(await page.title()) ?? [];
    await world.cloud.admin.stopJob(changing);
    await page
      .locator('tr.NotAsExpected', { hasText: 'news/changing' })
      .waitFor({ timeout: SHOWN_WITHIN_MS });
    expect(await page.title()).to.equal(`(${Number(problems) + 1}) Edge transcoding jobs`);
    expect(await page.inputValue('input[name=q]')).to.equal('half a wo');
    expect(await page.evaluate(() => Reflect.get(globalThis, 'isSamePage'))).to.equal(true);
    const transition = page.locator('#transitions tr', { hasText: 'news/changing' });
    await transition.filter({ hasText: 'AsExpected False' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).to.equal('transitions');
  });

  it('shows a revoked key within 30 s, with the object that it fails', async () => {
    await scene.world.cloud.admin.modifyKey({ accessKeyID: key.accessKeyID, active: false });
    const row = page.locator('tr.NotReady', { hasText: 'news/owned' });
    await row.waitFor({ timeout: SHOWN_WITHIN_MS });
    expect(await row.innerText()).to.contain('AuthenticationFailed');
    await page.locator('#accounts tr', { hasText: 'news/key' }).getByText('1 object').waitFor();
  });

  it('keeps filter and search in the URL', async () => {
    const filtered = await open();
    await filtered.fill('input[name=q]', 'stopped');
    await filtered.press('input[name=q]', 'Enter');
    await filtered.waitForURL(/[?&]q=stopped/);
    expect(await names(filtered)).to.deep.equal(['media/stopped']);
    await filtered.reload();
    expect(await names(filtered)).to.deep.equal(['media/stopped']);
    await filtered.goto(url);
    await filtered.selectOption('select[name=show]', 'Suspended');
    await filtered.waitForURL(/[?&]show=Suspended/);
    expect(await names(filtered)).to.deep.equal(['media/suspended']);
    await filtered.context().close();
  });

  it('leads by keyboard to an object, to what to do, and back to the same list', async () => {
    const walked = await open({}, { path: '?show=NotAsExpected&sort=name' });
    const link = walked.getByRole('link', { name: 'media/stopped' }).first();
    await link.focus();
    await walked.keyboard.press('Enter');
    await walked.getByRole('heading', { name: 'What to do' }).waitFor();
    expect(await walked.locator('.advice').innerText()).to.contain(
      'kubectl --namespace media patch edgetranscodejob stopped',
    );
    await picture('page-object', walked);
    await walked.getByRole('link', { name: '← all objects' }).click();
    expect(new URL(walked.url()).search).to.equal('?show=NotAsExpected&sort=name');
    await walked.context().close();
  });

  it('is complete without JavaScript, and loads itself again', async () => {
    const plain = await open({ javaScriptEnabled: false });
    const scripted = await open();
    expect(await names(plain)).to.deep.equal(await names(scripted));
    await scripted.context().close();
    expect(await plain.locator('#accounts').innerText()).to.contain('news/key');
    expect(await plain.content()).to.contain('<meta http-equiv="refresh"');
    await plain.context().close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has no serious finding of axe in ${colorScheme} colours`, async () => {
      // Axe is a script that the policy of the page would refuse.
      const checked = await open({ colorScheme, bypassCSP: true });
      // All else is the same in both colours.
      const rules = colorScheme === 'light' ? {} : { runOnly: ['color-contrast'] };
      for (const path of ['', '?namespace=media', '?object=media/stopped', '?q=nothing']) {
        await checked.goto(`${url}${path}`);
        await checked.addScriptTag({ path: AXE });
        const { violations } = await checked.evaluate(
          (chosen) => Reflect.get(globalThis, 'axe').run(chosen),
          rules,
        );
        const serious = (violations as Violation[]).filter(({ impact }) => impact !== 'minor');
        expect(serious.map(({ id, nodes }) => [id, nodes[0]?.html])).to.deep.equal([]);
        if (path.startsWith('?names')) await picture(`page-${colorScheme}`, checked);
      }
      await checked.context().close();
    });

  it('fits a phone of 360 px', async () => {
    const narrow = await open({ viewport: { width: 360, height: 740 } });
    for (const path of ['', '?namespace=media', '?object=media/stopped', `?object=odd/${LONGEST_NAME}`]) {
      await narrow.goto(`${url}${path}`);
      expect(await narrow.evaluate('document.documentElement.scrollWidth'), path).to.equal(360);
      if (path.startsWith('?names')) await picture('page-phone', narrow);
    }
    await narrow.context().close();
  });

  it('shows 10,000 objects in pages, and finds one of them', async function () {
    this.timeout(3 * LISTED_WITHIN_MS);
    const { world } = scene;
    await using server = await madeUpServer(world.cloud);
    const kubeconfig = join(world.processes.directory, 'made-up.kubeconfig');
    await writeFile(kubeconfig, server.kubeconfig);
    const args = ARGS.slice(0, 1);
    await using operator = await world.operator({ name: 'large', kubeconfig, args, untilReady: false });
    await operator.process.ready(() => operator.isReady().catch(() => false), LISTED_WITHIN_MS);
    const large = await browser.newPage();
    await large.goto(operator.pageUrl ?? '');
    const found = large.locator('#found');
    expect(await found.innerText()).to.equal('10,000 objects, page 1 of 100');
    expect(await names(large)).to.have.lengthOf(100);
    await large.getByRole('link', { name: 'next →' }).click();
    expect(await found.innerText()).to.contain('page 2 of 100');
    await large.fill('input[name=q]', 'job-007776');
    await large.press('input[name=q]', 'Enter');
    await large.waitForURL(/q=job-007776/);
    expect(await names(large)).to.deep.equal(['media-production/edge-transcode-job-007776']);
    await large.close();
  });

  it('adds less than 100 KB to the program', async () => {
    const { outputs } = JSON.parse(await readFile('dist/meta.json', 'utf8')) as Metafile;
    const files = Object.entries(outputs['dist/main.js']?.inputs ?? {});
    const own = files.filter(([file]) => /^src\/(page|overview)\//.test(file));
    const bytes = own.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    expect(bytes).to.be.within(10_000, 100_000);
  });

  it('is served by a standby, too, which says what it does not know', async () => {
    const standby = await scene.world.operator({ name: 'standby', args: ARGS });
    const shown = await (await fetch(standby.pageUrl ?? '')).text();
    expect(shown).to.contain('This replica is a standby; <b>');
    expect(shown).to.contain('Only the leader knows budget');
    expect(shown).to.contain('stopped</a>');
  });

  it('says so when the object that it shows is gone', async () => {
    const shown = await open({}, { path: '?object=news/leaving' });
    await scene.world.kubectl('delete', 'edgetranscodejob', 'leaving', '--namespace=news');
    await shown.getByText('No such object').waitFor({ timeout: SHOWN_WITHIN_MS });
    await shown.context().close();
    // The browser complains of the status 404.
    complaints.length = 0;
  });

  it('says so once when the operator does not answer any more, until it does', async () => {
    const stepped = await open({}, { isStepped: true });
    const alert = stepped.getByText('No answer from the operator since');
    await stepped.evaluate(COUNT_ALERTS);
    await scene.world.operators[0]?.process.kill('SIGSTOP');
    await stepped.clock.runFor(25_000);
    await alert.waitFor();
    expect(await stepped.evaluate('alerts')).to.equal(1);
    await scene.world.operators[0]?.process.kill('SIGCONT');
    await scene.world.eventually('an answer', async () => {
      await stepped.clock.runFor(5_000);
      return (await alert.isVisible()) ? undefined : true;
    });
    await stepped.context().close();
    complaints.length = 0;
  });

  it('does not take the page of a login for an answer', async () => {
    const loggedOut = await open({}, { isStepped: true });
    const title = await loggedOut.title();
    const login = { contentType: 'text/html', body: '<!doctype html><title>Sign in</title><form></form>' };
    await loggedOut.route('**/*', (route) => route.fulfill(login));
    const answered = loggedOut.waitForResponse('**/*');
    await loggedOut.clock.runFor(5_000);
    await (await answered).finished();
    await loggedOut.clock.runFor(15_000);
    await loggedOut.getByText('No answer from the operator since').waitFor();
    expect(await loggedOut.title()).to.equal(title);
    expect(await loggedOut.locator('#rows').innerText()).to.not.contain('NaN');
    await loggedOut.context().close();
  });

  it('fetches itself once at a time', async () => {
    const opened = await open();
    const fetches = await opened.evaluate(`
      let count = 0;
      globalThis.fetch = () => new Promise(() => { count += 1; });
      for (let each = 0; each < 3; each += 1) document.dispatchEvent(new Event('visibilitychange'));
      count;
    `);
    expect(fetches).to.equal(1);
    await opened.context().close();
  });
});

/** An API server with 10,000 objects, which a real one would take half a minute to store. */
function madeUpServer({ endpoint }: SimulatedCloud): Promise<MadeUpApiServer> {
  const destination = { endpoint, regionID: 'cn-shanghai' };
  const made = { intervalMs: 3_600_000, destination, clusterID: CLUSTER_ID, leftAt: Date.now() };
  // Those with even numbers name no Secret.
  const object = (index: number) => madeUpObject(made, 2 * index);
  return new MadeUpApiServer({
    size: 10_000,
    object,
    indexOf: (name) => indexOf(name) / 2,
    secret: {},
  }).open();
}

interface Opened {
  /** Path and query below the page's URL. */
  readonly path?: string;
  /** Whether the timers of the page run only as far as the test steps them. */
  readonly isStepped?: boolean;
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function picture(name: string, page: Page): Promise<void> {
  if (process.env.PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
