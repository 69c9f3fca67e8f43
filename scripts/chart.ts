// `npm run chart`: writes the files of deploy that are made of others: in the chart the CRD, the schema of
// `config` and the tables of the README; beside it the manifests that Helm renders. Helm is built at the
// first run, unless HELM names a Helm 4.

import { writeFileSync } from 'node:fs';
import { helmProgram } from '../test/world/helm/helm.ts';
import { generatedFiles } from './chart/generated.ts';
import { installManifests } from './chart/install-manifests.ts';

for (const { path, text } of generatedFiles()) writeFileSync(path, text);
for (const { path, text } of await installManifests(await helmProgram(console.error)))
  writeFileSync(path, text);
