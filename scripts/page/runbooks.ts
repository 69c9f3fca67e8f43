/**
 * The part of the runbooks that the status page shows: how to repair it. `npm run runbooks` writes it, and a
 * guard compares it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Marked } from 'marked';

const ROOT = join(import.meta.dirname, '../..');
export const RUNBOOKS_FILE = join(ROOT, 'src/page/views/runbooks.json');

/** The runbooks about single objects and their credentials. */
const SHOWN = [
  'EdgeTranscodeJobNotAsExpected',
  'EdgeTranscodeJobNotReady',
  'EdgeTranscodeJobNotFresh',
  'EdgeTranscodeAuthenticationFailing',
];

const SECTION = /^## How to repair it\n(?<text>[\s\S]*?)(?=^## |$(?![\s\S]))/m;

/** Links lead to files of the repository, which the page cannot serve: their text stays. */
const markdown = new Marked({ renderer: { link: ({ text }) => text.replaceAll('`', '') } });

/** Returns what the file should hold: HTML by the name of the alert. NAMESPACE and NAME stand in commands. */
export function runbooksFile(): string {
  const entries = SHOWN.map((name) => {
    const page = readFileSync(join(ROOT, 'docs/runbooks', `${name}.md`), 'utf8');
    const text = SECTION.exec(page)?.groups?.text;
    if (text === undefined) throw new Error(`docs/runbooks/${name}.md has no section “How to repair it”`);
    return [name, markdown.parse(text.trim(), { async: false }).trim()];
  });
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}
