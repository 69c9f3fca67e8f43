/** HOLD_WORLD=1 as CONTRIBUTING describes it: a failed test leaves its world to look at. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { addressesOf, holdsWorlds } from './held-world.ts';
import { commandLinesWith } from './processes/ended.ts';
import { Processes } from './processes/processes.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

describe('HOLD_WORLD', () => {
  it('is off unless it is set to something', () => {
    expect([{}, { HOLD_WORLD: '' }, { HOLD_WORLD: '1' }].map(holdsWorlds)).to.deep.equal([
      false,
      false,
      true,
    ]);
  });

  it('prints a command for the logs, the control plane, the simulator and each operator', () => {
    const process = { name: 'operator' } as Parameters<typeof addressesOf>[0]['operators'][number]['process'];
    const text = addressesOf({
      controlPlane: { directory: '/c', kubeconfig: '/c/kubeconfig', kubectlProgram: '/bin/kubectl' },
      cloud: { adminURL: 'http://127.0.0.1:1' },
      processes: { directory: '/w' },
      operators: [{ process, url: 'http://127.0.0.1:2' }],
    });
    expect(text.split('\n').slice(1)).to.deep.equal([
      '  tail -f /w/*.log /c/logs/*.log',
      '  export KUBECONFIG=/c/kubeconfig',
      '  /bin/kubectl get edgetranscodejobs --all-namespaces',
      '  curl http://127.0.0.1:1/counts',
      '  curl http://127.0.0.1:2/metrics   # operator',
    ]);
  });

  it('keeps the world of a failed test until SIGINT, and then removes it', async () => {
    const directory = join(ROOT, 'node_modules/.held-world');
    await using processes = new Processes(directory);
    processes.removeAtEnd(directory);
    const mocha = await processes.start({
      name: 'mocha',
      command: process.execPath,
      args: [
        'node_modules/mocha/bin/mocha.js',
        '--no-config',
        'test/integration/support/fixtures/failing.ts',
      ],
      cwd: ROOT,
      env: { ...process.env, HOLD_WORLD: '1' },
    });
    await mocha.printed(/It stays until Ctrl-C/);
    expect(mocha.output()).to.include('failed on purpose');
    const [, kubeconfig = ''] = /KUBECONFIG=(\S+)/.exec(mocha.output()) ?? [];
    const [, kubectl = ''] = /^ {2}(\S+kubectl) get/m.exec(mocha.output()) ?? [];
    const [, counts = ''] = /curl (\S+\/counts)/.exec(mocha.output()) ?? [];
    const { stdout } = await run(kubectl, [
      `--kubeconfig=${kubeconfig}`,
      'get',
      'edgetranscodejobs',
      '-o',
      'name',
    ]);
    expect(stdout).to.equal('');
    expect((await fetch(counts)).status).to.equal(200);
    process.kill(mocha.pid, 'SIGINT');
    await mocha.exited;
    expect(await commandLinesWith(kubeconfig.replace(/kubeconfig$/, ''))).to.deep.equal([]);
  });
});
