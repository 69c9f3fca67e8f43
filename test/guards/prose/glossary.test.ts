// docs/glossary.md stays short, and names only what code or docs use.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../deploy/manifests.ts';
import { filesBelow } from './files.ts';

const GLOSSARY = 'docs/glossary.md';
const MOST_TERMS = 40;

describe('the glossary', () => {
  const page = readFileSync(join(ROOT, GLOSSARY), 'utf8');
  const terms = Array.from(page.matchAll(/^\| (?!term \||-)([^|]+) \|/gm), ([, term]) => term as string);

  it(`has between one and ${MOST_TERMS} terms, sorted, each once`, () => {
    expect(terms).to.have.length.within(1, MOST_TERMS);
    const sorted = [...new Set(terms)].sort((one, other) => one.localeCompare(other, 'en'));
    expect(terms).to.deep.equal(sorted);
  });

  it('names only terms that code or docs use', () => {
    const texts = filesBelow(['src', 'docs'])
      .filter((file) => file !== GLOSSARY)
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .join('\n');
    expect(terms.filter((term) => !pattern(term).test(texts))).to.deep.equal([]);
  });

  for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'])
    it(`is linked from ${page}`, () => {
      expect(readFileSync(join(ROOT, page), 'utf8')).to.match(/\]\((docs\/)?glossary\.md\)/);
    });
});

/**
 * Matches the term in prose and as a part of a name: "circuit breaker", `CircuitBreaker`, `circuit-breaker`.
 */
function pattern(term: string): RegExp {
  return new RegExp(term.split(/[ -]/).join('[\\s-]*'), 'i');
}
