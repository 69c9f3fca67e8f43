/** The manifests for clusters without Helm, which are shipped beside the chart, fit it. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { expect } from 'chai';
import { installManifests } from '../../../../scripts/chart/install-manifests.ts';
import { CHART, manifestsOf, useHelm } from '../../support/release/helm.ts';

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
});
