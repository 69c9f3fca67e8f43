// `npm run runbooks`: writes src/page/views/runbooks.ts, the advice of the status page, from docs/runbooks.

import { writeFileSync } from 'node:fs';
import { RUNBOOKS_FILE, runbooksModule } from './page/runbooks.ts';

writeFileSync(RUNBOOKS_FILE, runbooksModule());
