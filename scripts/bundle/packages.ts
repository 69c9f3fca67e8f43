// Which packages are in the bundle, read from what esbuild says about its output.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package of which at least one file is in the bundle. */
export type BundledPackage = {
  readonly name: string;
  readonly version: string;
  /** The SPDX expression of its package.json, such as `MIT`. */
  readonly licence: string;
  /** Its folder, such as `node_modules/pino`. */
  readonly folder: string;
};

const FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/**
 * The packages of all outputs, in the order of their folders. Two versions of one package are two packages. A
 * file of which nothing is left in the output does not count.
 */
export function packagesIn({ outputs }: Pick<Metafile, 'outputs'>): BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const files = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = files.flatMap(([file]) => FOLDER.exec(file)?.[0] ?? []);
  return [...new Set(folders)].sort().map(readPackage);
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, licence: license ?? 'none', folder };
}
