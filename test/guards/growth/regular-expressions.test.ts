// Every regular expression of the operator takes linear time, for foreign texts and for all others.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../deploy/manifests.ts';
import { superlinearGrowth } from './growth.ts';

interface Found {
  readonly file: string;
  readonly literal: string;
}

/**
 * A comment, a string, or a regular expression: what stands after one of these signs and begins with a slash.
 */
const TOKEN =
  /\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|(?<=(?:[(,=:[!&|?{};>]|return)\s*)\/(?:\\.|\[(?:\\.|[^\]\\])+\]|[^/\\[\n])+\/[a-z]*/g;

describe('a regular expression', () => {
  const found = expressions();

  it('is found wherever it is written', () => {
    expect(found.map(({ file }) => file)).to.include.members([
      'src/job/model/stream-url.ts',
      'src/telemetry/logger.ts',
    ]);
    expect(found.length).to.be.greaterThan(50);
  });

  for (const { file, literal } of found)
    it(`takes linear time: ${literal} of ${file}`, () => {
      const expression = parsed(literal);
      const words = literal.match(/[\w-]{3,}/g) ?? [];
      expect(superlinearGrowth((text) => text.replace(expression, ''), { words })).to.equal(undefined);
    });

  for (const literal of ['/a*b/', '/([^=;&,|/]*?(?:=|%3d))[^;&,|/]+/gi', '/[-.]+$/'])
    it(`would be found if it took more: ${literal}`, () => {
      expect(superlinearGrowth((text) => text.replace(parsed(literal), ''), { longest: 1_024 })).to.be.a(
        'string',
      );
    });
});

function expressions(): Found[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .flatMap((path) => {
      const file = join('src', path);
      const tokens = Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(TOKEN), ([token]) => token);
      return tokens.filter((token) => /^\/[^/*]/.test(token)).map((literal) => ({ file, literal }));
    });
}

function parsed(literal: string): RegExp {
  const end = literal.lastIndexOf('/');
  return new RegExp(literal.slice(1, end), literal.slice(end + 1));
}
