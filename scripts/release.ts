/**
 * `node scripts/release.ts v1.2.3` checks that everything says the version of the tag. With an image and a
 * digest behind the tag it also writes dist/release: the chart, the manifests, and the notes of the release.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseFiles } from './release/files.ts';
import { changesOf, disagreements, versionOf } from './release/version.ts';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'dist/release');

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

try {
  const [tag = '', image, digest] = process.argv.slice(2);
  const version = versionOf(tag);
  const wrong = disagreements(version, read);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  if (image !== undefined) write(version, image, digest ?? '');
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
