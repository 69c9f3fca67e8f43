/**
 * What is shipped beside the chart fits it: the manifests for clusters without Helm, and the commands of the
 * docs.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { expect } from 'chai';
import { installManifests } from '../../../../scripts/chart/install-manifests.ts';
import { CHART, manifestsOf, useHelm } from '../../support/release/helm.ts';
import { shipped } from '../../support/shipped.ts';

const PAGES = ['deploy/chart/README.md', 'docs/operations.md', 'docs/scaling.md', 'README.md'];
/** Flags of a command that `helm template` does not have. */
const OF_RELEASES = /\s--(create-namespace|reset-then-reuse-values)(?=\s)/g;

describe('beside the chart', function () {
  this.timeout(60_000);
  const scene = useHelm();

  // By meaning: versions of Helm differ in blank lines.
  it('the manifests are those that npm run chart renders', async () => {
    const files = await installManifests(scene.helm.program);
    expect(files).to.have.lengthOf(3);
    for (const { path, text } of files)
      expect(manifestsOf(readFileSync(path, 'utf8')), relative(CHART, path)).to.deep.equal(manifestsOf(text));
  });

  it('the commands of the docs are accepted by the chart', async () => {
    const commands = PAGES.flatMap((page) => commandsOf(readFileSync(shipped(page), 'utf8')));
    expect(commands).to.have.lengthOf(6);
    for (const command of commands) {
      const { code, stderr } = await scene.helm.run(['template', ...command]);
      expect(code, `${command.join(' ')}: ${stderr}`).to.equal(0);
    }
  });
});

/** The arguments of each `helm install` and `helm upgrade` of a page. */
function commandsOf(page: string): string[][] {
  const lines = page.replaceAll(/\\\n\s*/g, ' ').match(/^ *helm (install|upgrade) .*$/gm) ?? [];
  return lines.map((line) =>
    line
      .replaceAll(OF_RELEASES, '')
      .replaceAll("'", '')
      // A placeholder for a namespace must look like one.
      .replace('{NAMESPACE}', '{monitoring}')
      .replace('deploy/chart', CHART)
      .trim()
      .split(/\s+/)
      .slice(2),
  );
}
