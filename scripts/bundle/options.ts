/** How the operator is bundled, for all that bundles the same. */
import type { BuildOptions } from 'esbuild';
import { httpByRequire, requestsOfUndici, socksLater, unusedKubernetes } from './plugins.ts';

export const BUNDLING = {
  bundle: true,
  // `debug` takes its colours from supports-color where that is installed: here by mocha, for tests.
  external: ['supports-color'],
  plugins: [unusedKubernetes, requestsOfUndici, httpByRequire, socksLater],
  platform: 'node',
  format: 'esm',
  target: 'node22.19',
  sourcemap: true,
  // Names stay and lines are short, so that a stack trace can be read without the map: Node loads it into 104
  // MB for the process's life.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  // CommonJS libraries in an ES module ask for these.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';import { dirname as __dirnameOf } from 'node:path';import { fileURLToPath as __toPath } from 'node:url';const require = __createRequire(import.meta.url);const __filename = __toPath(import.meta.url);const __dirname = __dirnameOf(__filename);",
  },
  logLevel: 'warning',
} satisfies BuildOptions;
