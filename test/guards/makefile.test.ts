// `make build` makes the programs again when anything of them has changed.

import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { expect } from 'chai';
import { ROOT } from './deploy/manifests.ts';

describe('the Makefile', () => {
  it('builds the programs again after a change of any file that they are made of', () => {
    const database = execFileSync('make', ['--print-data-base', '--dry-run', 'help'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const rule = database.split('\n').find((line) => line.startsWith('dist/main.js:'));
    const sources = globSync(['src/**/*.*', 'scripts/bundle.ts', 'scripts/bundle/*'], { cwd: ROOT });
    expect(sources).to.include.members(['src/main.ts', 'src/page/client/page.css']);
    expect(rule?.split(' ')).to.include.members(sources);
  });
});
