// Every import of src and simulator, `import type` included, against the tables of layers.ts.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../deploy/manifests.ts';
import {
  circle,
  forbiddenFiles,
  forbiddenLibraries,
  LIBRARY_ROOMS,
  MAY_IMPORT,
  roomOf,
  SIMULATOR_MAY_IMPORT,
  type SourceFile,
  unneeded,
  unneededLibraries,
} from './layers.ts';
import { importsOf, readSources } from './sources.ts';

const MOST_FILES = 12;

/** `process.env`, or `env` taken out of `process`. */
const READ_OF_ENVIRONMENT = /\bprocess\??\.env\b|=\s*process\s*;|\bnode:process\b/g;

describe('the rooms of src', () => {
  const sources = readSources('src');

  it('import only what the table allows', () => {
    expect(forbiddenFiles(sources, MAY_IMPORT)).to.deep.equal([]);
    expect(forbiddenLibraries(sources)).to.deep.equal([]);
  });

  it('need every import that the table allows', () => {
    expect(unneeded(sources, MAY_IMPORT)).to.deep.equal([]);
    expect(unneededLibraries(sources)).to.deep.equal([]);
  });

  it('import each other in no circle, types included', () => {
    expect(circle(sources)).to.equal(undefined);
  });

  it('are the rooms of the table', () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path, MAY_IMPORT)));
    expect([...rooms]).to.have.members(Object.keys(MAY_IMPORT));
  });

  it('use every library that the table names', () => {
    const used = new Set(sources.flatMap(({ libraries }) => libraries));
    expect([...used]).to.have.members(Object.keys(LIBRARY_ROOMS));
  });

  it('read the environment in the main.ts of each program alone', () => {
    const reads = sources.flatMap(({ path }) => environmentReads(path).map(() => path));
    expect(reads).to.deep.equal(['companion/main.ts', 'main.ts']);
  });
});

describe('the rooms of the simulator', () => {
  const all = readSources('simulator');
  const program = all.filter(({ path }) => !path.endsWith('.test.ts') && !path.startsWith('test/'));

  it('import only what the table allows', () => {
    expect(forbiddenFiles(program, SIMULATOR_MAY_IMPORT)).to.deep.equal([]);
  });

  it('import each other in no circle, types included', () => {
    expect(circle(program)).to.equal(undefined);
  });

  it('are the rooms of the table', () => {
    const rooms = new Set(program.map(({ path }) => roomOf(path, SIMULATOR_MAY_IMPORT)));
    expect([...rooms]).to.have.members(Object.keys(SIMULATOR_MAY_IMPORT));
  });

  it('need no library, and nothing outside their folder even in tests', () => {
    expect(program.flatMap(({ libraries }) => libraries)).to.deep.equal([]);
    expect(all.flatMap(({ files }) => files.filter((file) => file.startsWith('../')))).to.deep.equal([]);
  });
});

for (const top of ['src', 'simulator', 'test', 'scripts'])
  describe(`the folders of ${top}`, () => {
    it(`have at most ${MOST_FILES} files each`, () => {
      expect(largeFolders(readSources(top))).to.deep.equal([]);
    });
  });

describe('the check of imports', () => {
  const file = (path: string, files: string[], libraries: string[] = []): SourceFile => ({
    path,
    files,
    libraries,
  });

  it('finds a forbidden import of a room, at any depth', () => {
    const sources = [file('job/model/a.ts', ['cloud/client/b.ts']), file('base/c.ts', ['api/d.ts'])];
    expect(forbiddenFiles(sources, MAY_IMPORT)).to.have.lengthOf(2);
  });

  it('finds an import from outside the folder, also in a file that may import every room', () => {
    expect(forbiddenFiles([file('app.ts', ['../test/a.ts'])], MAY_IMPORT)).to.have.lengthOf(1);
  });

  it('finds a library in another room', () => {
    expect(forbiddenLibraries([file('job/model/a.ts', [], ['pino'])])).to.have.lengthOf(1);
    expect(forbiddenLibraries([file('telemetry/a.ts', [], ['pino'])])).to.deep.equal([]);
  });

  it('finds a library that the table does not know', () => {
    expect(forbiddenLibraries([file('app.ts', [], ['left-pad'])])).to.have.lengthOf(1);
  });

  it('finds what the table allows and no file imports', () => {
    const table = { a: ['b', 'c/*', 'base'], b: ['*'], 'c/d': ['b'], 'c/e': [], base: [] };
    const sources = [file('a/one.ts', ['c/d/two.ts', 'b/three.ts'])];
    expect(unneeded(sources, table)).to.deep.equal(['a → c/e', 'c/d → b']);
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

function environmentReads(path: string): string[] {
  return readFileSync(join(ROOT, 'src', path), 'utf8').match(READ_OF_ENVIRONMENT) ?? [];
}

function largeFolders(sources: readonly SourceFile[]): string[] {
  const folders = Object.entries(Object.groupBy(sources, ({ path }) => dirname(path)));
  return folders.filter(([, files = []]) => files.length > MOST_FILES).map(([folder]) => folder);
}
