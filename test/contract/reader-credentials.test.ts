// The contract of the port CloudReader, tested on the reader of the real cloud: keys and roles.

import { readerCredentials } from './reader/credentials.ts';
import { liveReader } from './reader/live-reader.ts';
import { readerRoles } from './reader/roles.ts';

describe('the reader of the live cloud, by the credentials of objects', () => {
  readerCredentials(liveReader);
  readerRoles(liveReader);
});
