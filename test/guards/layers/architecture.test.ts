// docs/architecture.md names files and functions that exist, and draws the rooms of layers.ts.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../deploy/manifests.ts';
import { MAY_IMPORT } from './layers.ts';
import { diagramOf } from './room-diagram.ts';

const STEPS = 9;

describe('docs/architecture.md', () => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

  it('names only files and folders that exist', () => {
    const paths = Array.from(
      page.matchAll(/`((?:src|test|simulator|crds)\/[^`\s]*)`/g),
      ([, path]) => path as string,
    );
    expect(paths).not.to.deep.equal([]);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
  });

  it(`has the data path in ${STEPS} steps, each with a file of src`, () => {
    const path = page.split(/^## /m).find((section) => section.startsWith('The data path')) ?? '';
    const steps = path.split(/^\d+\. /m).slice(1);
    expect(steps).to.have.lengthOf(STEPS);
    expect(steps.filter((step) => !/`src\/[^`]+\.ts`/.test(step))).to.deep.equal([]);
  });

  it('names only functions that exist', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const sources = files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'));
    const isThere = (owner = '', name = '') =>
      sources.some(
        (text) =>
          new RegExp(`(class|interface) ${owner}\\b`).test(text) && new RegExp(`[ #.]${name}\\b`).test(text),
      );
    const named = Array.from(page.matchAll(/`([A-Z]\w+)\.#?(\w+)(?:\(\))?`/g));
    expect(named).to.have.length.above(15);
    expect(named.filter(([, owner, name]) => !isThere(owner, name)).map(([text]) => text)).to.deep.equal([]);
  });

  it('draws the import table as it stands', () => {
    expect(page).to.include(`\`\`\`mermaid\n${diagramOf(MAY_IMPORT)}\n\`\`\``);
  });
});
