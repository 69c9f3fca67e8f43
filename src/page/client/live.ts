/**
 * Keeps an open page up to date: fetches it again every few seconds, replaces the parts that have changed,
 * and counts ages up in between. The page is complete without it.
 */
import { ageText } from '../../overview/age-text.ts';

/** Time between two fetches. An unchanged page comes as an empty 304. */
const EVERY_MS = 5_000;

/** Time without an answer after which the page says so. */
const SILENT_MS = 3 * EVERY_MS;

/** How far the clock of the server is ahead of the browser's, ms. */
let ahead = Number(document.documentElement.dataset.now) - Date.now();
let etag = '';
let answeredAt = Date.now();
let isFetching = false;

/** One fetch at a time: an older answer must not replace a newer one. */
async function refresh(): Promise<void> {
  if (document.hidden || isFetching) return;
  isFetching = true;
  try {
    await fetchPage();
  } catch {
    // The page says after a while that it gets no answer.
  } finally {
    isFetching = false;
  }
}

async function fetchPage(): Promise<void> {
  const headers = etag === '' ? {} : { 'if-none-match': etag };
  const signal = AbortSignal.timeout(EVERY_MS);
  const answer = await fetch(location.href, { headers, cache: 'no-store', signal });
  if (answer.status === 304) answeredAt = Date.now();
  // 404 says that the object of this page is gone.
  if (answer.status !== 200 && answer.status !== 404) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const { now } = page.documentElement.dataset;
  // A page of a proxy, such as its login, is no answer of the operator.
  if (now === undefined) return;
  answeredAt = Date.now();
  ahead = Number(now) - answeredAt;
  etag = answer.headers.get('etag') ?? '';
  document.title = page.title;
  for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) replace(part, page);
}

/** Replaces the content of a part if it says something new. The keyboard stays where it was. */
function replace(part: HTMLElement, page: Document): void {
  const next = page.getElementById(part.id);
  if (next && textOf(next) === textOf(part)) return;
  const { activeElement } = document;
  const focused = part.contains(activeElement) ? activeElement?.getAttribute('href') : undefined;
  // A part that the page has no more is empty: the object is gone.
  part.replaceChildren(...(next?.childNodes ?? []));
  if (focused == null) return;
  for (const link of part.querySelectorAll('a'))
    if (link.getAttribute('href') === focused) {
      link.focus({ preventScroll: true });
      return;
    }
}

/** The part without its ages, which change by themselves. */
function textOf(part: HTMLElement): string {
  return part.innerHTML.replace(/(data-age="">)[^<]*/g, '$1');
}

function countUp(): void {
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-age]'))
    time.textContent = ageText((now - Date.parse(time.dateTime)) / 1_000);
  const isSilent = !document.hidden && Date.now() - answeredAt >= SILENT_MS;
  const said = isSilent
    ? `No answer from the operator since ${new Date(answeredAt).toLocaleTimeString()}: what you see is as old as that.`
    : '';
  // Set only when it changes: a screen reader reads it out each time.
  const alert = document.getElementById('silent');
  if (alert && alert.textContent !== said) alert.textContent = said;
}

for (const select of document.querySelectorAll('select'))
  select.addEventListener('change', () => select.form?.requestSubmit());
document.addEventListener('visibilitychange', () => void refresh());
setInterval(() => void refresh(), EVERY_MS);
setInterval(countUp, 1_000);
