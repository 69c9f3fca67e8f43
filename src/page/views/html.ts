/**
 * HTML in which every text is escaped, unless it is HTML already. Texts also lose the characters that a
 * browser would obey, such as those that turn the direction of writing.
 */
import { printable } from '../../base/foreign-text.ts';

export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | undefined | false | readonly Html[];

/** Makes HTML of a template. Undefined and false leave nothing. Attributes must be in double quotes. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = texts[0] ?? '';
  for (const [index, part] of parts.entries()) markup += markupOf(part) + (texts[index + 1] ?? '');
  return new Html(markup);
}

function markupOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(({ markup }) => markup).join('');
  return printable(`${part}`).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
