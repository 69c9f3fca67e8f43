// `node build.ts`: builds Prometheus, promtool and Alertmanager if needed. Exit code 3 means that this
// machine has no Go to build them with, 1 that something is wrong.

import { MissingToolError } from '../builds/go-build.ts';
import { monitoringPrograms } from './programs.ts';

const CANNOT_HERE = 3;

const report = (line: string): void => void process.stderr.write(`monitoring: ${line}\n`);

try {
  const programs = await monitoringPrograms(report);
  process.stdout.write(`${Object.values(programs).join('\n')}\n`);
} catch (error) {
  report(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof MissingToolError ? CANNOT_HERE : 1;
}
