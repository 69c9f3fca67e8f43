/** What the bundle leaves out of libraries, or loads only when it is used. */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const IN_KUBERNETES_CLIENT = /[\\/]@kubernetes[\\/]client-node[\\/]dist[\\/]/;

/**
 * Leaves out the modules of the Kubernetes client that nothing uses: its index exports a thousand models and
 * the clients of all APIs. They have no effect when they are loaded, which the package does not say. Its
 * imports name whole files, so they are joined here: asking esbuild for each would be half of the build.
 */
export const unusedKubernetes: Plugin = {
  name: 'unused modules of the Kubernetes client',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^\./ }, ({ path, importer, resolveDir }) =>
      IN_KUBERNETES_CLIENT.test(importer) ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    );
    onResolve({ filter: /^@kubernetes\/client-node$/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === 'resolving') return undefined;
      const { kind, importer, resolveDir, namespace } = from;
      const options = { kind, importer, resolveDir, namespace, pluginData: 'resolving' };
      return { ...(await resolve(path, options)), sideEffects: false };
    });
  },
};

/**
 * The part of undici that connects and dispatches requests. Its index loads `fetch`, WebSocket, caches and
 * mocks as well: three quarters of its code, 3 MiB of memory. The Kubernetes client imports `fetch` for
 * clients that are left out.
 */
const UNDICI = `
  export { default as Agent } from 'undici/lib/dispatcher/agent.js';
  export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
  export const fetch = undefined;
`;

export const requestsOfUndici: Plugin = {
  name: 'requests of undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'part' }));
    onLoad({ filter: /^undici$/, namespace: 'part' }, () => ({ contents: UNDICI, resolveDir: '.' }));
  },
};

/**
 * Imported as an ES module, `node:http` makes all that it exports, its `WebSocket` included: for that Node
 * loads the undici that is built in, which takes 12 MiB and a tenth of the start. `require` makes nothing.
 */
export const httpByRequire: Plugin = {
  name: 'node:http by require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'required' } : undefined,
    );
    onLoad({ filter: /^http$/, namespace: 'required' }, () => ({
      contents: "module.exports = require('node:http');",
    }));
  },
};

/**
 * What only connections through a SOCKS proxy need, loaded with the first of them: `ip-address` makes the
 * tables of all special networks when it is loaded, a tenth of the start.
 */
const SOCKS: Readonly<Record<string, string>> = {
  'socks-proxy-agent': `export function SocksProxyAgent(...options) {
    return new (require('socks-proxy-agent').SocksProxyAgent)(...options);
  }`,
  socks: `export const SocksClient = {
    createConnection: (...options) => require('socks').SocksClient.createConnection(...options),
  };`,
};

export const socksLater: Plugin = {
  name: 'SOCKS when it is used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^socks(-proxy-agent)?$/ }, ({ path, kind, resolveDir }) =>
      kind === 'import-statement' && IN_KUBERNETES_CLIENT.test(`${resolveDir}/`)
        ? { path, namespace: 'later', pluginData: resolveDir }
        : undefined,
    );
    onLoad({ filter: /^/, namespace: 'later' }, ({ path, pluginData: resolveDir }) => ({
      contents: SOCKS[path] ?? '',
      resolveDir,
    }));
  },
};
