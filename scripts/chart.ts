// `npm run chart`: writes the files of deploy/chart that are made of others: the CRD, the schema of `config`
// and the tables of the README.

import { writeFileSync } from 'node:fs';
import { generatedFiles } from './chart/generated.ts';

for (const { path, text } of generatedFiles()) writeFileSync(path, text);
