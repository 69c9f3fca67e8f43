/**
 * The status page: a read-only view of the objects, made of what the watch has brought. It makes no call and
 * no request, holds nothing between two answers, and shows no stream URL and no content of a Secret.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { type Answer, plainAnswer } from '../http/answer.ts';
import { SharedRendering } from '../http/shared-rendering.ts';
import { questionOf, select } from '../overview/selection.ts';
import { ICON, SCRIPT, STYLE } from './assets.ts';
import type { PageSource } from './source/page-source.ts';
import { type Snapshot, takeSnapshot } from './source/snapshot.ts';
import { detailView } from './views/detail-view.ts';
import { type Html, html } from './views/html.ts';
import { document, type Frame } from './views/layout.ts';
import { listView } from './views/list-view.ts';

export interface PageOptions extends Pick<Frame, 'shard' | 'version'> {
  readonly source: PageSource;
  /** Namespaces whose objects may be shown. Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Interval of objects that name none, ms. */
  readonly intervalMs: number;
  readonly clock: Clock;
}

/**
 * Pages a second, and at once: a page of 10,000 objects takes 10 ms, and its readers must not keep the
 * processor from the polls. Each open browser asks every 5 s.
 */
const PAGES_PER_SECOND = 20;
const PAGES_AT_ONCE = 40;

const REFRESH_SECONDS = 10;

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
};

const ASSETS: ReadonlyMap<string, Answer> = new Map([
  ['/page.css', asset('text/css; charset=utf-8', STYLE)],
  ['/page.js', asset('text/javascript; charset=utf-8', SCRIPT)],
  ['/icon.svg', asset('image/svg+xml', ICON)],
]);

export class Page {
  readonly #options: PageOptions;
  readonly #snapshot: SharedRendering<Snapshot>;
  readonly #permits: TokenBucket;

  constructor(options: PageOptions) {
    const { source, namespaces, clock } = options;
    this.#options = options;
    this.#snapshot = new SharedRendering(() => takeSnapshot(source, namespaces), clock);
    this.#permits = new TokenBucket(clock, { burst: PAGES_AT_ONCE, perSecond: PAGES_PER_SECOND });
  }

  /** @param target path and query of the request */
  async answer(target: string): Promise<Answer> {
    const { pathname, searchParams } = URL.parse(target, 'http://page') ?? {};
    const found = ASSETS.get(pathname ?? '');
    if (found) return found;
    if (pathname !== '/' || !searchParams) return plainAnswer(404, 'there is only the page /', HEADERS);
    if (!this.#permits.take())
      return plainAnswer(503, 'too many requests for this page; try again', {
        ...HEADERS,
        'retry-after': '1',
      });
    const snapshot = await this.#snapshot.get();
    const now = this.#options.clock.date().getTime() / 1_000;
    const key = searchParams.get('object');
    const { status, content } =
      key === null ? this.#list(snapshot, searchParams, now) : this.#detail(snapshot, key, searchParams, now);
    const frame = { ...this.#options, refreshSeconds: REFRESH_SECONDS };
    return pageAnswer(status, document(content, snapshot, frame, now));
  }

  #list(snapshot: Snapshot, parameters: URLSearchParams, now: number): { status: number; content: Html } {
    const question = questionOf(parameters);
    const selection = select(snapshot.rows, question);
    return { status: 200, content: listView(snapshot, question, selection, now) };
  }

  #detail(
    { rows }: Snapshot,
    key: string,
    parameters: URLSearchParams,
    now: number,
  ): { status: number; content: Html } {
    const row = rows.find(({ object }) => object.key === key);
    const question = questionOf(parameters);
    if (row) return { status: 200, content: detailView(row, question, this.#options.intervalMs, now) };
    const content = html`<div id="detail" data-live><h2>No such object</h2>
<p>There is no object <b>${key}</b>, or this page does not show its namespace. <a href="./">All objects</a></p></div>`;
    return { status: 404, content };
  }
}

function pageAnswer(status: number, { markup }: Html): Answer {
  // Ages pass by themselves: a page with nothing else new is the same page.
  const lasting = markup.replace(/data-now="\d+"|data-age>[^<]*/g, '');
  const headers = { ...HEADERS, 'content-type': 'text/html; charset=utf-8', etag: etagOf(lasting) };
  return { status, headers, body: Buffer.from(markup) };
}

function asset(contentType: string, text: string): Answer {
  const headers = { ...HEADERS, 'content-type': contentType, etag: etagOf(text) };
  return { status: 200, headers, body: Buffer.from(text) };
}

/** Weak: ages and compression make other bytes of what is the same page. */
function etagOf(text: string): string {
  return `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
}
