// What a release publishes of `kubectl etj`: an archive with the file, and the manifest for krew.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaced } from './replaced.ts';

/** Files of the archive, by where the build and the repository have them. */
const FILES: Readonly<Record<string, string>> = {
  'kubectl-etj': 'dist/kubectl-etj',
  'THIRD-PARTY-NOTICES': 'dist/kubectl-etj.THIRD-PARTY-NOTICES',
  'sbom.cdx.json': 'dist/kubectl-etj.sbom.cdx.json',
  LICENSE: 'LICENSE',
};

/**
 * Makes the file an ES module for Node, which reads the nearest package.json: another could be in a folder
 * above it, such as the user's home.
 */
const PACKAGE = '{ "type": "module" }\n';

/**
 * Writes the archive.
 *
 * @param root of the repository, after `make build`
 * @param target path of the archive
 */
export function packCompanion(root: string, target: string): void {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'kubectl-etj-'));
  for (const [name, path] of Object.entries(FILES)) copyFileSync(join(root, path), join(folder.path, name));
  writeFileSync(join(folder.path, 'package.json'), PACKAGE);
  execFileSync('tar', ['-czf', target, '-C', folder.path, 'package.json', ...Object.keys(FILES)]);
}

export interface Published {
  /** Such as `1.2.3`. */
  readonly version: string;
  /** Address of the repository, such as `https://github.com/media/operator`. */
  readonly repository: string;
  /** Address of the archive. */
  readonly uri: string;
  /** Path of the archive. */
  readonly archive: string;
}

const PATH = 'deploy/krew/etj.yaml';

/**
 * Writes the archive's address and hash into the manifest.
 *
 * @param template text of deploy/krew/etj.yaml
 * @throws an Error if it has no placeholder to replace
 */
export function krewManifest(template: string, { version, repository, uri, archive }: Published): string {
  const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
  const replacements: readonly (readonly [RegExp, string])[] = [
    [/^# The manifest of(?:.*\n)+?(?=apiVersion)/m, ''],
    [/version: v0\.0\.0\n/, `version: v${version}\n`],
    [/homepage: .*\n/, `homepage: ${repository}\n`],
    [/uri: .*\n/, `uri: ${uri}\n`],
    [/sha256: .*\n/, `sha256: ${sha256}\n`],
  ];
  return replacements.reduce((text, [old, by]) => replaced(PATH, text, old, by), template);
}
