// kubectl as a function: nothing of the user's own settings takes part, and a failure is a result, not a
// throw.

import { execFile } from 'node:child_process';
import { SELDOM_COLLECTED } from '../processes/go-environment.ts';

/** How a kubectl call ended. Its code is 0 on success. */
export type KubectlResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type KubectlCall = {
  readonly program: string;
  readonly kubeconfig: string;
  /** A folder for kubectl's discovery cache, which would else be in the user's home. */
  readonly cache: string;
  readonly stdin?: string;
};

// A list of 10,000 objects as JSON has some 30 MB.
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;
const ENDS_WITHIN_MS = 120_000;

/** Runs kubectl to its end. Rejects only if it cannot be run, or not within two minutes. */
export function runKubectl(call: KubectlCall, args: readonly string[]): Promise<KubectlResult> {
  const options = {
    env: {
      ...process.env,
      ...SELDOM_COLLECTED,
      KUBECONFIG: call.kubeconfig,
      KUBECACHEDIR: call.cache,
      KUBERC: 'off',
    },
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: ENDS_WITHIN_MS,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(call.program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`kubectl ${args[0] ?? ''} did not run to its end`, { cause: error }));
    });
    // It may end without reading its input; what it says about that is in its result.
    child.stdin?.on('error', () => {}).end(call.stdin);
  });
}
