/**
 * The Dockerfile and .github are clean for the linters of their fields. Each linter also has to find a fault:
 * a linter that looks at nothing would find none.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { type Linters, linters } from '../../world/linters/linters.ts';
import { skipBecause } from '../../world/skip.ts';
import { ROOT } from '../deploy/manifests.ts';

/** What a new machine needs to download and build them, generously: it takes a minute on 2 cores. */
const HAD_WITHIN_MS = 10 * 60_000;

interface Verdict {
  readonly code: number;
  readonly output: string;
}

const CLEAN = { code: 0, output: '' };

describe('the linters', () => {
  let programs: Linters;

  before(async function () {
    this.timeout(HAD_WITHIN_MS);
    programs = await linters().catch((error: Error) => {
      if (error instanceof MissingToolError) return skipBecause(this, error.message);
      throw error;
    });
  });

  it('find nothing in the Dockerfile', async () => {
    expect(await hadolint('Dockerfile')).to.deep.equal(CLEAN);
  });

  it('find a fault in a Dockerfile, also one of the shell', async () => {
    const text = `${await readFile(join(ROOT, 'Dockerfile'), 'utf8')}RUN cd /app && echo $HOME\n`;
    const { code, output } = await inFolder({ Dockerfile: text }, (folder) =>
      hadolint(join(folder, 'Dockerfile')),
    );
    expect(code).to.equal(1);
    expect(output).to.contain('DL3003').and.to.contain('SC2086');
  });

  it('find nothing in the workflows', async () => {
    expect(await actionlint(ROOT)).to.deep.equal(CLEAN);
  });

  it('find a fault in a workflow, also one of the shell', async () => {
    const { code, output } = await inFolder(
      { '.github/workflows/ci.yaml': workflow(`echo $HOME ${expression('needs.nothing.outputs.x')}`) },
      actionlint,
    );
    expect(code).to.equal(1);
    expect(output).to.contain('property "nothing" is not defined');
    if (programs.shellcheck !== undefined) expect(output).to.contain('SC2086');
  });

  it('find nothing unsafe in .github', async () => {
    const { code, output } = await zizmor(ROOT);
    expect(code, output).to.equal(0);
  });

  it('find an action without a hash, a token with too many rights, and foreign text in a script', async () => {
    const unsafe = workflow(`echo ${expression('github.event.pull_request.title')}`)
      .replace('permissions: {}', 'permissions: write-all')
      .replace('steps:', 'steps:\n      - uses: actions/checkout@v7');
    const { code, output } = await inFolder({ '.github/workflows/ci.yaml': unsafe }, zizmor);
    expect(code).not.to.equal(0);
    for (const audit of ['unpinned-uses', 'excessive-permissions', 'template-injection', 'artipacked'])
      expect(output).to.contain(`[${audit}]`);
  });

  function hadolint(file: string): Promise<Verdict> {
    return run(programs.hadolint, ['--no-color', file], ROOT);
  }

  function actionlint(folder: string): Promise<Verdict> {
    return run(
      programs.actionlint,
      ['-no-color', `-shellcheck=${programs.shellcheck ?? ''}`, '-pyflakes='],
      folder,
    );
  }

  /** Runs it without a network: it does not ask GitHub for known faults of an action. */
  function zizmor(folder: string): Promise<Verdict> {
    const quiet = ['--quiet', '--quiet', '--no-progress', '--color=never', '--offline'];
    return run(programs.zizmor, [...quiet, '--strict-collection', '--persona=pedantic', '.github'], folder);
  }
});

/** An expression of GitHub, which looks like a forgotten template in a string. */
function expression(text: string): string {
  return `$\{{ ${text} }}`;
}

function workflow(command: string): string {
  return `name: CI
on: [pull_request]
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: ${command}
`;
}

/** Runs `look` in a folder with these files. actionlint looks for the root of a repository. */
async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  look: (folder: string) => Promise<T>,
): Promise<T> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'linted-'));
  await mkdir(join(folder.path, '.github/workflows'), { recursive: true });
  await mkdir(join(folder.path, '.git'));
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder.path, path), text);
  return await look(folder.path);
}

function run(program: string, args: readonly string[], cwd: string): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, output: `${stdout}${stderr}`.trim() });
      else reject(new Error(`${program} did not run to its end`, { cause: error }));
    });
  });
}
