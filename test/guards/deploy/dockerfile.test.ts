/**
 * The image holds Node, one bundled file and nothing else, and runs without root. No container engine is
 * needed to see that: the Dockerfile is read as text.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../world/operator.ts';
import { copiesOf, linesOf, readStages } from './dockerfile.ts';
import { ROOT } from './manifests.ts';

describe('the Dockerfile', () => {
  const stages = readStages();
  const [build = [], image = []] = stages;

  it('has one stage to build and one to run, on the same Node as the tests', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const bases = stages.map((stage) => stage[0]?.words[0]);
    expect(bases).to.deep.equal(Array(2).fill(`node:${devDependencies.node}-slim`));
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
      { from: 'build', sources: ['/build/dist/main.js', '/build/dist/main.js.map'], target: './' },
    ]);
  });

  it('copies only files that exist, and .dockerignore lets in exactly these', () => {
    const copied = stages.flatMap(copiesOf).flatMap(({ from, sources }) => (from ? [] : sources));
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
    const [first, ...allowed] = linesOf(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));
    expect(first).to.equal('*');
    expect(allowed).to.have.members([...new Set(copied)].map((path) => `!${path}`));
  });

  it('ends as a user with a number that is not root', () => {
    const users = image.filter(({ name }) => name === 'USER');
    expect(users.map(({ words }) => words)).to.deep.equal([['65532:65532']]);
  });

  it('starts node itself, without a shell, on the file that it copied, as the tests start it', () => {
    const workdir = image.find(({ name }) => name === 'WORKDIR')?.words[0];
    const entry = image.at(-1);
    expect(entry?.name).to.equal('ENTRYPOINT');
    expect(JSON.parse(entry?.words.join(' ') ?? '')).to.deep.equal([
      'node',
      ...NODE_FLAGS,
      `${workdir}/main.js`,
    ]);
  });

  it('gives node the environment that the tests give it', () => {
    const set = image.filter(({ name }) => name === 'ENV').map(({ words }) => words.join(' '));
    const given = { NODE_ENV: 'production', ...NODE_ENVIRONMENT };
    expect(set).to.have.members(Object.entries(given).map(([name, value]) => `${name}=${value}`));
  });

  it('has the flags and the environment with which `make run` starts the operator', () => {
    const environment = Object.entries(NODE_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    const command = [...environment, 'node', ...NODE_FLAGS, 'dist/main.js'].join(' ');
    expect(readFileSync(join(ROOT, 'Makefile'), 'utf8')).to.contain(` ${command} `);
  });
});
