// Dependabot looks at every file in which something is pinned that it can read.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ROOT } from '../deploy/manifests.ts';

interface Update {
  readonly 'package-ecosystem': string;
  readonly directory?: string;
  readonly directories?: readonly string[];
}

describe('.github/dependabot.yml', () => {
  const { updates } = parse(readFileSync(join(ROOT, '.github/dependabot.yml'), 'utf8')) as {
    readonly updates: readonly Update[];
  };

  for (const [ecosystem, file] of [
    ['npm', 'package-lock.json'],
    ['docker', 'Dockerfile'],
    ['gomod', 'go.mod'],
    ['pip', 'requirements.txt'],
  ] as const) {
    it(`names the folder of each ${file}`, () => {
      const named = updates
        .filter((update) => update['package-ecosystem'] === ecosystem)
        .flatMap(({ directory, directories = [] }) => [...(directory ? [directory] : []), ...directories]);
      const files = globSync(`{.,test,scripts,simulator}/**/${file}`, {
        cwd: ROOT,
        exclude: (path) => path.includes('node_modules') || path.startsWith('dist'),
      });
      const folders = new Set(files.map((path) => join('/', dirname(path))));
      expect(folders).not.to.be.empty;
      expect(named).to.have.members([...folders]);
    });
  }
});
