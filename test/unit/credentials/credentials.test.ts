// Keys are read when they are needed, and kept for 30 s.

import { expect } from 'chai';
import { Credentials, type CredentialsOptions } from '../../../src/credentials/credentials.ts';
import type { Resolved } from '../../../src/credentials/secret-credential.ts';
import type { SecretData, SecretReader } from '../../../src/job/model/kube-port.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const KEY = { accessKeyID: 'id', accessKeySecret: 'secret' };
const REFERENCE = { namespace: 'media', name: 'account' };

class FakeSecrets implements SecretReader {
  readonly reads: string[] = [];
  /** What is in every Secret; an error stands for no answer, a promise for a slow one. */
  content: SecretData | 'missing' | 'forbidden' | Error | Promise<SecretData> = KEY;

  async read(namespace: string, name: string): Promise<SecretData | 'missing' | 'forbidden'> {
    this.reads.push(`${namespace}/${name}`);
    if (this.content instanceof Error) throw this.content;
    return await this.content;
  }
}

describe('credentials', () => {
  let time: SteppedTime;
  let secrets: FakeSecrets;
  beforeEach(() => {
    time = new SteppedTime();
    secrets = new FakeSecrets();
  });
  afterEach(() => time.restore());

  function credentials(options: Partial<CredentialsOptions> = {}): Credentials {
    const rules = { allowedEndpoints: ['*.aliyuncs.com'], allowInsecure: false };
    const logger = new RecordingLogger();
    return new Credentials({
      own: undefined,
      ownFor: ['*'],
      secrets,
      ...rules,
      clock: time,
      logger,
      ...options,
    });
  }

  /** Resolves while time passes, because reads are spaced. */
  async function resolve(all: Credentials, reference = REFERENCE): Promise<Resolved> {
    let resolved: Resolved | undefined;
    void all.resolve(reference).then((result) => {
      resolved = result;
    });
    for (let waited = 0; !resolved && waited < 500; waited += 1) await time.pass(1);
    if (!resolved) throw new Error('not resolved');
    return resolved;
  }

  function secretOf(resolved: Resolved): string | undefined {
    return 'credential' in resolved ? resolved.credential.accessKey.accessKeySecret : undefined;
  }

  function failureOf(resolved: Resolved) {
    return 'failure' in resolved ? resolved.failure : undefined;
  }

  it('leave no caller waiting once they are closed, whether it came before or after', async () => {
    const all = credentials();
    const names = Array.from({ length: 50 }, (_, index) => `${index}`);
    const before = names.map((name) => all.resolve({ ...REFERENCE, name }));
    await time.pass(1);
    all.close();
    const after = all.resolve({ ...REFERENCE, name: 'late' });
    await time.pass(1);
    const failures = (await Promise.all([...before, after])).map((each) => failureOf(each)?.kind);
    expect(failures.slice(1)).to.deep.equal(Array(50).fill('ConnectionFailed'));
  });

  describe('of the operator itself', () => {
    it('come from the environment, for every namespace, with the identity default', async () => {
      const resolved = await credentials({ own: KEY }).resolve({ namespace: 'media' });
      expect(resolved).to.deep.equal({ credential: { identity: 'default', accessKey: KEY, version: 'id' } });
      expect(secrets.reads).to.deep.equal([]);
    });

    it('are CredentialsNotFound when the operator has none, whatever namespaces may use them', async () => {
      for (const ownFor of [['*'], []]) {
        const failure = failureOf(await credentials({ ownFor }).resolve({ namespace: 'media' }));
        expect(failure).to.include({ kind: 'CredentialsNotFound' });
        expect(failure?.message).to.match(/has no credentials of its own; set spec.credentialsRef/);
      }
    });

    it('are CredentialsNotFound for namespaces that may not use them', async () => {
      const some = credentials({ own: KEY, ownFor: ['media', 'news'] });
      expect(await some.resolve({ namespace: 'news' })).to.have.property('credential');
      const failure = failureOf(await some.resolve({ namespace: 'other' }));
      expect(failure).to.include({ kind: 'CredentialsNotFound' });
      expect(failure?.message).to.equal(
        "objects of namespace other may not use the operator's own credentials; set spec.credentialsRef, or have the administrator of the operator add the namespace to --default-credentials-namespaces",
      );
    });
  });

  describe('of a Secret', () => {
    it('are read when they are needed, and then kept for 30 s', async () => {
      const all = credentials();
      expect(secretOf(await resolve(all))).to.equal('secret');
      await time.pass(29_000, 1_000);
      await resolve(all);
      expect(secrets.reads).to.deep.equal(['media/account']);
      expect(secretOf(all.fresh(REFERENCE) as Resolved)).to.equal('secret');
    });

    it('are read again after 30 s, so that a change takes effect by then', async () => {
      const all = credentials();
      await resolve(all);
      secrets.content = { ...KEY, accessKeySecret: 'rotated' };
      await time.pass(30_000, 1_000);
      expect(all.fresh(REFERENCE)).to.equal(undefined);
      expect(secretOf(await resolve(all))).to.equal('rotated');
    });

    it('are read once for all concurrent callers', async () => {
      const all = credentials();
      const resolved = Array.from({ length: 100 }, () => all.resolve(REFERENCE));
      await time.pass(1_000, 10);
      expect((await Promise.all(resolved)).map(secretOf)).to.deep.equal(Array(100).fill('secret'));
      expect(secrets.reads).to.have.length(1);
    });

    it('are not read for callers that have all withdrawn', async () => {
      const all = credentials();
      const caller = { withdrawn: false };
      for (let number = 0; number < 100; number += 1)
        void all.resolve({ namespace: 'media', name: `gone-${number}` }, caller);
      void all.resolve({ namespace: 'media', name: 'gone-99' });
      caller.withdrawn = true;
      expect(secretOf(await resolve(all))).to.equal('secret');
      expect(secrets.reads.length).to.be.at.most(3);
      expect(secrets.reads.slice(-2)).to.deep.equal(['media/gone-99', 'media/account']);
      expect(secretOf(await resolve(all, { namespace: 'media', name: 'gone-50' }))).to.equal('secret');
    });

    it('are read again every 30 s while they are missing, and the failure says when', async () => {
      secrets.content = 'missing';
      const all = credentials();
      const failure = failureOf(await resolve(all));
      expect(failure).to.include({ kind: 'CredentialsNotFound' });
      expect(failure?.retryAt).to.be.within(time.now() + 29_000, time.now() + 30_000);
      await time.pass(10_000, 1_000);
      expect(failureOf(await resolve(all))?.retryAt).to.equal(failure?.retryAt);
      expect(secrets.reads).to.have.length(1);
      secrets.content = KEY;
      await time.pass(20_000, 1_000);
      expect(secretOf(await resolve(all))).to.equal('secret');
    });

    it('are used as soon as they are there, also while the API server is slow', async () => {
      secrets.content = 'missing';
      const all = credentials();
      await resolve(all);
      await time.pass(30_000, 1_000);
      const slow = Promise.withResolvers<SecretData>();
      secrets.content = slow.promise;
      const resolved = all.resolve(REFERENCE);
      await time.pass(5_000, 10);
      slow.resolve(KEY);
      await time.pass(10, 10);
      expect(secretOf(await resolved)).to.equal('secret');
    });

    it('are forgotten after 10 min without use', async () => {
      const all = credentials();
      await resolve(all);
      await time.pass(11 * 60_000, 10_000);
      await resolve(all, { namespace: 'media', name: 'other' });
      secrets.content = new Error('no answer');
      expect(failureOf(await resolve(all))).to.include({ kind: 'ConnectionFailed' });
    });
  });

  describe('whose key was refused', () => {
    it('are read again at their next use', async () => {
      const all = credentials();
      await resolve(all);
      secrets.content = { ...KEY, accessKeySecret: 'rotated' };
      all.markStale('media/account', time.now());
      expect(all.fresh(REFERENCE)).to.equal(undefined);
      expect(secretOf(await resolve(all))).to.equal('rotated');
      expect(all.fresh(REFERENCE)).to.not.equal(undefined);
    });

    it('are not read again for a call that was sent before the last read', async () => {
      const all = credentials();
      const sentAt = time.now();
      await resolve(all);
      all.markStale('media/account', sentAt);
      await resolve(all);
      expect(secrets.reads).to.have.length(1);
    });

    it('are read again for a call that was sent while the last read was under way', async () => {
      const all = credentials();
      const slow = Promise.withResolvers<SecretData>();
      secrets.content = slow.promise;
      const resolved = all.resolve(REFERENCE);
      await time.pass(100);
      const sentAt = time.now();
      await time.pass(100);
      slow.resolve({ ...KEY });
      await resolved;
      all.markStale('media/account', sentAt);
      expect(all.fresh(REFERENCE)).to.equal(undefined);
    });

    it('may be unknown or the operator’s own', () => {
      credentials({ own: KEY }).markStale('default', time.now());
    });
  });

  describe('while the API server does not answer', () => {
    it('stay in use, and are read again after 5 s', async () => {
      const all = credentials();
      await resolve(all);
      secrets.content = new Error('CANARY');
      await time.pass(30_000, 1_000);
      for (let times = 0; times < 5; times += 1) expect(secretOf(await resolve(all))).to.equal('secret');
      expect(secrets.reads).to.have.length(2);
      await time.pass(5_000, 1_000);
      secrets.content = { ...KEY, accessKeySecret: 'rotated' };
      expect(secretOf(await resolve(all))).to.equal('rotated');
    });

    it('stay in use for an hour, while they are used', async () => {
      const all = credentials();
      await resolve(all);
      secrets.content = new Error('CANARY');
      for (let minutes = 0; minutes < 60; minutes += 1) {
        await time.pass(60_000, 10_000);
        expect(secretOf(await resolve(all))).to.equal('secret');
      }
    });

    it('stay missing if they were, and are read again later and not at once', async () => {
      secrets.content = 'missing';
      const all = credentials();
      await resolve(all);
      secrets.content = new Error('CANARY');
      await time.pass(30_000, 1_000);
      const failure = failureOf(await resolve(all));
      expect(failure).to.include({ kind: 'CredentialsNotFound' });
      expect(failure?.retryAt).to.be.greaterThan(time.now() + 1_000);
    });

    it('are ConnectionFailed when they were never read: the user is not at fault', async () => {
      secrets.content = new Error('CANARY');
      const failure = failureOf(await resolve(credentials()));
      expect(failure).to.include({ kind: 'ConnectionFailed' });
      expect(failure?.message)
        .to.match(/media\/account could not be read/)
        .and.not.match(/CANARY/);
    });
  });

  describe('that assume a role', () => {
    const roleARN = 'acs:ram::1000000000000001:role/job-reader';

    it('are CredentialsNotFound without an STS', async () => {
      secrets.content = { ...KEY, roleARN };
      const failure = failureOf(await resolve(credentials()));
      expect(failure).to.include({
        kind: 'CredentialsNotFound',
        message:
          'Secret media/account names a role, and the operator runs with --sts-endpoint=none; remove roleARN from the Secret, or name an endpoint',
      });
    });

    it('are fresh while the Secret is fresh and there is a session', async () => {
      secrets.content = { ...KEY, roleARN };
      const accessKey = { accessKeyID: 'STS.1', accessKeySecret: 's', securityToken: 't' };
      let asked = 0;
      const assume = async () => {
        asked += 1;
        return { key: { accessKey, assumedAt: time.now(), expiresAt: time.now() + 3_600_000 } };
      };
      const all = credentials({ sts: { assumeRole: assume, assumeRoleWithOIDC: assume } });
      expect(all.fresh(REFERENCE)).to.equal(undefined);
      const resolved = await resolve(all);
      expect(resolved).to.have.nested.property('credential.accessKey', accessKey);
      expect(resolved).not.to.have.nested.property('credential.role');
      expect(all.fresh(REFERENCE)).to.deep.equal(resolved);
      await time.pass(30_000, 1_000);
      expect(all.fresh(REFERENCE)).to.equal(undefined);
      expect(await resolve(all)).to.deep.equal(resolved);
      expect(asked).to.equal(1);
    });

    it('are requested again at once when the Secret that names the role has changed', async () => {
      secrets.content = { ...KEY, roleARN };
      let asked = 0;
      const assume = async () => {
        asked += 1;
        return { failure: { kind: 'AuthenticationFailed' as const, message: 'refused' } };
      };
      const all = credentials({ sts: { assumeRole: assume, assumeRoleWithOIDC: assume } });
      await resolve(all);
      secrets.content = { ...KEY, roleARN, externalID: 'new' };
      await resolve(all);
      expect(asked).to.equal(2);
    });
  });

  it('are read 50 times a second in all', async () => {
    const all = credentials();
    for (let secret = 0; secret < 1_000; secret += 1)
      void all.resolve({ namespace: 'media', name: `s${secret}` });
    await time.pass(10_000, 1);
    expect(secrets.reads.length).to.be.within(470, 505);
  });

  it('stay in use while another namespace has many Secrets to read', async () => {
    const all = credentials();
    await resolve(all);
    await time.pass(30_000, 1_000);
    for (let secret = 0; secret < 100; secret += 1)
      void all.resolve({ namespace: 'flood', name: `s${secret}` });
    expect(secretOf(await resolve(all))).to.equal('secret');
    await time.pass(25_000, 10);
    expect(secrets.reads.filter((name) => name === 'media/account')).to.have.length(2);
  });

  it('are not used after a refusal, also while the API server takes longer than a call waits', async () => {
    const all = credentials();
    await resolve(all);
    all.markStale('media/account', time.now());
    const slow = Promise.withResolvers<SecretData>();
    secrets.content = slow.promise;
    const resolved = all.resolve(REFERENCE);
    await time.pass(5_000, 10);
    slow.resolve({ ...KEY, accessKeySecret: 'rotated' });
    await time.pass(10, 10);
    expect(secretOf(await resolved)).to.equal('rotated');
  });

  it('are read 32 at a time at most, while the API server hangs', async () => {
    const all = credentials();
    secrets.content = new Promise<SecretData>(() => undefined);
    for (let secret = 0; secret < 100; secret += 1)
      void all.resolve({ namespace: 'media', name: `s${secret}` });
    await time.pass(10_000, 10);
    expect(secrets.reads).to.have.length(32);
  });

  it('are not used after a refusal, even while another namespace has many Secrets to read', async () => {
    const all = credentials();
    await resolve(all);
    all.markStale('media/account', time.now());
    for (let secret = 0; secret < 10; secret += 1)
      void all.resolve({ namespace: 'flood', name: `s${secret}` });
    secrets.content = { ...KEY, accessKeySecret: 'rotated' };
    const resolved = all.resolve(REFERENCE);
    await time.pass(5_000, 10);
    expect(secretOf(await resolved)).to.equal('rotated');
  });
});
