// Under which licence each package of the bundle is, and its text. A package without either fails the build.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './packages.ts';

/** The standard text, without a copyright line. */
const MIT = join(import.meta.dirname, 'MIT.txt');

/** A package with its licence. */
export type LicensedPackage = BundledPackage & {
  /** Copyright lines and conditions, and the NOTICE that Apache-2.0 asks to pass on. */
  readonly text: string;
};

/** Licences that allow to ship the package in an Apache-2.0 program, and ask for no more than their text. */
const ALLOWED: readonly string[] = ['Apache-2.0', 'BlueOak-1.0.0', 'BSD-3-Clause', 'ISC', 'MIT'];

const TEXT_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/** Where a package says its licence that publishes no file with the text. */
type Elsewhere = {
  readonly licence: 'Apache-2.0' | 'MIT';
  /** Undefined where the authors name none. */
  readonly copyright?: string;
  readonly source: string;
};

const ALIBABA_CLOUD = {
  licence: 'Apache-2.0',
  copyright: 'Copyright (c) 2009-present, Alibaba Cloud',
} as const;
const OWN_README = 'the README.md of the package';

/** `ISC` in some of these packages' package.json is what `npm init` writes; their authors say otherwise. */
const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  '@alicloud/gateway-spi': { ...ALIBABA_CLOUD, source: 'its repository, aliyun/alibabacloud-gateway' },
  '@alicloud/openapi-client': { ...ALIBABA_CLOUD, source: OWN_README },
  '@alicloud/openapi-util': { ...ALIBABA_CLOUD, source: 'its repository, aliyun/darabonba-openapi-util' },
  '@alicloud/tea-typescript': { licence: 'MIT', source: OWN_README },
  '@alicloud/tea-util': { ...ALIBABA_CLOUD, source: OWN_README },
  '@alicloud/tea-xml': { ...ALIBABA_CLOUD, source: OWN_README },
  httpx: { licence: 'MIT', source: OWN_README },
};

/** Foreign code inside a package, whose text the package lacks. */
const INSIDE: Readonly<Record<string, string>> = {
  undici: `It contains llhttp, under the MIT licence.\n\n${mit('Copyright © 2018 Fedor Indutny')}`,
};

/**
 * The package with its licence and text. Throws an Error that names the package if its licence is not among
 * the allowed ones, or if its text is nowhere to be found. The folder of the package is read, and LICENSE.
 */
export function licensed(bundled: BundledPackage): LicensedPackage {
  const { name, folder } = bundled;
  const files = readdirSync(folder).filter((file) => TEXT_FILE.test(file));
  const own = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const elsewhere = ELSEWHERE[name];
  if (own.length > 0 && elsewhere) throw new Error(`${name} has a licence text: take it out of ELSEWHERE`);
  const licence = elsewhere?.licence ?? bundled.licence;
  if (!ALLOWED.includes(licence))
    throw new Error(`the licence of ${name}, ${licence}, is none of ${ALLOWED.join(', ')}`);
  if (elsewhere) own.push(textOf(elsewhere));
  if (own.length === 0)
    throw new Error(`${name} has no licence text: find out its licence, then add it to ELSEWHERE`);
  return { ...bundled, licence, text: [...own, INSIDE[name] ?? []].flat().join('\n\n') };
}

function textOf({ licence, copyright, source }: Elsewhere): string {
  const said = `The package has no licence file. Its licence is that of ${source}.`;
  // Ours is the standard text, without a name filled in.
  const text =
    licence === 'MIT' ? mit(copyright) : `${copyright}\n\n${readFileSync('LICENSE', 'utf8').trim()}`;
  return `${said}\n\n${text}`;
}

function mit(copyright?: string): string {
  const [title = '', ...conditions] = readFileSync(MIT, 'utf8').trim().split('\n\n');
  return [title, copyright ?? [], conditions].flat().join('\n\n');
}
