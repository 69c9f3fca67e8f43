/**
 * `node scripts/release.ts v1.2.3` checks that everything says the version of the tag. With an image and a
 * digest behind the tag it also writes dist/release: the chart, the manifests, the notes of the release, and
 * with the address of the repository behind them `kubectl etj` with its manifest for krew.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { krewManifest, packCompanion } from './release/companion.ts';
import { releaseFiles } from './release/files.ts';
import { changesOf, disagreements, versionOf } from './release/version.ts';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'dist/release');

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

try {
  const [tag = '', image, digest, repository] = process.argv.slice(2);
  const version = versionOf(tag);
  const wrong = disagreements(version, read);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  if (image !== undefined) write(version, image, digest ?? '');
  if (repository) writeCompanion(version, tag, repository);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function write(version: string, image: string, digest: string): void {
  const { chart, published } = releaseFiles(image, digest, read);
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(TARGET, { recursive: true });
  cpSync(join(ROOT, 'deploy/chart'), join(TARGET, 'chart'), { recursive: true });
  for (const [path, text] of Object.entries(chart)) writeFileSync(join(TARGET, 'chart', path), text);
  for (const [name, text] of Object.entries(published)) writeFileSync(join(TARGET, name), text);
  writeFileSync(join(TARGET, 'notes.md'), `${changesOf(version, read)}\n`);
}

function writeCompanion(version: string, tag: string, repository: string): void {
  const name = 'kubectl-etj.tar.gz';
  const archive = join(TARGET, name);
  packCompanion(ROOT, archive);
  const uri = `${repository}/releases/download/${tag}/${name}`;
  const manifest = krewManifest(read('deploy/krew/etj.yaml'), { version, repository, uri, archive });
  writeFileSync(join(TARGET, 'etj.yaml'), manifest);
}
