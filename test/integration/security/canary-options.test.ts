/**
 * Secrets in an option that is not meant for them: the operator reports the error without repeating them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type OperatorOptions, startOperator } from '../../world/operator.ts';
import { EndedEarlyError, Processes } from '../../world/processes/processes.ts';
import { canary, findCanaries } from '../support/canaries.ts';

interface Place {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly says: string;
}

const URL = `https://user:${canary('Password')}@live.aliyuncs.com`;

const PLACES: Readonly<Record<string, Place>> = {
  'in an endpoint': { args: [`--endpoint=${URL}`], says: 'must not hold a user name or a password' },
  'in an endpoint of the environment': {
    env: { EDGETRANSCODE_ENDPOINT: URL },
    says: 'EDGETRANSCODE_ENDPOINT: must not hold a user name or a password',
  },
  'as half of a key': {
    env: { ALIBABA_CLOUD_ACCESS_KEY_SECRET: canary('Secret') },
    says: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET is set without ALIBABA_CLOUD_ACCESS_KEY_ID',
  },
  'as an option that does not exist': {
    args: [`--access-key-secret=${canary('Option')}`],
    says: '--access-key-secret: no such option',
  },
  'as an argument': { args: ['--access-key-secret', canary('Argument')], says: 'is not an option' },
  'in a broken kubeconfig': { says: 'the kubeconfig cannot be used' },
};

describe('secrets in a wrong option', () => {
  let processes: Processes;
  let kubeconfig: string;

  before(async () => {
    processes = new Processes(await mkdtemp(join(tmpdir(), 'canary-')));
    kubeconfig = join(processes.directory, 'kubeconfig');
    await writeFile(kubeconfig, `users:\n- user:\n    token: ${canary('Token')}\n   [`);
  });
  after(async () => {
    await processes.stop();
    await rm(processes.directory, { recursive: true });
  });

  for (const [place, { says, ...options }] of Object.entries(PLACES))
    it(`are not repeated ${place}`, async () => {
      const output = await outputOf({ kubeconfig, ...options });
      expect(output).to.contain(says);
      expect(findCanaries(output)).to.deep.equal([]);
    });

  /** All that an operator prints which cannot start. */
  async function outputOf(options: OperatorOptions): Promise<string> {
    const error = await startOperator(processes, options).then(
      () => new Error('it started'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof EndedEarlyError)) throw error;
    return error.output;
  }
});
