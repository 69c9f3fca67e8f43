// The contract of the port CloudReader, tested on the reader of the real cloud: single jobs, credentials and
// budgets.

import { readerAccounts } from './reader/accounts.ts';
import { readerAnswers } from './reader/answers.ts';
import { readerBudget } from './reader/budget.ts';
import { readerCredentials } from './reader/credentials.ts';
import { liveReader } from './reader/live-reader.ts';
import { readerRoles } from './reader/roles.ts';

describe('the reader of the live cloud', () => {
  readerAnswers(liveReader);
  readerCredentials(liveReader);
  readerRoles(liveReader);
  readerAccounts(liveReader);
  readerBudget(liveReader);
});
