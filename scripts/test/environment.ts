// The environment that tests run in: the same on every machine, and with no way out of it.

import { delimiter, resolve } from 'node:path';

const MODULES = resolve(import.meta.dirname, '../../node_modules');
const BIN = resolve(MODULES, '.bin');
/** Most processes of tests load the same modules: with the compiled ones kept, in two thirds of the time. */
const COMPILED = resolve(MODULES, '.cache/compiled');

// Credentials and settings of the user's own cloud, cluster and operator, which no test may touch or depend
// on; proxies, since all traffic of a test stays on the machine.
const NOT_FOR_TESTS = [
  /^ALIBABA_CLOUD_/,
  /^EDGETRANSCODE_/,
  /^KUBECONFIG$/,
  /^KUBERNETES_SERVICE_(HOST|PORT)/,
  /^(https?|all|no)_proxy$/i,
];

/**
 * The environment for building: the outer one, with the programs that the package pins first on PATH, Node
 * included.
 */
export function buildEnvironment(outer: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...outer, PATH: [BIN, outer.PATH].join(delimiter) };
}

/**
 * The environment for tests. Without it the credentials library would call an address of the vendor's
 * network, and hang where that network is absent.
 */
export function testEnvironment(outer: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(outer).filter(([name]) => !NOT_FOR_TESTS.some((pattern) => pattern.test(name)));
  return {
    ...buildEnvironment(Object.fromEntries(kept)),
    ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
    NODE_COMPILE_CACHE: COMPILED,
  };
}
