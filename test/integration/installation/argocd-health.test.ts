/** The health script for Argo CD over the objects of its folder, as Argo CD's own test runs it. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { argocdHealth, type Health, type HealthOf } from '../../world/argocd/argocd-health.ts';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { skipBecause } from '../../world/skip.ts';
import { shipped } from '../support/shipped.ts';

const BUILT_WITHIN_MS = 120_000;

const FOLDER = shipped('deploy/argocd/resource_customizations/edgetranscode.live/EdgeTranscodeJob');

interface HealthTests {
  readonly tests: readonly { readonly inputPath: string; readonly healthStatus: Health }[];
}

const read = <T>(path: string): T => parse(readFileSync(join(FOLDER, path), 'utf8'));
const { tests } = read<HealthTests>('health_test.yaml');

describe('the health script for Argo CD', function () {
  this.timeout(BUILT_WITHIN_MS);
  let healthOf: HealthOf;
  before(async function () {
    healthOf = await use(this, join(FOLDER, 'health.lua'));
  });

  for (const { inputPath, healthStatus } of tests)
    it(`shows ${basename(inputPath)} as ${healthStatus.status}`, async () => {
      expect(await healthOf([read(inputPath)])).to.deep.equal([healthStatus]);
    });

  it('has a test for each object of its folder', () => {
    const objects = readdirSync(join(FOLDER, 'testdata')).map((name) => `testdata/${name}`);
    expect(tests.map(({ inputPath }) => inputPath)).to.have.members(objects);
  });
});

describe('the Lua of the test', () => {
  const LIBRARIES = ['table', 'string', 'math', 'io', 'os', 'debug', 'coroutine', 'channel'];
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lua-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('has no library that Argo CD does not open', async function () {
    const script = join(folder, 'libraries.lua');
    const names = LIBRARIES.map((name) => `(${name} and "${name} " or "")`).join('..');
    await writeFile(script, `return { status = "Healthy", message = ${names} }`);
    const healthOf = await use(this, script);
    expect(await healthOf([{}])).to.deep.equal([{ status: 'Healthy', message: 'table ' }]);
  });
});

function use(context: Mocha.Context, script: string): Promise<HealthOf> {
  return argocdHealth(script).catch((error: Error) => {
    if (error instanceof MissingToolError) return skipBecause(context, error.message);
    throw error;
  });
}
