// `npm run runbooks`: writes src/page/views/runbooks.json, the advice of the status page, from docs/runbooks.

import { writeFileSync } from 'node:fs';
import { RUNBOOKS_FILE, runbooksFile } from './page/runbooks.ts';

writeFileSync(RUNBOOKS_FILE, runbooksFile());
