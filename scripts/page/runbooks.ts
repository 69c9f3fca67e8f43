/**
 * The part of the runbooks that the status page shows: how to repair it. `npm run runbooks` writes it, and a
 * guard compares it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Marked } from 'marked';

const ROOT = join(import.meta.dirname, '../..');
export const RUNBOOKS_FILE = join(ROOT, 'src/page/views/runbooks.ts');

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

/** Returns what the file should hold. */
export function runbooksModule(): string {
  const entries = SHOWN.map((name) => {
    const page = readFileSync(join(ROOT, 'docs/runbooks', `${name}.md`), 'utf8');
    const text = SECTION.exec(page)?.groups?.text;
    if (text === undefined) throw new Error(`docs/runbooks/${name}.md has no section “How to repair it”`);
    const markup = markdown.parse(text.trim(), { async: false }).trim();
    return `  ${name}: ${JSON.stringify(markup)},\n`;
  });
  return `// Made of docs/runbooks by \`npm run runbooks\`.

/** How to repair what an alert says, as HTML. NAMESPACE and NAME stand for those of the object. */
export const RUNBOOKS = {
${entries.join('')}} as const;

export type Runbook = keyof typeof RUNBOOKS;
`;
}
