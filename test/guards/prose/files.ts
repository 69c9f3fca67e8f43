/**
 * Reads the files whose prose is checked, and lists what breaks a rule. `npm run prose`
 * prints it.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../deploy/manifests.ts';
import { type Finding, findingsIn } from './rules.ts';

/** All prose of the repository, relative to its root. */
export const EVERYTHING: readonly string[] = [
  'src',
  'test',
  'scripts',
  'simulator',
  'docs',
  'crds',
  'deploy',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
];

/** The rules and their tests quote the words that they exclude. */
const QUOTES_THE_WORDS = /^test\/guards\/prose\/(prose\.test|rules)\.ts$/;

/** What breaks a rule below these folders, and in these files. Throws for a path that does not exist. */
export function findingsBelow(paths: readonly string[]): Finding[] {
  return filesBelow(paths).flatMap((file) => findingsIn(file, readFileSync(join(ROOT, file), 'utf8')));
}

export function filesBelow(paths: readonly string[]): string[] {
  return paths
    .flatMap((path) =>
      statSync(join(ROOT, path)).isDirectory()
        ? globSync(`${path}/**/*.{ts,md,yaml}`, { cwd: ROOT }).sort()
        : [path],
    )
    .filter((file) => !QUOTES_THE_WORDS.test(file));
}

/** One line, which editors and terminals open at its place. */
export function sentenceOf({ file, line, problem }: Finding): string {
  return `${file}:${line} ${problem}`;
}
