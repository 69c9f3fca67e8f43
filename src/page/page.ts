/**
 * The status page: a read-only view of the objects, made of what the watch has brought. It makes no call and
 * no request, holds nothing between two answers, and shows no stream URL and no content of a Secret.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { ExpiringMap } from '../base/expiring-map.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { type Answer, plainAnswer } from '../http/answer.ts';
import { SharedRendering } from '../http/shared-rendering.ts';
import { parametersOf, type Question, questionOf, select } from '../overview/selection.ts';
import { ICON, SCRIPT, STYLE } from './assets.ts';
import type { PageSource } from './source/page-source.ts';
import { type Snapshot, takeSnapshot } from './source/snapshot.ts';
import { detailView, missingView } from './views/detail-view.ts';
import type { Html } from './views/html.ts';
import { document, type Frame } from './views/layout.ts';
import { listView } from './views/list-view.ts';

export interface PageOptions extends Frame {
  readonly source: PageSource;
  /** Namespaces whose objects may be shown. Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Interval of objects that name none, ms. */
  readonly intervalMs: number;
  readonly clock: Clock;
}

/**
 * Different pages a second, and at once: a page takes 10 ms, and its readers must not keep the processor from
 * the polls. Readers of the same page share it for a second.
 */
const PAGES_PER_SECOND = 20;
const PAGES_AT_ONCE = 40;
const SHARED_MS = 1_000;

/** Objects whose filtering and sorting counts as one more page. */
const OBJECTS_PER_PERMIT = 10_000;

/**
 * The objects are read again after four times the time that it took: reading 100,000 objects takes 1 s, and a
 * fifth of a processor at most.
 */
const REST = 4;

const BUSY = 'too many requests for this page; try again';

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
  /** The pages of the last second, by what is asked. */
  readonly #pages: ExpiringMap<string, Promise<Answer>>;
  readonly #permits: TokenBucket;

  constructor(options: PageOptions) {
    const { source, namespaces, clock } = options;
    this.#options = options;
    this.#snapshot = new SharedRendering(() => takeSnapshot(source, namespaces, clock), clock, REST);
    this.#pages = new ExpiringMap({ clock, lifetimeMs: SHARED_MS });
    this.#permits = new TokenBucket(clock, { burst: PAGES_AT_ONCE, perSecond: PAGES_PER_SECOND });
  }

  /** @param target path and query of the request */
  async answer(target: string): Promise<Answer> {
    const { pathname, searchParams } = URL.parse(target, 'http://page') ?? {};
    const found = ASSETS.get(pathname ?? '');
    if (found) return found;
    if (pathname !== '/' || !searchParams) return plainAnswer(404, 'there is only the page /', HEADERS);
    const key = searchParams.get('object') || undefined;
    const question = questionOf(searchParams);
    const asked = `${parametersOf(question)} ${key ?? ''}`;
    const known = this.#pages.get(asked);
    if (known !== undefined) return known;
    if (!this.#permits.take()) return plainAnswer(503, BUSY, { ...HEADERS, 'retry-after': '1' });
    return this.#pages.set(asked, this.#render(question, key));
  }

  /** @param key of the object that is shown. Undefined: the list is */
  async #render(question: Question, key: string | undefined): Promise<Answer> {
    const snapshot = await this.#snapshot.get();
    if (key === undefined) this.#permits.spend(snapshot.rows.length / OBJECTS_PER_PERMIT);
    const selection = key === undefined ? await select(snapshot.rows, question) : undefined;
    const row = snapshot.rows.find(({ object }) => object.key === key);
    const { intervalMs, clock } = this.#options;
    const now = clock.date().getTime() / 1_000;
    const answer = (status: number, content: Html) =>
      pageAnswer(status, document(content, snapshot, this.#options, now));
    if (selection) return answer(200, listView(snapshot, question, selection, now));
    if (row) return answer(200, detailView(row, question, intervalMs, now));
    return answer(404, missingView(key, question));
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
