/**
 * The operator's command line without a cluster: options, help, and messages when it cannot start.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OPTIONS } from '../../../src/config/options.ts';
import { shipped } from '../support/shipped.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Has a token, and YAML that breaks right after it. */
const BROKEN = 'apiVersion: v1\nusers:\n- user:\n    token: token-of-a-test\n   x: [\n';
const UNREACHABLE = `
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
users: [{name: a, user: {token: token-of-a-test}}]
current-context: a
`;

describe('the command line of the operator', () => {
  let home: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'command-line-'));
    await writeFile(join(home, 'broken'), BROKEN);
    await writeFile(join(home, 'unreachable'), UNREACHABLE);
  });
  after(() => rm(home, { recursive: true, force: true }));

  it('prints a help with every option and its default', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).to.equal(0);
    for (const [flag, { default: byDefault }] of Object.entries(OPTIONS)) {
      expect(stdout).to.contain(`--${flag}=`);
      if (byDefault !== undefined) expect(stdout).to.contain(`(default ${byDefault})`);
    }
    expect(stdout).to.contain('Exit codes: 0 stopped on request, 1 failed, 2 bad options.');
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(shipped('package.json'), 'utf8'));
    expect(await run(['--version'])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('names all bad options at once, and does not start', async () => {
    const { code, stdout, stderr } = await run(
      ['--no-such-option', '--interval=1s', '--calls-per-minute=many', 'stray', '--stream-urls'],
      { EDGETRANSCODE_LOG_LEVEL: 'loud', ALIBABA_CLOUD_ACCESS_KEY_ID: 'alone' },
    );
    expect(code).to.equal(2);
    expect(stdout).to.equal('');
    const mistakes = [
      /^--no-such-option: no such option/m,
      /^--interval: "1s" is not a duration from 5s to 24h, such as 90s or 5m$/m,
      /^--calls-per-minute: "many" is not a whole number from 1 to 6000$/m,
      /argument 4|argument "stray"/m,
      /^--stream-urls: needs a value, as in --stream-urls=redact\|short\|full\|omit$/m,
      /^EDGETRANSCODE_LOG_LEVEL: "loud" is not one of debug, info, warn, error$/m,
      /^ALIBABA_CLOUD_ACCESS_KEY_ID is set without ALIBABA_CLOUD_ACCESS_KEY_SECRET$/m,
    ];
    for (const mistake of mistakes) expect(stderr).to.match(mistake);
    expect(stderr.trimEnd().split('\n')).to.have.lengthOf(mistakes.length + 1);
  });

  it('does not start with half of what RRSA needs, and says what is missing', async () => {
    const role = { ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/a' };
    const half = await run([], role);
    expect(half).to.deep.include({ code: 2, stdout: '' });
    expect(half.stderr).to.match(
      /^ALIBABA_CLOUD_ROLE_ARN is set without ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE$/m,
    );
    const none = await run(['--credentials=rrsa', '--interval=1s']);
    expect(none.code).to.equal(2);
    expect(none.stderr).to.match(/^--interval: /m);
    expect((await run(['--credentials=rrsa'])).stderr).to.match(/^--credentials: rrsa: .* are not set/m);
  });

  it('says what is missing where there is no kubeconfig', async () => {
    const message = await failure([]);
    expect(message).to.match(/not in a cluster, and neither --kubeconfig, KUBECONFIG nor ~\/\.kube\/config/);
  });

  it('names a kubeconfig that does not exist', async () => {
    expect(await failure(['--kubeconfig=not-there'])).to.match(/kubeconfig .*ENOENT.*not-there/);
  });

  it('does not repeat the content of a kubeconfig that it cannot parse', async () => {
    const { code, stdout, stderr } = await run([`--kubeconfig=${join(home, 'broken')}`]);
    expect(code).to.equal(1);
    expect(stdout).to.contain('broken is not the YAML of a kubeconfig');
    expect(stdout + stderr).to.not.contain('token-of-a-test');
  });

  it('warns once, without the address, that proxies are not supported', async () => {
    const env = { HTTPS_PROXY: 'http://user:canary@10.0.0.1:3128', https_proxy: 'http://10.0.0.1:3128' };
    const { stdout } = await run(['--kubeconfig=not-there'], env);
    const warnings = stdout.split('\n').filter((line) => line.includes('"level":"warn"'));
    expect(warnings).to.have.lengthOf(1);
    expect(JSON.parse(warnings[0] ?? '')).to.deep.include({
      msg: 'proxies are not supported: the cloud is called directly',
      variables: ['HTTPS_PROXY', 'https_proxy'],
    });
    expect(stdout).to.not.contain('canary').and.to.not.contain('10.0.0.1');
  });

  it('warns of options that expose something, without their values', async () => {
    const { stdout } = await run(['--shard-count=2'], {
      KUBECONFIG: 'not-there',
      EDGETRANSCODE_REDIS_URL: 'redis://:canary@redis.example',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'id',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'canary',
    });
    const lines = stdout.split('\n').filter((line) => line.includes('"level":"warn"'));
    const warnings = lines.map((line) => JSON.parse(line) as { msg: string; warning: string });
    expect(warnings.map(({ msg }) => msg)).to.deep.equal(Array(2).fill('an option needs attention'));
    expect(warnings[0]?.warning).to.match(/^--default-credentials-namespaces: is not set/);
    expect(warnings[1]?.warning).to.match(/^--redis-url: /);
    expect(stdout).to.not.contain('canary');
  });

  it('names the address that is in use already', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const args = [`--kubeconfig=${join(home, 'unreachable')}`, `--http-address=127.0.0.1:${port}`];
    try {
      expect(await failure(args)).to.equal(
        `--http-address cannot be listened on: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
      );
    } finally {
      server.close();
    }
  });

  /** The message of the error that it ended with. */
  async function failure(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(args);
    expect(code, stderr).to.equal(1);
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { error: { message: string } };
    return last.error.message;
  }

  /** Runs the program without any variable of the test's environment. */
  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const options = { env: { HOME: home, ...env }, timeout: 20_000 };
    return new Promise((resolve) => {
      execFile(process.execPath, ['dist/main.js', ...args], options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }
});
