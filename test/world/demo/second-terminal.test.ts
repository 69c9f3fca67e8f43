// What a user pastes into a second terminal does there what it promises.

import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { exportLines, isOnPath, suggestions } from './second-terminal.ts';

const ADDRESSES = {
  kubeconfig: "/tmp/a user's/kubeconfig",
  kubectlCache: '/tmp/cache',
  adminURL: 'http://127.0.0.1:1',
  prometheusURL: 'http://127.0.0.1:3',
  kubectl: undefined,
};

describe('The lines for a second terminal', () => {
  it('set what kubectl and curl need, whatever is in the paths', async () => {
    const script = [
      ...exportLines(ADDRESSES),
      'printf "%s\\n" "$KUBECONFIG" "$KUBECACHEDIR" "$CLOUD" "$PROMETHEUS"',
    ].join('\n');
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script]);
    expect(stdout.trimEnd().split('\n')).to.deep.equal([
      ADDRESSES.kubeconfig,
      ADDRESSES.kubectlCache,
      ADDRESSES.adminURL,
      ADDRESSES.prometheusURL,
    ]);
  });

  it('name kubectl only where there is none on PATH', () => {
    expect(exportLines(ADDRESSES).join()).not.to.contain('alias');
    expect(exportLines({ ...ADDRESSES, kubectl: '/opt/bin/kubectl' }).at(-1)).to.equal(
      'alias kubectl=/opt/bin/kubectl',
    );
  });

  it('make kubectl run, whatever is in its path', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'second-terminal-'));
    const folder = join(directory.path, "a user's");
    await mkdir(folder);
    const kubectl = join(folder, 'kubectl');
    await writeFile(kubectl, '#!/bin/sh\necho "ran $1"\n');
    await chmod(kubectl, 0o755);
    const script = [...exportLines({ ...ADDRESSES, kubectl }), 'kubectl get'].join('\n');
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script]);
    expect(stdout).to.equal('ran get\n');
  });

  const SUBJECTS = {
    followed: { name: 'followed', jobID: '0001' },
    seldom: 'seldom',
    operatorURL: 'http://127.0.0.1:2',
    operatorLog: '/tmp/operator.log',
  };
  const suggested = (isMonitored: boolean) =>
    suggestions({ ...SUBJECTS, isMonitored }).flatMap(({ commands }) => commands);

  it('suggest commands about the objects of the tour', () => {
    const lines = suggested(true);
    expect(lines).to.include(`curl -d '{"jobID": "0001"}' $CLOUD/startJob`);
    expect(lines).to.include(
      'kubectl annotate etj seldom --overwrite edgetranscode.live/requested-at="$(date +%s)"',
    );
    expect(lines).to.include('curl $PROMETHEUS/api/v1/alerts');
  });

  it('suggest nothing about a Prometheus that is not there', () => {
    expect(suggested(false).join('\n')).not.to.contain('PROMETHEUS');
  });
});

describe('A program', () => {
  it('is on PATH if one of its folders has it, and it can be run', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'second-terminal-'));
    const path = ['/nonexistent', '', directory.path].join(delimiter);
    const program = join(directory.path, 'tool');
    expect(await isOnPath('tool', path)).to.equal(false);
    await writeFile(program, '');
    expect(await isOnPath('tool', path)).to.equal(false);
    await chmod(program, 0o755);
    expect(await isOnPath('tool', path)).to.equal(true);
  });
});
