/**
 * The image without a container engine: the steps of the Dockerfile are executed in an empty folder, and what
 * they leave is started as the image starts it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Metafile } from 'esbuild';
import type { CycloneDx } from '../../../scripts/bundle/sbom.ts';
import { executeDockerfile, type Image } from '../support/image/execute.ts';
import { shipped } from '../support/shipped.ts';

const execute = promisify(execFile);

describe('the image', function () {
  // The steps of the Dockerfile install packages and check all types.
  this.timeout(300_000);
  let folder: string;
  let image: Image;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-'));
    image = await executeDockerfile(folder);
  });

  after(async () => {
    if (folder) await rm(folder, { recursive: true });
  });

  it('starts with only the files of its last stage', async () => {
    const { stdout, stderr } = await run('--help');
    expect(stdout).to.contain('--interval');
    expect(stderr).to.equal('');
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(shipped('package.json'), 'utf8'));
    expect((await run('--version')).stdout.trim()).to.equal(version);
  });

  it('ends with a sentence when it finds no cluster', async () => {
    const failure = await run().then(
      () => undefined,
      (error: { readonly code: number; readonly stdout: string }) => error,
    );
    expect(failure?.code).to.equal(1);
    const { msg, error } = JSON.parse(failure?.stdout.trim().split('\n').at(-1) ?? '{}');
    expect(msg).to.equal('failed');
    expect(error.message).to.match(
      /^the kubeconfig cannot be used: there is none: not in a cluster, and neither /,
    );
  });

  it('has a bundle of plain ASCII, which Node holds in one byte per character', async () => {
    const program = await readFile(join(image.workdir, 'main.js'));
    expect(program.findIndex((byte) => byte > 0x7f)).to.equal(-1);
  });

  it('has a source map that names the source files', async () => {
    const { sources } = JSON.parse(await readFile(join(image.workdir, 'main.js.map'), 'utf8'));
    expect(sources).to.contain('../src/main.ts');
  });

  it('holds these files and no others', async () => {
    const files = [
      'LICENSE',
      'THIRD-PARTY-NOTICES',
      'main.js',
      'main.js.map',
      'package.json',
      'sbom.cdx.json',
    ];
    expect(await readdir(image.workdir)).to.have.members(files);
  });

  it('lists in its SBOM each package that the bundle has a file of, and no other', async () => {
    expect(await sbomRefs()).to.have.members(await bundledPackages());
  });

  it('has a notice for each package of the bundle, and for no other', async () => {
    const notices = await readFile(join(image.workdir, 'THIRD-PARTY-NOTICES'), 'utf8');
    const heads = Array.from(
      notices.matchAll(/^(\S+) (\d\S*) \([\w.-]+\)$/gm),
      ([, name, version]) => `${name}@${version}`,
    );
    expect(heads).to.have.members(await bundledPackages());
  });

  it('has nothing of the machine that built it in what describes it', async () => {
    for (const name of ['THIRD-PARTY-NOTICES', 'sbom.cdx.json']) {
      const text = await readFile(join(image.workdir, name), 'utf8');
      expect(text).not.to.contain(folder);
      expect(text).not.to.match(/"timestamp"|\.tgz/);
    }
  });

  it('has a list of its packages that GitHub attests: with a serial number, which follows from the list', async () => {
    const list = await readFile(join(image.workdir, 'sbom.cdx.json'), 'utf8');
    const { bomFormat, specVersion, serialNumber } = JSON.parse(list);
    expect(bomFormat).to.equal('CycloneDX');
    expect(specVersion).to.match(/^1\.\d$/);
    expect(serialNumber).to.match(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(serialNumber).to.equal(
      JSON.parse(await readFile(shipped('dist/sbom.cdx.json'), 'utf8')).serialNumber,
    );
  });

  /** Runs the program as the entry point of the image does, in an environment that holds nothing else. */
  function run(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const [program, ...flags] = image.entrypoint;
    return execute(program, [...flags, ...args], { cwd: image.workdir, env: image.env });
  }

  /** Names and versions of the packages of which the bundler says that a file is in the bundle. */
  async function bundledPackages(): Promise<string[]> {
    const build = join(folder, 'stage-build/build');
    const { outputs } = JSON.parse(await readFile(join(build, 'dist/meta.json'), 'utf8')) as Metafile;
    const files = Object.values(outputs)
      .flatMap(({ inputs }) => Object.keys(inputs))
      .filter((file) => file.includes('node_modules/'));
    const folders = new Set(files.map((file) => file.replace(/(.*node_modules\/(@[^/]+\/)?[^/]+).*/, '$1')));
    return Promise.all(
      Array.from(folders, async (path) => {
        const { name, version } = JSON.parse(await readFile(join(build, path, 'package.json'), 'utf8'));
        return `${name}@${version}`;
      }),
    );
  }

  async function sbomRefs(): Promise<string[]> {
    const sbom = JSON.parse(await readFile(join(image.workdir, 'sbom.cdx.json'), 'utf8')) as CycloneDx;
    return sbom.components.map((component) => component['bom-ref']);
  }
});
