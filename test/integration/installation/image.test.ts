/**
 * The image without a container engine: the files that the Dockerfile copies suffice to build, and those of
 * its last stage suffice to run.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { copiesOf, type Instruction, readStages } from '../../guards/deploy/dockerfile.ts';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../world/operator.ts';
import { shipped } from '../support/shipped.ts';

const execute = promisify(execFile);

describe('the image', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-'));
    for (const stage of readStages()) await copyAll(stage, folder);
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

  it('has a bundle of plain ASCII, which Node holds in one byte per character', async () => {
    const program = await readFile(join(folder, 'app/main.js'));
    expect(program.findIndex((byte) => byte > 0x7f)).to.equal(-1);
  });

  it('has a source map that names the source files', async () => {
    const { sources } = JSON.parse(await readFile(join(folder, 'app/main.js.map'), 'utf8'));
    expect(sources).to.contain('../src/main.ts');
  });

  /** Runs the program as the entry point of the image does, in an environment that holds nothing else. */
  function run(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const main = join(folder, 'app/main.js');
    return execute(process.execPath, [...NODE_FLAGS, main, ...args], { cwd: folder, env: NODE_ENVIRONMENT });
  }
});

/** Does below `root` what a stage does below `/`: copies, and builds where the Dockerfile does. */
async function copyAll(stage: readonly Instruction[], root: string): Promise<void> {
  const folder = join(root, stage.find(({ name }) => name === 'WORKDIR')?.words[0] ?? '');
  for (const { from, sources, target } of copiesOf(stage)) {
    const single = !target.endsWith('/');
    for (const source of sources) {
      const to = single ? target : join(target, basename(source));
      await cp(from ? join(root, source) : shipped(source), join(folder, to), { recursive: true });
    }
  }
  if (!stage.some(({ words }) => words.join(' ') === 'npm run build')) return;
  // In place of `npm ci`, which takes a network and a minute.
  await symlink(shipped('node_modules'), join(folder, 'node_modules'));
  await execute('npm', ['run', 'build'], { cwd: folder });
}
