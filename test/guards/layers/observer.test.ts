// The observer and the invariants of `make chaos` share no code with the operator: a mistake of the operator
// must not be repeated in what judges it.

import { expect } from 'chai';
import type { SourceFile } from './layers.ts';
import { readSources } from './sources.ts';

const JUDGES = ['chaos/observer/', 'chaos/invariants/'];

describe('the observer of chaos and its invariants', () => {
  const sources = new Map(readSources('test').map((source) => [source.path, source]));
  const judges = [...sources.keys()].filter((path) => JUDGES.some((folder) => path.startsWith(folder)));

  it('import nothing of src, also not through other files', () => {
    expect(judges).not.to.deep.equal([]);
    expect(judges.flatMap((path) => importsOfSrc(path, sources))).to.deep.equal([]);
  });

  it('are found out when they import a file that imports src', () => {
    const file = (path: string, files: string[]): [string, SourceFile] => [
      path,
      { path, files, libraries: [] },
    ];
    const made = new Map([file('a.ts', ['b.ts']), file('b.ts', ['a.ts', '../src/app.ts'])]);
    expect(importsOfSrc('a.ts', made)).to.deep.equal(['b.ts imports ../src/app.ts']);
  });
});

/** What a file imports of `src`, through files of `test`. */
function importsOfSrc(
  path: string,
  sources: ReadonlyMap<string, SourceFile>,
  seen = new Set<string>(),
): string[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const files = sources.get(path)?.files ?? [];
  const own = files.filter((file) => file.startsWith('../src/')).map((file) => `${path} imports ${file}`);
  return [...own, ...files.flatMap((file) => importsOfSrc(file, sources, seen))];
}
