// The three programs of a Kubernetes control plane: found where KUBEBUILDER_ASSETS says, else in the cache
// of an earlier build, else built from the versions that go.mod and go.sum pin.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { basename, join } from 'node:path';
import { cachedFolder } from '../../builds/cache.ts';
import { goBuild, requireGo } from '../../builds/go-build.ts';
import { Processes } from '../../processes/processes.ts';

/** Paths of programs. */
export type ControlPlaneBinaries = {
  /** Names the versions and how they were built; undefined for programs of KUBEBUILDER_ASSETS. */
  readonly build: string | undefined;
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
};

const MODULE = import.meta.dirname;
// In the order of the building: the quick ones first, so that a mistake shows early.
const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
} as const;

/**
 * The programs, all there and executable. A build takes minutes, and `report` gets a line now and then;
 * by default they go to standard error.
 * Rejects with MissingToolError when there is no Go to build with, saying what to install.
 */
export async function controlPlaneBinaries({ report = toStandardError } = {}): Promise<ControlPlaneBinaries> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) return fromAssets(assets);
  const folder = await builtFolder(report);
  return inFolder(folder, basename(folder));
}

async function fromAssets(folder: string): Promise<ControlPlaneBinaries> {
  for (const name of Object.keys(PACKAGES)) {
    await access(join(folder, name), constants.X_OK).catch(() => {
      throw new Error(
        `KUBEBUILDER_ASSETS is ${folder}, which has no program ${name}: name a folder with etcd, kube-apiserver and kubectl, or unset it`,
      );
    });
  }
  return inFolder(folder);
}

function inFolder(folder: string, build?: string): ControlPlaneBinaries {
  return {
    build,
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
}

async function builtFolder(report: (line: string) => void): Promise<string> {
  const modules = await readFile(join(MODULE, 'go.mod'), 'utf8');
  const sums = await readFile(join(MODULE, 'go.sum'), 'utf8');
  const kubernetes = version(modules, 'k8s.io/kubernetes');
  const etcd = version(modules, 'go.etcd.io/etcd/server/v3');
  const ldflags = linkerFlags(kubernetes);
  const hash = createHash('sha256').update(modules).update(sums).update(ldflags).digest('hex').slice(0, 12);
  const name = `kubernetes-${kubernetes}-etcd-${etcd}-${platform()}-${arch()}-${hash}`;
  return cachedFolder(name, (folder) => buildAll(folder, ldflags, report), report);
}

async function buildAll(folder: string, ldflags: string, report: (line: string) => void): Promise<void> {
  await requireGo(MODULE, 'set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl');
  report('building a Kubernetes control plane, once on this machine: about 8 minutes on 2 cores');
  await using processes = new Processes(join(folder, 'build-logs'));
  for (const [name, package_] of Object.entries(PACKAGES)) {
    await goBuild(
      { module: MODULE, package: package_, output: join(folder, name), ldflags },
      processes,
      report,
    );
  }
}

function version(modules: string, path: string): string {
  const found = new RegExp(`^\\s*(?:require )?${path} (v\\S+)`, 'm').exec(modules)?.[1];
  if (found === undefined) throw new Error(`go.mod does not require ${path}`);
  return found;
}

/** No symbols (a third smaller), and the version that the programs print: charts and clients read it. */
function linkerFlags(kubernetes: string): string {
  const holders = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return ['-s -w', ...holders.map((holder) => `-X ${holder}.gitVersion=${kubernetes}`)].join(' ');
}

export function toStandardError(line: string): void {
  process.stderr.write(`control plane: ${line}\n`);
}
