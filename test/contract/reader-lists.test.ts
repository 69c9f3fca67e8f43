// The contract of the port CloudReader, tested on the reader of the real cloud: what callers of one job
// share, and lists.

import { readerListFailures } from './reader/list-failures.ts';
import { readerLists } from './reader/lists.ts';
import { liveReader } from './reader/live-reader.ts';
import { readerSharing } from './reader/sharing.ts';

describe('the reader of the live cloud, with many callers', () => {
  readerSharing(liveReader);
  readerLists(liveReader);
  readerListFailures(liveReader);
});
