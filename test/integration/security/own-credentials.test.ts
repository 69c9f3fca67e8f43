/**
 * No object uses the operator's own credentials before an option names its namespace; status and log say what
 * to set.
 */
import { expect } from 'chai';
import { type Operator, startOperator } from '../../world/operator.ts';
import { createJob } from '../support/cloud-side.ts';
import { useWorld } from '../support/use-world.ts';
import { condition, is, job, type Shown } from '../support/world.ts';

const OPTION = '--default-credentials-namespaces';

describe("the operator's own credentials", function () {
  this.timeout(60_000);
  const scene = useWorld({
    operator: 'none',
    prepare: async (world) => {
      await world.kubectl('create', 'namespace', 'media');
    },
  });

  describe('without the option', () => {
    let operator: Operator;
    before(async () => {
      await scene.world.cloud.admin.resetCounts();
      operator = await start();
    });
    after(() => operator?.process.stop());

    it('are used by no object, and the status says what to set', async () => {
      const { world } = scene;
      await applyBoth('without');
      const isRefused = (each: Shown) => is(each, 'Ready', 'False', 'CredentialsNotFound');
      await world.until('without', isRefused, { namespace: 'media' });
      const refused = await world.until('without', isRefused);
      expect(condition(refused, 'Ready')?.message).to.contain('set spec.credentialsRef').and.contain(OPTION);
      expect((await world.cloud.admin.counts()).calls).to.equal(0);
    });

    it('are the reason of a warning at the start', () => {
      const warnings = operator.log().filter(({ level }) => level === 'warn');
      expect(warnings.map(({ warning }) => warning)).to.satisfy((all: string[]) =>
        all.some((warning) => warning?.startsWith(`${OPTION}: `)),
      );
    });
  });

  describe('with the option', () => {
    it('are used by the objects of a namespace that the option names, and by no other', async () => {
      const { world } = scene;
      await using operator = await start(`${OPTION}=media`);
      await applyBoth('with');
      await world.until('with', (each) => is(each, 'Ready', 'True'), { namespace: 'media' });
      await world.until('with', (each) => is(each, 'Ready', 'False', 'CredentialsNotFound'));
      expect(operator.log().some(({ msg }) => msg === 'an option needs attention')).to.equal(false);
    });
  });

  /** An object of this name in each of the two namespaces. */
  async function applyBoth(name: string): Promise<void> {
    const { world } = scene;
    for (const namespace of ['default', 'media'])
      await world.apply(job(name, await createJob(world), namespace));
  }

  /** Starts the operator with its own key; without `OPTION` unless it is given. */
  function start(...args: string[]): Promise<Operator> {
    const { controlPlane, cloud, processes } = scene.world;
    return startOperator(processes, {
      kubeconfig: controlPlane.kubeconfig,
      kubeconfigIn: 'environment',
      args: [`--endpoint=${cloud.endpoint}`, `--sts-endpoint=${cloud.stsEndpoint}`, ...args],
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: cloud.accessKey.accessKeyID,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: cloud.accessKey.accessKeySecret,
      },
    });
  }
});
