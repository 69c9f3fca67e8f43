// A release is refused while anything says another version, and names its image by digest.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { releaseFiles } from '../../../../scripts/release/files.ts';
import { changesOf, disagreements, versionOf } from '../../../../scripts/release/version.ts';

const IMAGE = 'ghcr.io/media/edge-transcode-job-operator';
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const read = (path: string): string => readFileSync(path, 'utf8');
const { version } = JSON.parse(read('package.json'));
/** The repository as it is when its version is released. */
const ready = (path: string): string =>
  path === 'CHANGELOG.md'
    ? `# Changelog\n\n## Unreleased\n\n## ${version} (2026-12-01)\n\n- All.\n`
    : read(path);

describe('versionOf', () => {
  it('takes the version of a tag', () => {
    expect(versionOf('v1.2.3')).to.equal('1.2.3');
    expect(versionOf('v1.2.3-rc.4')).to.equal('1.2.3-rc.4');
  });

  it('refuses what is not a tag of a release', () => {
    for (const tag of ['', '1.2.3', 'v1.2', 'v1.2.3-beta', 'v1.2.3 ', 'main', 'v1.2.3;ls'])
      expect(() => versionOf(tag), tag).to.throw('is not a tag of a release');
  });
});

describe('disagreements', () => {
  it('finds none when everything says the version', () => {
    expect(disagreements(version, ready)).to.deep.equal([]);
  });

  it('names every place that says another version', () => {
    expect(disagreements('9.9.9', ready)).to.deep.equal([
      `version in package.json is ${version}, not 9.9.9`,
      `version in package-lock.json is ${version}, not 9.9.9`,
      `packages[""].version in package-lock.json is ${version}, not 9.9.9`,
      `version in deploy/chart/Chart.yaml is ${version}, not 9.9.9`,
      `appVersion in deploy/chart/Chart.yaml is ${version}, not 9.9.9`,
      `the image in Dockerfile is ${version}, not 9.9.9`,
      `the image in deploy/install.yaml is ${version}, not 9.9.9`,
      `the image in deploy/namespaced/install.yaml is ${version}, not 9.9.9`,
      `the image in docs/install/README.md is ${version}, not 9.9.9`,
      'CHANGELOG.md has no section "## 9.9.9"',
    ]);
  });

  it('asks for a section of the changelog that says something', () => {
    const empty = (path: string) =>
      path === 'CHANGELOG.md' ? `## ${version}\n\n## 0.0.1\n- Old.\n` : ready(path);
    expect(disagreements(version, empty)).to.deep.equal([`CHANGELOG.md has no section "## ${version}"`]);
  });
});

describe('changesOf', () => {
  it('takes the section of the version, and not that of one that begins alike', () => {
    const changelog = () =>
      '# Changelog\n\n## 1.2.30\n\n- New.\n\n## 1.2.3 (2026-12-01)\n\n- Old.\n- Older.\n\n## 1.2.2\n';
    expect(changesOf('1.2.3', changelog)).to.equal('- Old.\n- Older.');
  });
});

describe('releaseFiles', () => {
  const files = releaseFiles(IMAGE, DIGEST, read);

  it('gives the chart the image by digest, and changes no other value', () => {
    const values = parse(files.chart['values.yaml'] ?? '');
    const before = parse(read('deploy/chart/values.yaml'));
    expect(values).to.deep.equal({
      ...before,
      image: { ...before.image, repository: IMAGE, digest: DIGEST },
    });
    for (const text of Object.values(files.chart))
      expect(text).not.to.match(/placeholder|no image is published/i);
    expect(files.chart['README.md']).to.contain(`| \`image.repository\` | \`"${IMAGE}"\` |`);
  });

  it('gives the manifests the image by digest, and says no more that it is a placeholder', () => {
    for (const name of ['install.yaml', 'install-namespaced.yaml']) {
      const text = files.published[name] ?? '';
      const images = parseAllDocuments(text).flatMap((document) => {
        const { kind, spec } = document.toJS();
        return kind === 'Deployment' ? [spec.template.spec.containers[0].image] : [];
      });
      expect(images, name).to.deep.equal([`${IMAGE}@${DIGEST}`]);
      expect(text, name).not.to.contain('placeholder');
    }
  });

  it('takes no tag for a digest', () => {
    for (const digest of ['', '0.1.0', 'sha256:12', `${DIGEST}0`])
      expect(() => releaseFiles(IMAGE, digest, read)).to.throw('is not a digest');
  });

  it('fails when a file has no placeholder', () => {
    const without = (path: string) => read(path).replace('edge-transcode-job-operator:', 'another:');
    expect(() => releaseFiles(IMAGE, DIGEST, without)).to.throw(
      'install.yaml has 0 times what the release replaces',
    );
  });
});
