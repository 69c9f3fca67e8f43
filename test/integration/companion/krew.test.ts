/** The archive of a release and its manifest, before krew itself: checked, and installed as a user does. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { krewManifest, packCompanion } from '../../../scripts/release/companion.ts';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { controlPlaneBinaries } from '../../world/control-plane/binaries/binaries.ts';
import { krewFolder } from '../../world/krew/krew.ts';
import { skipBecause } from '../../world/skip.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

describe('kubectl etj in the hands of krew', function () {
  this.timeout(60_000);
  let directory: string;
  let krew: string;
  let kubectl: string;
  let manifest: string;
  let version: string;
  const server = createServer(async (_, response) => response.end(await readFile(archive())));
  const archive = () => join(directory, 'kubectl-etj.tar.gz');

  before(async function () {
    directory = await mkdtemp(join(tmpdir(), 'krew-'));
    krew = await krewFolder().catch((error) => {
      if (error instanceof MissingToolError) skipBecause(this, error.message);
      throw error;
    });
    kubectl = (await controlPlaneBinaries()).kubectl;
    ({ version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
    packCompanion(ROOT, archive());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    manifest = krewManifest(await readFile(join(ROOT, 'deploy/krew/etj.yaml'), 'utf8'), {
      version,
      repository: 'https://github.com/media/operator',
      uri: `http://127.0.0.1:${port}/kubectl-etj.tar.gz`,
      archive: archive(),
    });
    await writeFile(join(directory, 'etj.yaml'), manifest);
  });
  after(async () => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** The variables of a user of krew: a home of its own, and krew's folder in the PATH. */
  function environment(user: string): NodeJS.ProcessEnv {
    const home = join(directory, user);
    const path = [
      krew,
      join(home, '.krew/bin'),
      dirname(process.execPath),
      dirname(kubectl),
      '/usr/bin',
      '/bin',
    ];
    return { HOME: home, PATH: path.join(delimiter), KREW_NO_UPGRADE_CHECK: '1', GIT_CONFIG_NOSYSTEM: '1' };
  }

  const as = (user: string, command: string, ...args: string[]) =>
    run(command, args, { env: environment(user) });

  it('has a manifest that the check of its index accepts, by installing it on each system', async () => {
    const checked = await as('checker', 'validate-krew-manifest', '-manifest', join(directory, 'etj.yaml'));
    expect(checked.stderr).to.not.contain('panic');
  });

  it('is refused by that check with another hash', async () => {
    const folder = join(directory, 'changed');
    await mkdir(folder);
    const changed = parse(manifest);
    changed.spec.platforms[0].sha256 = '1'.repeat(64);
    await writeFile(join(folder, 'etj.yaml'), stringify(changed));
    const refused = await as(
      'checker',
      'validate-krew-manifest',
      '-manifest',
      join(folder, 'etj.yaml'),
    ).catch((error: Error) => error);
    expect(`${(refused as { stderr: string }).stderr}`).to.contain('checksum');
  });

  it('is installed from the files of a release, and runs where a folder above says commonjs', async () => {
    const { HOME = '' } = environment('one');
    await mkdir(HOME, { recursive: true });
    await writeFile(join(HOME, 'package.json'), '{"type":"commonjs"}');
    const files = [`--manifest=${join(directory, 'etj.yaml')}`, `--archive=${archive()}`];
    const { stderr } = await as('one', kubectl, 'krew', 'install', ...files);
    expect(stderr).to.contain('Installed plugin: etj').and.contain('Node.js 22.19');
    expect((await as('one', kubectl, 'etj', '--version')).stdout).to.equal(`${version}\n`);
  });

  it('is installed from an index in a git repository, as krew-index is', async () => {
    const index = join(directory, 'index');
    await mkdir(join(index, 'plugins'), { recursive: true });
    await cp(join(directory, 'etj.yaml'), join(index, 'plugins/etj.yaml'));
    const git = (...args: string[]) =>
      as('other', 'git', '-C', index, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args);
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '--message=Add etj');
    await as('other', kubectl, 'krew', 'index', 'add', 'media', `file://${index}`);
    await as('other', kubectl, 'krew', 'install', 'media/etj');
    expect((await as('other', kubectl, 'etj', '--version')).stdout).to.equal(`${version}\n`);
  });
});
