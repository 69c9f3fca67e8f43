// Helm 4 and Helm 3, built from the versions that go.mod and go.sum pin, or the programs that HELM and HELM3
// name. Both are in one module: they have nearly all packages in common, which are then compiled once.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { Processes } from '../processes/processes.ts';

const MODULE = import.meta.dirname;

type Report = (line: string) => void;

interface Version {
  /** The folder of the cache begins with it, and the log of the build is named so. */
  readonly name: string;
  readonly package: string;
  /** The variable that names another program. */
  readonly variable: string;
  readonly takes: string;
  /** Variables to set in the program, from the minor version of its Kubernetes libraries. */
  readonly set: (kubernetesMinor: string) => readonly string[];
}

const HELM_4: Version = {
  name: 'helm',
  package: 'helm.sh/helm/v4/cmd/helm',
  variable: 'HELM',
  takes: 'about 5 minutes on 2 cores',
  set: () => [],
};
const HELM_3: Version = {
  name: 'helm3',
  package: 'helm.sh/helm/v3/cmd/helm',
  variable: 'HELM3',
  takes: 'half a minute after Helm 4',
  // As its Makefile does: else it renders for Kubernetes 1.20. Helm 4 reads the version from its go.mod.
  set: (kubernetesMinor) =>
    ['pkg/chartutil', 'pkg/lint/rules'].flatMap((folder) => [
      `helm.sh/helm/v3/${folder}.k8sVersionMajor=1`,
      `helm.sh/helm/v3/${folder}.k8sVersionMinor=${kubernetesMinor}`,
    ]),
};

/**
 * Returns the path of Helm 4. `report` gets a line now and then while it is built, which takes minutes.
 * Rejects with MissingToolError when there is no Go to build it with.
 */
export function helmProgram(report: Report = () => undefined): Promise<string> {
  return programOf(HELM_4, report);
}

/** Returns the path of Helm 3, as `helmProgram` does that of Helm 4. */
export function helm3Program(report: Report = () => undefined): Promise<string> {
  return programOf(HELM_3, report);
}

async function programOf(version: Version, report: Report): Promise<string> {
  const given = process.env[version.variable];
  if (given) return given;
  const [goMod, goSum] = await Promise.all(
    ['go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8')),
  );
  const kubernetesMinor = /k8s\.io\/client-go v0\.(\d+)/.exec(goMod ?? '')?.[1] ?? '';
  const ldflags = ['-s -w', ...version.set(kubernetesMinor).map((variable) => `-X ${variable}`)].join(' ');
  const hash = createHash('sha256').update(`${goMod}${goSum}${ldflags}`).digest('hex').slice(0, 12);
  const name = `${version.name}-${platform()}-${arch()}-${hash}`;
  const folder = await cachedFolder(
    name,
    (unfinished) => build(version, ldflags, unfinished, report),
    report,
  );
  return join(folder, version.name);
}

async function build(version: Version, ldflags: string, folder: string, report: Report): Promise<void> {
  await requireGo(MODULE, `name another ${version.name} in ${version.variable}`);
  report(`building ${version.name}, once on this machine: ${version.takes}`);
  await using processes = new Processes(join(folder, 'build-logs'));
  const output = join(folder, version.name);
  await goBuild({ module: MODULE, package: version.package, output, ldflags }, processes, report);
}
