// The CRDs of the Prometheus Operator, from the Go module that go.mod and go.sum pin. Nothing is built.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireGo } from '../builds/go-build.ts';

const MODULE = import.meta.dirname;
const SOURCE = 'github.com/prometheus-operator/prometheus-operator';

/**
 * Returns the paths of the CRDs with these plural names, such as `servicemonitors`. Rejects with
 * MissingToolError when there is no Go to fetch the module with.
 */
export async function monitoringCrds(plurals: readonly string[]): Promise<string[]> {
  await requireGo(MODULE, 'run the other tests only');
  const env = { ...process.env, GOWORK: 'off' };
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', SOURCE], {
    cwd: MODULE,
    env,
  });
  const folder = join((JSON.parse(stdout) as { Dir: string }).Dir, 'example/prometheus-operator-crd');
  return plurals.map((plural) => join(folder, `monitoring.coreos.com_${plural}.yaml`));
}
