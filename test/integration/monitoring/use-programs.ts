/**
 * Prometheus, promtool and Alertmanager for the tests of one `describe`.
 */
import { MissingToolError } from '../../world/builds/go-build.ts';
import { type MonitoringPrograms, monitoringPrograms } from '../../world/monitoring/programs.ts';
import { skipBecause } from '../../world/skip.ts';

/** `make test` builds them before; a file that is run alone may have to. About 4 min on two cores. */
const BUILT_WITHIN_MS = 20 * 60_000;

/** Call it first in a `describe`: its tests are skipped on a machine without Go. */
export function usePrograms(): () => MonitoringPrograms {
  let programs: MonitoringPrograms | undefined;
  before(async function () {
    this.timeout(BUILT_WITHIN_MS);
    programs = await monitoringPrograms(console.error).catch((error: Error) => {
      if (error instanceof MissingToolError) return skipBecause(this, error.message);
      throw error;
    });
  });
  return () => {
    if (!programs) throw new Error('the programs are there in hooks and tests only');
    return programs;
  };
}
