// Where the programs come from, tried with a stand-in for Go that "builds" in no time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

const BUILD = join(import.meta.dirname, 'build.ts');

describe('The programs of the control plane', () => {
  let directory: string;
  let cache: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'binaries-'));
    cache = join(directory, 'cache/edge-transcode-job-operator');
    await mkdir(join(directory, 'bin'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('are taken from KUBEBUILDER_ASSETS, without Go', async () => {
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) await program(name, 'exit 0');
    const assets = join(directory, 'bin');
    expect(await build({ KUBEBUILDER_ASSETS: assets })).to.deep.equal({
      code: 0,
      stdout: `${assets}/etcd\n${assets}/kube-apiserver\n${assets}/kubectl\n`,
      stderr: '',
    });
  });

  it('are named when KUBEBUILDER_ASSETS lacks one', async () => {
    await program('etcd', 'exit 0');
    const { code, stderr } = await build({ KUBEBUILDER_ASSETS: join(directory, 'bin') });
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /^control plane: KUBEBUILDER_ASSETS is .*, which has no program kubectl: name a folder/,
    );
  });

  it('need Go, and name what to install on a machine without it', async () => {
    const { code, stderr } = await build();
    expect(code).to.equal(3);
    expect(stderr).to.match(
      /^control plane: Go is not on PATH: install Go 1\.26 or newer, or set KUBEBUILDER_ASSETS/,
    );
  });

  for (const [told, go] of [
    ['go1.9', 'echo go1.9'],
    ['go1.25.7', 'echo go1.25.7'],
    [
      'an error',
      'echo "go: go.mod requires go >= 1.26.0 (running go 1.25.7; GOTOOLCHAIN=local)" >&2; exit 1',
    ],
  ] as const) {
    it(`are not built with a Go that prints ${told}`, async () => {
      await program('go', go);
      const { code, stderr } = await build();
      expect(code).to.equal(3);
      expect(stderr).to.match(/^control plane: Go 1\.(9|25\.7) is too old: install Go 1\.26 or newer/);
    });
  }

  it('are not built with a Go that does not run, and say so', async () => {
    await program('go', 'echo "cannot find GOROOT directory" >&2; exit 2');
    const { code, stderr } = await build();
    expect(code).to.equal(1);
    expect(stderr).to.match(/^control plane: .*cannot find GOROOT directory/s);
  });

  it('are built once, and found from then on without a Go', async () => {
    await program('go', GO_THAT_BUILDS);
    const first = await build();
    expect(first.stderr).to.contain('control plane: building kube-apiserver, 0 s\n');
    await rm(join(directory, 'bin/go'));
    expect(await build()).to.deep.equal({ ...first, stderr: '' });

    const [folder = '', ...others] = await readdir(cache);
    expect(others).to.deep.equal([]);
    expect(folder).to.match(/^kubernetes-v1\.\d+\.\d+-etcd-v3\.\d+\.\d+-\w+-\w+-[0-9a-f]{12}$/);
    expect(first.stdout).to.equal(
      ['etcd', 'kube-apiserver', 'kubectl'].map((name) => `${join(cache, folder, name)}\n`).join(''),
    );
  });

  it('are built by one of two processes that want them at once; the other waits', async () => {
    await program('go', GO_THAT_BUILDS);
    const [one, other] = await Promise.all([build(), build()]);
    expect(one.code).to.equal(0);
    expect(other.stdout).to.equal(one.stdout);
    expect((await readFile(join(directory, 'built'), 'utf8')).split('\n')).to.have.length(3 + 1);
  });

  it('leave nothing in the cache when a build fails, and the error has the end of its log', async () => {
    await program('go', 'case $1 in env) echo go1.26.0 ;; *) echo "undefined: everything"; exit 1 ;; esac');
    const { code, stderr } = await build();
    expect(code).to.equal(1);
    expect(stderr).to.match(/cannot build etcd with Go\. .*undefined: everything\n$/s);
    expect(await readdir(cache)).to.deep.equal([]);
  });

  it('are built by the next process when the one that built them was killed', async () => {
    await program('go', 'case $1 in env) echo go1.26.0 ;; *) exec /bin/sleep 1000 ;; esac');
    const doomed = start();
    await once(doomed.stderr, 'data');
    doomed.kill('SIGKILL');
    await once(doomed, 'close');
    await program('go', GO_THAT_BUILDS);
    expect((await build()).code).to.equal(0);
  });

  async function program(name: string, script: string): Promise<void> {
    const file = join(directory, 'bin', name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  const GO_THAT_BUILDS = `
    if [ "$1" = env ]; then echo go1.26.0; exit; fi
    while [ "$1" != -o ]; do shift; done
    echo "$2" >> "$BUILT"
    echo program > "$2"`;

  function start(environment: NodeJS.ProcessEnv = {}) {
    const env = {
      PATH: join(directory, 'bin'),
      XDG_CACHE_HOME: join(directory, 'cache'),
      BUILT: join(directory, 'built'),
      ...environment,
    };
    return spawn(process.execPath, [BUILD], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async function build(environment?: NodeJS.ProcessEnv) {
    const child = start(environment);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code: code as number, stdout, stderr };
  }
});
