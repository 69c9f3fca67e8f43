// Hundreds of Secrets are in use: a key that is replaced takes effect in time for each of them.

import { expect } from 'chai';
import { Sts } from '../../../src/cloud/sts/sts.ts';
import { SecretCache } from '../../../src/credentials/secret-cache.ts';
import type { SecretData } from '../../../src/job/model/kube-port.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const SECOND = 1_000;
const STEP_MS = 5;
/** How long the API server takes to answer. */
const ANSWER_MS = 50;
const PROMISED_MS = 30 * SECOND;

interface Use {
  readonly secret: number;
  /** When the poll began, and how long it waited for its key, ms. */
  readonly at: number;
  readonly waitedMs: number;
  /** Number of the key that signed, 0 for the first one. */
  readonly key: number;
}

describe('a key that is replaced in one of hundreds of Secrets', function () {
  // Minutes pass in steps of 5 ms: a second alone, more on a busy machine.
  this.timeout(60_000);
  let time: SteppedTime;
  let cache: SecretCache;
  let answerMs: number;
  /** Number of the present key, by the number of its Secret. */
  let keys: Map<number, number>;
  let uses: Use[];
  beforeEach(() => {
    time = new SteppedTime();
    answerMs = ANSWER_MS;
    keys = new Map();
    uses = [];
    const read = async (_namespace: string, name: string): Promise<SecretData> => {
      const key = `${keys.get(Number(name)) ?? 0}`;
      await time.sleep(answerMs);
      return { accessKeyID: key, accessKeySecret: 'secret' };
    };
    cache = new SecretCache({
      secrets: { read },
      allowedEndpoints: ['*.aliyuncs.com'],
      allowInsecure: false,
      clock: time,
    });
  });
  afterEach(() => time.restore());

  async function use(secret: number): Promise<number> {
    const at = time.now();
    const resolved = await cache.resolve({ namespace: 'media', name: `${secret}` });
    const key = 'credential' in resolved ? Number(resolved.credential.accessKey.accessKeyID) : -1;
    uses.push({ secret, at, waitedMs: time.now() - at, key });
    return key;
  }

  /** Polls with the key of a Secret. A key that was replaced is refused: the poll then tries once more. */
  async function poll(secret: number): Promise<void> {
    const key = await use(secret);
    if (key === (keys.get(secret) ?? 0)) return;
    cache.markStale(`media/${secret}`, time.now());
    await use(secret);
  }

  /** Polls each Secret once an interval, at instants that are spread as hashes are, for some time. */
  async function pollAll(secrets: number, intervalMs: number, forMs: number): Promise<void> {
    const end = time.now() + forMs;
    const instantOf = (secret: number) => Math.floor((((secret * 7_919) % 10_007) / 10_007) * intervalMs);
    for (let from = time.now(); from < end; from += STEP_MS) {
      for (let secret = 0; secret < secrets; secret += 1) {
        const untilDue = (((instantOf(secret) - from) % intervalMs) + intervalMs) % intervalMs;
        if (untilDue < STEP_MS) void poll(secret);
      }
      await time.pass(STEP_MS, STEP_MS);
    }
    await time.pass(SECOND, STEP_MS);
  }

  for (const [secrets, intervalS] of [
    [600, 60],
    [1_000, 30],
  ] as const)
    it(`signs each call that is made 30 s later, with ${secrets} Secrets polled every ${intervalS} s`, async () => {
      await pollAll(secrets, intervalS * SECOND, intervalS * SECOND);
      const changed = Array.from({ length: 10 }, (_, index) => index * Math.floor(secrets / 10) + 3);
      for (const secret of changed) keys.set(secret, 1);
      const changedAt = time.now();
      await pollAll(secrets, intervalS * SECOND, 2 * intervalS * SECOND);
      const after = uses.filter(({ secret, at }) => changed.includes(secret) && at >= changedAt);
      expect(after.filter(({ key }) => key === 1).length).to.be.at.least(2 * changed.length);
      const late = after.filter(({ at, key }) => at >= changedAt + PROMISED_MS && key !== 1);
      expect(late).to.deep.equal([]);
      expect(Math.max(...after.map(({ waitedMs }) => waitedMs))).to.be.below(SECOND);
    });

  it('is read at once after a refusal, however many Secrets are polled', async () => {
    await pollAll(600, 20 * SECOND, 40 * SECOND);
    keys.set(3, 1);
    cache.markStale('media/3', time.now());
    const asked = use(3);
    await time.pass(SECOND, STEP_MS);
    expect(await asked).to.equal(1);
  });

  it('does not hold up calls with keys that were good while the API server hangs', async () => {
    await pollAll(200, 30 * SECOND, 30 * SECOND);
    answerMs = 10 * 60 * SECOND;
    const before = uses.length;
    await pollAll(200, 30 * SECOND, 60 * SECOND);
    const during = uses.slice(before);
    expect(during.length).to.be.at.least(390);
    expect(Math.max(...during.map(({ waitedMs }) => waitedMs))).to.be.at.most(2 * SECOND);
  });

  it('has its account looked up as fast as Secrets are read, so that it gets no budget of its own', async () => {
    let lookups = 0;
    const mayCall = () => {
      lookups += 1;
      return false;
    };
    const endpoint = { protocol: 'http', host: '127.0.0.1:1' } as const;
    const sts = new Sts({ endpoint, mayCall, userAgent: 'test', clock: time, logger: new RecordingLogger() });
    for (let secret = 0; secret < 200; secret += 1) {
      const identity = `media/${secret}`;
      void use(secret).then(() =>
        sts.accountOf({ namespace: 'media', identity }, { accessKeyID: 'id', accessKeySecret: 's' }),
      );
    }
    await time.pass(2 * SECOND, STEP_MS);
    expect(uses.length).to.be.within(75, 105);
    expect(lookups).to.be.at.least(uses.length - 10);
    sts.close();
  });
});
