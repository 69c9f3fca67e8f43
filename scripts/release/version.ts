// A release has one version: that of its tag.

import { parse } from 'yaml';

/** Reads a file of the repository by its path. */
export type Read = (path: string) => string;

const TAG = /^v(\d+\.\d+\.\d+(?:-rc\.\d+)?)$/;
/** Files that name the image of the version. */
const NAME_THE_IMAGE = [
  'Dockerfile',
  'deploy/install.yaml',
  'deploy/namespaced/install.yaml',
  'docs/install/README.md',
];
const IMAGE = /edge-transcode-job-operator:(\d[\w.-]*\w)/g;

/** The version of a tag, such as `1.2.3` of `v1.2.3`. Throws an Error that says what a tag looks like. */
export function versionOf(tag: string): string {
  const version = TAG.exec(tag)?.[1];
  if (version === undefined) throw new Error(`${tag} is not a tag of a release: v1.2.3 or v1.2.3-rc.1 is`);
  return version;
}

/** One sentence for each place that says another version. Empty when the release can be made. */
export function disagreements(version: string, read: Read): string[] {
  const lock = JSON.parse(read('package-lock.json'));
  const chart = parse(read('deploy/chart/Chart.yaml'));
  const said: readonly (readonly [place: string, version: string])[] = [
    ['version in package.json', JSON.parse(read('package.json')).version],
    ['version in package-lock.json', lock.version],
    ['packages[""].version in package-lock.json', lock.packages[''].version],
    ['version in deploy/chart/Chart.yaml', chart.version],
    ['appVersion in deploy/chart/Chart.yaml', chart.appVersion],
    ...NAME_THE_IMAGE.flatMap((path) =>
      Array.from(read(path).matchAll(IMAGE), ([, tag]) => [`the image in ${path}`, tag ?? ''] as const),
    ),
  ];
  const wrong = said.filter(([, each]) => each !== version);
  const sentences = new Set(wrong.map(([place, each]) => `${place} is ${each}, not ${version}`));
  if (changesOf(version, read) === undefined) sentences.add(`CHANGELOG.md has no section "## ${version}"`);
  return [...sentences];
}

/** What CHANGELOG.md says about the version; undefined if it has no section with anything in it. */
export function changesOf(version: string, read: Read): string | undefined {
  const sections = read('CHANGELOG.md').split(/^## /m);
  const section = sections.find((each) => each.split('\n', 1)[0]?.split(' ')[0] === version);
  return section?.slice(section.indexOf('\n')).trim() || undefined;
}
