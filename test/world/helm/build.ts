// `node build.ts`: builds Helm 4 and Helm 3 if needed, and prints their paths. Exit code 3 means that this
// machine has no Go to build them with, 1 that something is wrong.

import { MissingToolError } from '../builds/go-build.ts';
import { helm3Program, helmProgram } from './helm.ts';

const CANNOT_HERE = 3;

const report = (line: string): void => void process.stderr.write(`helm: ${line}\n`);

try {
  // One after the other: the second compiles only what the first has not.
  process.stdout.write(`${await helmProgram(report)}\n`);
  process.stdout.write(`${await helm3Program(report)}\n`);
} catch (error) {
  report(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof MissingToolError ? CANNOT_HERE : 1;
}
