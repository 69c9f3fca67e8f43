/**
 * The program of Redis for the tests of one `describe`.
 */
import { MissingToolError } from './builds/go-build.ts';
import { redisProgram } from './redis.ts';
import { skipBecause } from './skip.ts';

/** The first run on a machine downloads a wheel of 2 MB, and waits while linters are built. */
const FETCHED_WITHIN_MS = 10 * 60_000;

/** Registers a hook, and returns where the program is from then on. Skips the tests where there is none. */
export function useRedis(): { readonly program: string } {
  let program: string | undefined;
  before(async function () {
    this.timeout(FETCHED_WITHIN_MS);
    program = await redisProgram().catch((error: Error) => {
      if (error instanceof MissingToolError) return skipBecause(this, error.message);
      throw error;
    });
  });
  return {
    get program() {
      if (program === undefined) throw new Error('the program of Redis is there from the first hook on');
      return program;
    },
  };
}
