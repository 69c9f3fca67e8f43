/**
 * Makes dist/main.js: the operator and its libraries as one ES module, with a source map. Loading the Kubernetes client from
 * node_modules opens some thousand model files; from one file the process is ready three times as fast, in two thirds of the memory.
 */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.19',
  sourcemap: true,
  // Names stay and lines are short, so that a stack trace can be read without the map: Node loads it into 104 MB for the process's life.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  define: { OPERATOR_VERSION: JSON.stringify(version) },
  // CommonJS libraries in an ES module ask for these.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';import { dirname as __dirnameOf } from 'node:path';import { fileURLToPath as __toPath } from 'node:url';const require = __createRequire(import.meta.url);const __filename = __toPath(import.meta.url);const __dirname = __dirnameOf(__filename);",
  },
  logLevel: 'warning',
});
