// Prometheus, promtool and Alertmanager: from the cache of an earlier build, else built from Go modules of
// pinned versions and hashes, each with the dependencies that its own go.mod and go.sum pin.

import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder, madeFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { type GoModule, goModule } from '../builds/go-module.ts';
import { Processes } from '../processes/processes.ts';

/** Paths of programs. */
export type MonitoringPrograms = {
  readonly prometheus: string;
  readonly promtool: string;
  readonly alertmanager: string;
};

type Module = GoModule & {
  readonly tags: string;
  readonly programs: readonly (keyof MonitoringPrograms)[];
  /** Files that the release of the project has, and its module lacks: the pages for browsers. */
  readonly missing: readonly string[];
};

const MODULES: readonly Module[] = [
  {
    path: 'github.com/prometheus/prometheus',
    version: 'v0.316.0',
    sum: 'h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM=',
    // Without the clients of the clouds, in which it could look for targets: they are most of the build.
    tags: 'remove_all_sd',
    programs: ['promtool', 'prometheus'],
    missing: [],
  },
  {
    path: 'github.com/prometheus/alertmanager',
    version: 'v0.35.0',
    sum: 'h1:nbXMjr+P2JaoFd7aHNDxKifEwTPN+TWxM0gNPonuH5w=',
    tags: '',
    programs: ['alertmanager'],
    missing: ['ui/app/dist/elm/index.html', 'ui/app/dist/mantine/index.html'],
  },
];

/**
 * The programs, all there and executable. A build takes minutes, and `report` gets a line now and then.
 * Rejects with MissingToolError when there is no Go to build with, saying what to install.
 */
export async function monitoringPrograms(report: (line: string) => void): Promise<MonitoringPrograms> {
  return programsIn(await cachedFolder(folderName(), (unfinished) => buildAll(unfinished, report), report));
}

/** The programs of an earlier build; undefined if there was none. */
export function builtMonitoringPrograms(): MonitoringPrograms | undefined {
  const folder = madeFolder(folderName());
  return folder === undefined ? undefined : programsIn(folder);
}

function folderName(): string {
  const hash = createHash('sha256').update(JSON.stringify(MODULES)).digest('hex').slice(0, 12);
  return `monitoring-${platform()}-${arch()}-${hash}`;
}

function programsIn(folder: string): MonitoringPrograms {
  const path = (program: keyof MonitoringPrograms): string => join(folder, program);
  return {
    prometheus: path('prometheus'),
    promtool: path('promtool'),
    alertmanager: path('alertmanager'),
  };
}

async function buildAll(folder: string, report: (line: string) => void): Promise<void> {
  await using processes = new Processes(join(folder, 'build-logs'));
  for (const module of MODULES) {
    report(`downloading ${module.path} ${module.version}`);
    const sources = join(folder, 'sources');
    await copySources(module, sources);
    await requireGo(sources, 'run the other tests only');
    for (const program of module.programs) {
      const output = join(folder, program);
      const { tags } = module;
      await goBuild(
        { module: sources, package: `./cmd/${program}`, output, ldflags: '-s -w', tags },
        processes,
        report,
      );
    }
    await rm(sources, { recursive: true });
  }
}

/** Copies the module out of Go's cache, where files are read-only, and adds what it lacks. */
async function copySources(module: Module, sources: string): Promise<void> {
  await cp(await goModule(module), sources, { recursive: true });
  await makeWritable(sources);
  for (const file of module.missing) {
    await mkdir(join(sources, file, '..'), { recursive: true });
    await writeFile(join(sources, file), '');
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755);
}
