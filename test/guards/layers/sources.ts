/** Reads the TypeScript files of a folder with what they import. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from '../deploy/manifests.ts';
import type { SourceFile } from './layers.ts';

/** `from '…'`, `import '…'` and `import('…')`: all that TypeScript has, in a tree that biome formats. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g;

/** @param folder below the root of the repository, such as `src` */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => {
      const imports = importsOf(readFileSync(join(ROOT, folder, path), 'utf8'));
      return {
        path,
        files: imports
          .filter((name) => name.startsWith('.'))
          .map((name) => normalize(join(dirname(path), name))),
        libraries: imports.filter((name) => !name.startsWith('.') && !name.startsWith('node:')),
      };
    });
}

/** What a text imports, in its order. */
export function importsOf(text: string): string[] {
  return Array.from(text.matchAll(IMPORT), ([, name]) => name as string);
}
