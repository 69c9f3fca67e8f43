// What a reader reports: its backlog, capacity and accounts. test/contract tests what it answers.

import { expect } from 'chai';
import { LiveReader } from '../../../src/cloud/cloud-reader.ts';
import { Credentials } from '../../../src/credentials/credentials.ts';
import type { Priority } from '../../../src/job/model/cloud-port.ts';
import { fullCallsPerSecond } from '../../../src/ratelimit/call-rate.ts';
import { FakeClock, settled } from '../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';
import { ask } from '../kit/questions.ts';
import { aPlan } from '../kit/samples/a-plan.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';
import { Loopback } from './client/loopback.ts';

const KEY = { accessKeyID: 'id', accessKeySecret: 'secret' };
const OWN = { namespace: 'media' };
const SECRET = { namespace: 'media', name: 'account' };

describe('a reader', () => {
  let time: SteppedTime;
  let reader: LiveReader;
  let jobs = 0;
  /** Starts another reader. @param more what each Secret holds besides its key */
  let start: (callsPerMinute: number, more?: { endpoint: string }) => void;
  /** Keys whose account was looked up. */
  let lookups: string[];
  /** Number of Secrets that were read. */
  let reads: number;
  /** The account of a key; default: each key has its own. */
  let accountIDOf: (accessKeyID: string) => string;

  beforeEach(() => {
    time = new SteppedTime();
    lookups = [];
    reads = 0;
    accountIDOf = (accessKeyID) => accessKeyID;
    const accountOf = async (_caller: unknown, { accessKeyID }: { accessKeyID: string }) => {
      lookups.push(accessKeyID);
      return { accountID: accountIDOf(accessKeyID) };
    };
    start = (callsPerMinute, more) => {
      const secrets = {
        read: async (namespace: string, name: string) => {
          reads += 1;
          return { ...KEY, accessKeyID: `${namespace}/${name}`, ...more };
        },
      };
      const logger = new RecordingLogger();
      const rules = { allowedEndpoints: ['*'], allowInsecure: true };
      reader = new LiveReader({
        credentials: new Credentials({ own: KEY, ownFor: ['*'], secrets, clock: time, logger, ...rules }),
        endpoint: undefined,
        regionID: 'cn-shanghai',
        userAgent: 'test',
        callsPerMinute,
        sts: { accountOf },
        clock: time,
        logger,
      });
      reader.apply(aPlan('none', { names: (identity) => identity === 'media/account' }));
    };
    start(1);
  });
  afterEach(() => {
    reader.close();
    time.restore();
  });

  function observe(priority: Priority, credential: { namespace: string; name?: string }): void {
    jobs += 1;
    const reference = { credential, clusterID: 'c', jobID: `j${jobs}` };
    void ask(reader, { reference, priority, deadline: 0, signal: new AbortController().signal });
  }

  it('counts the waiting requests by credential and priority', async () => {
    observe('urgent', OWN);
    observe('scheduled', OWN);
    observe('scheduled', OWN);
    observe('retry', SECRET);
    await time.pass(500, 10);
    expect([...reader.backlog()]).to.deep.equal([
      { identity: 'default', priority: 'urgent', waiting: 1 },
      { identity: 'default', priority: 'scheduled', waiting: 2 },
      { identity: 'default', priority: 'retry', waiting: 0 },
      { identity: 'media/account', priority: 'urgent', waiting: 0 },
      { identity: 'media/account', priority: 'scheduled', waiting: 0 },
      { identity: 'media/account', priority: 'retry', waiting: 1 },
    ]);
  });

  it('counts the requests that wait because 8 calls to an endpoint of a Secret are in flight', async () => {
    const silent = new Loopback();
    silent.respond = () => undefined;
    await silent.open();
    reader.close();
    start(6_000, { endpoint: `http://${silent.endpoint.host}` });
    for (let count = 0; count < 20; count += 1) observe('scheduled', SECRET);
    await time.pass(2_000, 10);
    silent.close();
    const waiting = [...reader.backlog()].filter((entry) => entry.waiting > 0);
    expect(waiting).to.deep.equal([{ identity: 'media/account', priority: 'scheduled', waiting: 12 }]);
  });

  it('reads a backlog once, however many credentials of its account wait in it', async () => {
    let read = 0;
    accountIDOf = () => 'one';
    const observeAs = (name: string) =>
      observe('scheduled', {
        name,
        get namespace() {
          read += 1;
          return 'media';
        },
      });
    const readsOf = async (credentials: number) => {
      for (let made = 0; made < credentials; made += 1) observeAs(`${credentials}-${made}`);
      // Secrets are read one after another, 5 a second.
      await time.pass(300 * credentials, 50);
      read = 0;
      const waiting = [...reader.backlog()].filter((entry) => entry.waiting > 0);
      expect(waiting).to.have.length.at.least(0.9 * credentials);
      return read;
    };
    const few = await readsOf(10);
    // Ten times as many wait: the ten from before, too.
    expect(await readsOf(90)).to.be.below(20 * few);
  });

  it('has the full capacity of an account while the demand of other processes is known, then its part', async () => {
    const clock = new FakeClock();
    const refuse = () => Promise.reject(new Error('away'));
    const nothing = () => undefined;
    const redis = {
      follow: () => nothing,
      eval: refuse,
      time: () => 0,
      refused: nothing,
      overruled: nothing,
    };
    const logger = new RecordingLogger();
    const rules = { allowedEndpoints: [], allowInsecure: false };
    const sharing = new LiveReader({
      credentials: new Credentials({
        own: KEY,
        ownFor: ['*'],
        secrets: { read: async () => KEY },
        clock,
        logger,
        ...rules,
      }),
      endpoint: undefined,
      regionID: 'cn-shanghai',
      userAgent: 'test',
      callsPerMinute: 300,
      sharing: { redis, shards: 3 },
      clock,
      logger,
    });
    const capacity = fullCallsPerSecond(300);
    const options = { priority: 'scheduled', deadline: 0, signal: new AbortController().signal } as const;
    sharing.apply(
      aPlan('none', { namespaceDemands: [{ identity: 'default', namespace: 'media', calls: 2 }] }),
    );
    // The request waits for its permit. Its account is known from now on.
    void ask(sharing, { reference: { credential: OWN, clusterID: 'c', jobID: 'j' }, ...options });
    await settled();
    expect(sharing.capacity).to.equal(capacity);
    await clock.advance(61_000);
    expect(sharing.capacity).to.equal(capacity / 3);
    expect(sharing.othersDemandOf(sharing.accountOf('default')).size).to.equal(0);
    sharing.close();
    expect(clock.timers).to.equal(0);
  });

  it('looks up the account of a credential that objects name once, however rarely they are polled', async () => {
    for (let hour = 0; hour < 3; hour += 1) {
      for (const name of [`other-${hour}`, 'account']) observe('scheduled', { ...SECRET, name });
      await time.pass(60 * 60_000, 60_000);
    }
    expect(lookups.filter((key) => key === 'media/account')).to.have.length(1);
  });

  it('reads no Secret once it is closed, although requests wait for theirs', async () => {
    for (let name = 0; name < 100; name += 1) observe('urgent', { ...SECRET, name: `${name}` });
    await time.pass(500, 5);
    expect(reads).to.be.within(10, 50);
    const before = reads;
    reader.close();
    await time.pass(5_000, 5);
    expect(reads).to.equal(before);
  });

  it('has no waiting request once it is closed', async () => {
    observe('scheduled', OWN);
    await time.pass(500, 10);
    reader.close();
    expect([...reader.backlog()].every(({ waiting }) => waiting === 0)).to.equal(true);
  });
});
