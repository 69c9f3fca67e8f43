/** The simulator as a process: what it prints, what it takes, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { AdminClient } from './admin/admin-client.ts';
import { selfSignedCertificate } from './http/certificate.ts';
import type { Addresses } from './main-text.ts';
import { DEFAULT_KEY, DEFAULT_RRSA } from './seed.ts';
import { assumeRole, assumeRoleWithOIDC } from './test/sts-client.ts';
import { callBare, callWithSdk, queryOf } from './test/test-client.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

class Process {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';

  constructor(...options: string[]) {
    this.child = spawn(process.execPath, [
      MAIN,
      '--port',
      '0',
      '--sts-port',
      '0',
      '--admin-port',
      '0',
      ...options,
    ]);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    this.ended = this.#ended();
  }

  async #ended(): Promise<Ended> {
    const { stderr } = this.child;
    const [errors, [code, signal]] = await Promise.all([
      stderr ? text(stderr) : '',
      once(this.child, 'close'),
    ]);
    return { code, signal, stdout: this.#stdout, stderr: errors };
  }

  /** What it printed first. */
  async printed(): Promise<string> {
    await Promise.race([once(this.child.stdout ?? this.child, 'data'), this.ended]);
    return this.#stdout;
  }

  async endpoints(): Promise<Addresses> {
    return JSON.parse(await this.printed());
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

function stsAt(stsURL: string) {
  return { stsURL, stsHost: new URL(stsURL).host };
}

describe('the simulator as a process', function () {
  this.timeout(20_000);
  const processes: Process[] = [];
  const start = (...options: string[]): Process => {
    const started = new Process(...options);
    processes.push(started);
    return started;
  };
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'live-simulator-'));
  });
  afterEach(async () => {
    for (const started of processes.splice(0)) {
      started.kill();
      await started.ended;
    }
  });
  after(() => rm(folder, { recursive: true }));

  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };

  it('prints its addresses, the key, the role and the token as one line of JSON, and serves', async () => {
    const started = start('--json', '--quota', '7');
    const { endpoint, stsEndpoint, adminURL, ...rest } = await started.endpoints();
    expect(rest).to.deep.equal({ ...DEFAULT_KEY, ...DEFAULT_RRSA });
    const outcome = await callWithSdk({ url: endpoint, host: new URL(endpoint).host });
    expect(outcome.code).to.equal('OK');
    expect((await assumeRoleWithOIDC(stsAt(stsEndpoint))).code).to.equal('OK');
    const world = new AdminClient(adminURL);
    expect((await world.counts()).byOperation).to.deep.equal({ GetEdgeTranscodeJob: { OK: 1 } });
  });

  it('prints the commands to use it', async () => {
    const printed = await start().printed();
    expect(printed).to.match(/export EDGETRANSCODE_ENDPOINT=http:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).to.match(/export EDGETRANSCODE_STS_ENDPOINT=http:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).to.contain(`export ALIBABA_CLOUD_ACCESS_KEY_ID=${DEFAULT_KEY.accessKeyID}\n`);
    expect(printed).to.contain(`export ALIBABA_CLOUD_ROLE_ARN=${DEFAULT_RRSA.roleARN}\n`);
    expect(printed).to.contain(`printf %s ${DEFAULT_RRSA.oidcToken} > `);
    expect(printed).to.match(/curl -d '.*' http:\/\/127\.0\.0\.1:\d+\/startJob\n/);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with 0 on ${signal}, also with calls in flight`, async () => {
      const started = start('--json');
      const { endpoint, adminURL } = await started.endpoints();
      const world = new AdminClient(adminURL);
      const waiting = world.awaitCalls({ count: 99, milliseconds: 60_000 }).catch(() => undefined);
      await world.addFault({ kind: 'hang' });
      const hanging = callBare({ url: endpoint, host: new URL(endpoint).host }).catch(() => undefined);
      await world.awaitCalls({ count: 1 });
      started.child.kill(signal);
      expect(await started.ended).to.include({ code: 0, signal: null, stderr: '' });
      await Promise.all([hanging, waiting]);
    });
  }

  it('ends with its standard input under --exit-with-stdin', async () => {
    const started = start('--json', '--exit-with-stdin');
    await started.printed();
    started.child.stdin?.end();
    expect(await started.ended).to.include({ code: 0, stderr: '' });
  });

  it('starts with the accounts, roles and jobs of a seed file, and prints no secret of it', async () => {
    const secret = 'canary-secret';
    const securityToken = 'canary-token';
    const key = { accessKeyID: 'STS.file', accessKeySecret: secret, securityToken };
    const seed = {
      accounts: [{ accountID: 'a', keys: [key], roles: [{ roleName: 'r', externalID: 'canary-id' }] }],
      oidcTokens: [{ token: 'canary.oidc.token', providerARN: 'acs:ram::a:oidc-provider/p' }],
      jobs: [{ clusterID: 'c', jobID: 'j' }],
    };
    const started = start('--json', '--seed-file', await file('seed.json', JSON.stringify(seed)));
    const { endpoint, stsEndpoint, adminURL, ...rest } = await started.endpoints();
    expect(rest).to.deep.equal({});
    const at = { url: endpoint, host: new URL(endpoint).host };
    const query = { ClusterId: 'c', JobId: 'j' };
    expect((await callWithSdk(at, { query, credentials: key })).code).to.equal('OK');
    expect((await callWithSdk(at, { query, credentials: { ...key, accessKeySecret: 'x' } })).status).to.equal(
      400,
    );
    expect((await callWithSdk(at, { query: queryOf('none') })).code).to.equal('InvalidAccessKeyId.NotFound');
    const parameters = { RoleArn: 'acs:ram::a:role/r', ExternalId: 'canary-id' };
    expect((await assumeRole(stsAt(stsEndpoint), parameters, { credentials: key })).code).to.equal('OK');
    const world = new AdminClient(adminURL);
    const printed = JSON.stringify([
      ...[await world.calls(), await world.counts(), await world.jobs(), await world.roles()],
      ...[await world.calls({ service: 'sts' }), await world.sessions()],
    ]);
    started.child.kill('SIGTERM');
    const { stdout, stderr } = await started.ended;
    expect(printed + stdout + stderr).not.to.contain('canary');
  });

  it('is https with a certificate', async () => {
    const { cert, key } = selfSignedCertificate();
    const tls = ['--tls-cert', await file('cert.pem', cert), '--tls-key', await file('key.pem', key)];
    const { endpoint, stsEndpoint } = await start('--json', ...tls).endpoints();
    expect([endpoint, stsEndpoint].map((url) => new URL(url).protocol)).to.deep.equal(['https:', 'https:']);
    const ofSts = await start('--json', ...tls.map((word) => word.replace('--', '--sts-'))).endpoints();
    expect([ofSts.endpoint, ofSts.stsEndpoint].map((url) => new URL(url).protocol)).to.deep.equal([
      'http:',
      'https:',
    ]);
  });

  it('prints help', async () => {
    const { code, stdout } = await start('--help').ended;
    expect(code).to.equal(0);
    for (const option of [
      '--port',
      '--sts-port',
      '--admin-port',
      '--quota',
      '--seed-file',
      '--json',
      '--exit-with-stdin',
    ]) {
      expect(stdout).to.contain(option);
    }
  });

  for (const [options, why] of [
    [['--quota', 'many'], '--quota is a whole number from 0 to 1000000, not many'],
    [['--admin-port', '65536'], '--admin-port is a whole number from 0 to 65535, not 65536'],
    [['--tls-cert', 'cert.pem'], '--tls-cert and --tls-key go together'],
    [['--sts-tls-key', 'key.pem'], '--sts-tls-cert and --sts-tls-key go together'],
    [['--sts-port', '-1'], '--sts-port'],
    [['--nonsense'], '--nonsense'],
  ] as const) {
    it(`ends with 2 and the reason for ${options.join(' ')}`, async () => {
      const { code, stderr } = await start(...options).ended;
      expect(code).to.equal(2);
      expect(stderr).to.contain(why);
    });
  }

  it('ends with 1 and the reason where it cannot start, without quoting a seed file', async () => {
    const { adminURL } = await start('--json').endpoints();
    const taken = await start('--admin-port', new URL(adminURL).port).ended;
    expect(taken.code).to.equal(1);
    expect(taken.stderr).to.contain('EADDRINUSE');
    const takenSts = await start('--sts-port', new URL(adminURL).port).ended;
    expect([takenSts.code, takenSts.stderr]).to.deep.equal([1, taken.stderr]);
    const bad = await start('--seed-file', await file('bad.json', '"canary')).ended;
    expect(bad.code).to.equal(1);
    expect(bad.stderr)
      .to.match(/bad\.json: /)
      .and.not.contain('canary');
  });
});
