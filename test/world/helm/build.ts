// `node build.ts`: builds Helm if needed, and prints its path. Exit code 3 means that this machine has no Go
// to build it with, 1 that something is wrong.

import { MissingToolError } from '../builds/go-build.ts';
import { helmProgram } from './helm.ts';

const CANNOT_HERE = 3;

try {
  process.stdout.write(`${await helmProgram((line) => process.stderr.write(`helm: ${line}\n`))}\n`);
} catch (error) {
  process.stderr.write(`helm: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof MissingToolError ? CANNOT_HERE : 1;
}
