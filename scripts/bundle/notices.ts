// THIRD-PARTY-NOTICES: the licence texts of what the bundle contains.

import type { LicensedPackage } from './licences.ts';

const RULE = '='.repeat(80);

/**
 * The file's content. Packages with the same text share it.
 *
 * @param program file that contains them
 */
export function noticesOf(program: string, packages: readonly LicensedPackage[]): string {
  const byText = Map.groupBy(packages, ({ text }) => text);
  const sections = Array.from(byText, ([text, sharing]) => {
    const heads = sharing.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${RULE}\n${heads.join('\n')}\n\n${text}\n`;
  });
  return [
    `${program} contains the packages below, in whole or in part, under these licences.\n`,
    ...sections,
  ].join('\n');
}
