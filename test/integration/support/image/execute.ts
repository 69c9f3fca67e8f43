/**
 * Executes the Dockerfile without a container engine: each stage in a folder of its own, on the Node of the
 * tests, which is that of the base. Only what .dockerignore lets in can be copied.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  admittedPaths,
  baseOf,
  type Copy,
  copiesOf,
  entrypointOf,
  environmentOf,
  type Instruction,
  readStages,
} from '../../../guards/deploy/dockerfile.ts';
import { shipped } from '../shipped.ts';

const execute = promisify(execFile);
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** The last stage, ready to run. */
export interface Image {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** A folder in `root`. */
  readonly workdir: string;
  /** Its environment, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** The command line, with paths below `root`. */
  readonly entrypoint: readonly [string, ...string[]];
}

/** Builds below an empty folder. Rejects with what a step printed if it fails. */
export async function executeDockerfile(folder: string): Promise<Image> {
  const context = join(folder, 'context');
  await copyContext(context);
  const stages = readStages();
  const rootOf = (stage: string | undefined) => join(folder, `stage-${stage ?? 'last'}`);
  for (const stage of stages) {
    const from = (name: string | undefined) => (name === undefined ? context : rootOf(name));
    await executeStage(stage, rootOf(baseOf(stage).stage), from);
  }
  const last = stages.at(-1) ?? [];
  const root = rootOf(baseOf(last).stage);
  const words = entrypointOf(last).map((word) => (word.startsWith('/') ? join(root, word) : word));
  const [program, ...args] = words[0] === 'node' ? [process.execPath, ...words.slice(1)] : words;
  return {
    root,
    workdir: join(root, last.find(({ name }) => name === 'WORKDIR')?.words[0] ?? '/'),
    env: environmentOf(last),
    entrypoint: [program ?? '', ...args],
  };
}

/** Copies what a clone has, with changes that are not committed yet, as far as .dockerignore lets it in. */
async function copyContext(context: string): Promise<void> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...admittedPaths()];
  const { stdout } = await execute('git', args, { cwd: shipped('.') });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(context, file)), { recursive: true });
    await cp(shipped(file), join(context, file));
  }
}

async function executeStage(
  stage: readonly Instruction[],
  root: string,
  from: (stage: string | undefined) => string,
): Promise<void> {
  let workdir = root;
  for (const instruction of stage) {
    const { name, words } = instruction;
    if (name === 'WORKDIR') {
      workdir = join(root, words[0] ?? '');
      await mkdir(workdir, { recursive: true });
    } else if (name === 'COPY')
      for (const copy of copiesOf([instruction])) await copyTo(workdir, copy, from(copy.from));
    else if (name === 'RUN') await run(words.join(' '), workdir, environmentOf(stage));
    else if (!/^(FROM|ENV|LABEL|USER|EXPOSE|ENTRYPOINT)$/.test(name))
      throw new Error(`${name} in the Dockerfile is not known here`);
  }
}

/** A folder is copied without its name, as Docker does it: what it holds goes into the target. */
async function copyTo(workdir: string, { sources, target }: Copy, from: string): Promise<void> {
  for (const source of sources) {
    const isFolder = (await stat(join(from, source))).isDirectory();
    const to = isFolder || !target.endsWith('/') ? target : join(target, basename(source));
    await cp(join(from, source), join(workdir, to), { recursive: true });
  }
}

/** npm may use its cache, which `make install` has filled. */
async function run(command: string, cwd: string, env: Readonly<Record<string, string>>): Promise<void> {
  const PATH = `${dirname(process.execPath)}:${process.env.PATH ?? DEFAULT_PATH}`;
  const npm = { npm_config_prefer_offline: 'true', npm_config_progress: 'false' };
  const { HOME = '/root' } = process.env;
  await execute('sh', ['-c', command], { cwd, env: { ...env, ...npm, HOME, PATH: withoutOurs(PATH) } });
}

/** The base image has none of the programs of our node_modules. */
function withoutOurs(path: string): string {
  return path
    .split(':')
    .filter((folder) => folder !== shipped('node_modules/.bin'))
    .join(':');
}
