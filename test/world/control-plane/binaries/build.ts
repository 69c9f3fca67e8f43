// `node build.ts`: builds the programs of the control plane if needed, and prints their paths. Exit code 3
// means that this machine has no Go to build them with, 1 that something is wrong.

import { MissingToolError } from '../../builds/go-build.ts';
import { controlPlaneBinaries } from './binaries.ts';

const CANNOT_HERE = 3;

try {
  const { etcd, kubeApiserver, kubectl } = await controlPlaneBinaries();
  process.stdout.write(`${[etcd, kubeApiserver, kubectl].join('\n')}\n`);
} catch (error) {
  process.stderr.write(`control plane: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof MissingToolError ? CANNOT_HERE : 1;
}
