/**
 * The image holds Node, one bundled file and nothing else, and runs without root. No container engine is
 * needed to see that: the Dockerfile is read as text.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../world/operator.ts';
import { admittedPaths, baseOf, copiesOf, entrypointOf, environmentOf, readStages } from './dockerfile.ts';
import { ROOT } from './manifests.ts';

/** V8 would compile it by its last compiler: the function runs 20,000 times. */
const OFTEN = `
  const sum = (list) => list.reduce((all, each) => all + each, 0);
  for (let round = 0; round < 20_000; round++) sum([1, 2, 3]);`;

describe('the Dockerfile', () => {
  const stages = readStages();
  const [build = [], image = []] = stages;

  it('has one stage to build and one to run, on the same Node as the tests', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const tags = stages.map((stage) => baseOf(stage).image.split('@')[0]);
    expect(tags).to.deep.equal(Array(2).fill(`node:${devDependencies.node}-slim`));
  });

  it('names its base by digest, the same in both stages: a tag can move', () => {
    const [digest, ...others] = stages.map((stage) => baseOf(stage).image.split('@')[1]);
    expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
    expect(others).to.deep.equal([digest]);
  });

  it("builds on the machine's own architecture, and runs on the one that the image is for", () => {
    expect(stages.map((stage) => baseOf(stage).platform)).to.deep.equal(['$BUILDPLATFORM', undefined]);
  });

  it('installs what the lock file says, before it copies the source', () => {
    const steps = build.filter(({ name }) => name === 'RUN').map(({ words }) => words.join(' '));
    // No install script: it could fetch what the lock file has no hash of.
    expect(steps).to.deep.equal(['npm ci --ignore-scripts', 'npm run build']);
    const install = build.findIndex(({ words }) => words.join(' ') === steps[0]);
    const source = build.findIndex(({ name, words }) => name === 'COPY' && words.includes('src'));
    expect(source).to.be.greaterThan(install);
  });

  it('installs only what the lock file has a hash of', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const { '': root, ...others } = packages as Record<string, { integrity?: string }>;
    expect(root).to.have.property('version');
    expect(Object.keys(others)).not.to.deep.equal([]);
    const unknown = Object.keys(others).filter(
      (path) => !/^sha512-[\w+/]{86}==$/.test(others[path]?.integrity ?? ''),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('runs nothing in the last stage, and copies the bundle and no package into it', () => {
    expect(image.filter(({ name }) => name === 'RUN')).to.deep.equal([]);
    expect(copiesOf(image)).to.deep.equal([
      { from: undefined, sources: ['package.json', 'LICENSE'], target: './' },
      {
        from: 'build',
        sources: ['main.js', 'main.js.map', 'THIRD-PARTY-NOTICES', 'sbom.cdx.json'].map(
          (name) => `/build/dist/${name}`,
        ),
        target: './',
      },
    ]);
  });

  it('copies only files that exist, and .dockerignore lets in exactly these', () => {
    const copied = stages.flatMap(copiesOf).flatMap(({ from, sources }) => (from ? [] : sources));
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
    expect(admittedPaths()).to.have.members([...new Set(copied)]);
  });

  it('ends as a user with a number that is not root', () => {
    const users = image.filter(({ name }) => name === 'USER');
    expect(users.map(({ words }) => words)).to.deep.equal([['65532:65532']]);
  });

  it('starts node itself, without a shell, on the file that it copied, as the tests start it', () => {
    const workdir = image.find(({ name }) => name === 'WORKDIR')?.words[0];
    expect(entrypointOf(image)).to.deep.equal(['node', ...NODE_FLAGS, `${workdir}/main.js`]);
  });

  it('gives node the environment that the tests give it', () => {
    expect(environmentOf(image)).to.deep.equal({ NODE_ENV: 'production', ...NODE_ENVIRONMENT });
  });

  it('has the flags and the environment with which `make run` starts the operator', () => {
    const environment = Object.entries(NODE_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    const command = [...environment, 'node', ...NODE_FLAGS, 'dist/main.js'].join(' ');
    expect(readFileSync(join(ROOT, 'Makefile'), 'utf8')).to.contain(`\t@$(WITH_BIN) ${command} $(ARGS)\n`);
  });

  it('lets V8 compile what runs often, but not by its last compiler', () => {
    // At once, not in another thread that the end of the program may interrupt.
    const tracing = ['--trace-opt', '--no-concurrent-recompilation'];
    const traced = execFileSync(process.execPath, [...NODE_FLAGS, ...tracing, '--eval', OFTEN], {
      encoding: 'utf8',
    });
    const compilers = Array.from(traced.matchAll(/target (\w+)/g), ([, compiler]) => compiler);
    expect([...new Set(compilers)]).to.deep.equal(['MAGLEV']);
  });
});
