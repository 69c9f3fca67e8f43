// The contract of the port CloudReader, tested on the reader of the real cloud: single jobs, accounts and
// budgets.

import { readerAccounts } from './reader/accounts.ts';
import { readerAnswers } from './reader/answers.ts';
import { readerBudget } from './reader/budget.ts';
import { liveReader } from './reader/live-reader.ts';

describe('the reader of the live cloud', () => {
  readerAnswers(liveReader);
  readerAccounts(liveReader);
  readerBudget(liveReader);
});
