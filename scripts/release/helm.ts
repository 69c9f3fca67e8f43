// `node scripts/release/helm.ts`: prints the path of the Helm of the tests, which is built at the first run.

import { helmProgram } from '../../test/world/helm/helm.ts';

process.stdout.write(`${await helmProgram(console.error)}\n`);
