/**
 * Unexpected failures: the operator logs them without secrets and exits, or lets the kubelet end it. It never
 * continues in part.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Operator, startOperator } from '../../world/operator.ts';
import { Processes } from '../../world/processes/processes.ts';

/** No server listens there: the operator keeps trying. */
const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
users: [{name: a, user: {token: token-of-a-test}}]
current-context: a
`;

const MISBEHAVE = join(import.meta.dirname, '../support/fixtures/misbehave.ts');

/** Timeout of the shipped probe. */
const PROBE_TIMEOUT_MS = 1_000;

describe('an unexpected failure', function () {
  this.timeout(30_000);
  let directory: string;
  let processes: Processes;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'unexpected-'));
    processes = new Processes(directory);
    await writeFile(join(directory, 'kubeconfig'), KUBECONFIG);
  });
  after(async () => {
    await processes.stop();
    await rm(directory, { recursive: true });
  });

  async function start(misbehaviour: string): Promise<Operator> {
    const kubeconfig = join(directory, 'kubeconfig');
    const env = { NODE_OPTIONS: `--import=${MISBEHAVE}`, MISBEHAVE: misbehaviour };
    const operator = await startOperator(processes, {
      kubeconfig,
      env,
      name: misbehaviour,
      untilReady: false,
    });
    await operator.process.printed(/listing failed/);
    return operator;
  }

  for (const [misbehaviour, message] of Object.entries({
    rejection: 'unexpected rejection',
    'rejection without an error': 'unexpected rejection',
    exception: 'unexpected exception',
  }))
    it(`(a ${misbehaviour}) is logged without secrets and ends the process with 1`, async () => {
      const operator = await start(misbehaviour);
      operator.process.kill('SIGUSR2');
      expect(await operator.process.exited).to.deep.equal({ code: 1, signal: null });
      const lines = operator.process.output().trimEnd().split('\n');
      const last = JSON.parse(lines.at(-1) ?? '') as { level: string; msg: string; error: object };
      expect(last).to.include({ level: 'error', msg: message });
      expect(last.error).to.be.an('object');
      expect(operator.process.output()).not.to.contain('CANARY');
    });

  it('(a stuck event loop) leaves /livez, which answered until then, without an answer', async () => {
    const operator = await start('loop');
    const livez = () => fetch(`${operator.url}/livez`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    expect((await livez()).status).to.equal(200);
    operator.process.kill('SIGUSR2');
    await operator.process.printed(/loop begins/);
    const answer = await livez().then(
      () => 'an answer',
      ({ name }: Error) => name,
    );
    operator.process.kill('SIGKILL');
    expect(answer).to.equal('TimeoutError');
  });
});
