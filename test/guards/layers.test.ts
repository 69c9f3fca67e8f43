// The walls between the rooms of src: every import, `import type` included, against the table of layers.ts.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { circle, LIBRARY_ROOMS, MAY_IMPORT, roomOf, type SourceFile, violations } from './layers.ts';
import { ROOT } from './manifests.ts';

const SRC = join(ROOT, 'src');
const MOST_FILES = 12;

/** `from '…'`, `import '…'` and `import('…')`: all that TypeScript has, in a tree that biome formats. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

describe('the rooms of src', () => {
  const sources = readSources();

  it('import only what the table allows', () => {
    expect(violations(sources)).to.deep.equal([]);
  });

  it('import each other in no circle, types included', () => {
    expect(circle(sources)).to.equal(undefined);
  });

  it('are the rooms of the table', () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)));
    expect([...rooms]).to.have.members(Object.keys(MAY_IMPORT));
  });

  it(`have at most ${MOST_FILES} files each`, () => {
    const sizes = Object.entries(Object.groupBy(sources, ({ path }) => dirname(path)));
    const large = sizes.filter(([, files = []]) => files.length > MOST_FILES).map(([folder]) => folder);
    expect(large).to.deep.equal([]);
  });

  it('use every library that the table names', () => {
    const used = new Set(sources.flatMap(({ libraries }) => libraries));
    expect([...used]).to.have.members(Object.keys(LIBRARY_ROOMS));
  });
});

describe('the check of imports', () => {
  const file = (path: string, files: string[], libraries: string[] = []): SourceFile => ({
    path,
    files,
    libraries,
  });

  it('finds a forbidden import of a room, at any depth', () => {
    const found = violations([
      file('job/model/a.ts', ['cloud/client/b.ts']),
      file('base/c.ts', ['api/d.ts']),
    ]);
    expect(found).to.have.lengthOf(2);
  });

  it('finds a library in another room', () => {
    expect(violations([file('job/model/a.ts', [], ['pino'])])).to.have.lengthOf(1);
    expect(violations([file('telemetry/a.ts', [], ['pino'])])).to.deep.equal([]);
  });

  it('finds a library that the table does not know', () => {
    expect(violations([file('app.ts', [], ['left-pad'])])).to.have.lengthOf(1);
  });

  it('finds a circle of three files', () => {
    const sources = [file('a.ts', ['b.ts']), file('b.ts', ['c.ts']), file('c.ts', ['a.ts'])];
    expect(circle(sources)).to.deep.equal(['a.ts', 'b.ts', 'c.ts', 'a.ts']);
  });

  it('reads type imports and dynamic imports', () => {
    const text = "import type { A } from './a.ts';\nconst b = await import('./b.ts');\nimport './c.ts';";
    expect(importsOf(text)).to.deep.equal(['./a.ts', './b.ts', './c.ts']);
  });
});

function readSources(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => {
      const imports = importsOf(readFileSync(join(SRC, path), 'utf8'));
      return {
        path,
        files: imports
          .filter((name) => name.startsWith('.'))
          .map((name) => normalize(join(dirname(path), name))),
        libraries: imports.filter((name) => !name.startsWith('.') && !name.startsWith('node:')),
      };
    });
}

function importsOf(text: string): string[] {
  return Array.from(text.matchAll(IMPORT), ([, name]) => name as string);
}
