/**
 * The shipped roles grant exactly what the operator uses: one scenario for each permission, which fails
 * without it. The API server's audit log shows what was used.
 */
import { expect } from 'chai';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import type { Operator } from '../../world/operator.ts';
import { startTcpProxy, type TcpProxy } from '../../world/tcp-proxy.ts';
import { GET_SECRET, install, permissionOf, Requests, through } from '../support/installed.ts';
import { applySample, grantedPermissions, restore, SAMPLE, withdraw } from '../support/roles.ts';
import { LEASE_ARGS, LEASE_SCENARIOS } from '../support/scenarios/lease-scenarios.ts';
import { SCENARIOS as JOB_SCENARIOS, secretNotReadable } from '../support/scenarios/permission-scenarios.ts';
import { useWorld } from '../support/use-world.ts';
import { condition, is, job, type Shown } from '../support/world.ts';

const SCENARIOS = [...JOB_SCENARIOS, ...LEASE_SCENARIOS];

describe('the roles of the operator', function () {
  this.timeout(60_000);
  let proxy: TcpProxy;
  let kubeconfig: string;
  let requests: Requests;
  let operator: Operator;
  const scene = useWorld({
    prepare: async (world) => {
      proxy = await startTcpProxy(world.controlPlane.port);
      kubeconfig = await through(proxy, await install(world.controlPlane));
      requests = new Requests(world.controlPlane);
      await applySample(world);
    },
    operator: 'none',
  });
  after(() => proxy?.[Symbol.asyncDispose]());

  it('have one scenario for each permission', async () => {
    expect(SCENARIOS.map(({ permission }) => permission)).to.have.members(await grantedPermissions());
  });

  describe('as they are shipped', () => {
    /** The errors of the scenarios that failed, by permission. */
    const failures = new Map<string, unknown>();
    let withOtherSecret: Shown;
    /** The requests of all scenarios. */
    let made: AuditEvent[];
    before(async () => {
      const { world } = scene;
      await requests.restart();
      await start();
      for (const [index, { permission, run }] of SCENARIOS.entries())
        await run({ ...stage(), name: `shipped-${index}` }).catch((error) => failures.set(permission, error));
      const { namespace } = SAMPLE;
      await world.kubectl('create', 'secret', 'generic', 'other', `--namespace=${namespace}`);
      await world.apply(job('other', { credentialsRef: { name: 'other' } }, namespace));
      withOtherSecret = await world.until('other', (each) => is(each, 'Ready', 'False'), { namespace });
      made = await requests.all();
    });
    after(stop);

    for (const { permission, does } of SCENARIOS)
      it(`${does} (${permission})`, () => {
        if (failures.has(permission)) throw failures.get(permission);
      });

    it('let it read no other Secret, and the status says what to change', () => {
      const ready = condition(withOtherSecret, 'Ready');
      expect(ready?.reason).to.equal('CredentialsNotFound');
      expect(ready?.message).to.equal(secretNotReadable('other'));
    });

    it('allow every request that it makes, except for that one', () => {
      const refused = made.filter((event) => !isAllowed(event));
      const names = refused.map((event) => `${permissionOf(event)} ${event.objectRef?.name}`);
      expect([...new Set(names)]).to.deep.equal([`${GET_SECRET} other`]);
    });

    it('grant exactly what it uses', async () => {
      const used = new Set(made.filter(isAllowed).map(permissionOf));
      expect([...used]).to.have.members(await grantedPermissions());
    });
  });

  for (const [index, { permission, does, run, says }] of SCENARIOS.entries())
    describe(`without ${permission}`, () => {
      const name = `without-${index}`;
      let failure: unknown;
      before(async () => {
        await withdraw(scene.world, permission);
        await start();
        failure = await run({ ...stage(), name }).catch((error: unknown) => error);
      });
      after(async () => {
        await stop();
        await restore(scene.world, permission);
      });

      it(`no longer allow what the permission is for: ${does}`, () => {
        expect(failure).to.be.an('error');
      });

      it('make it log what is missing', () => says({ ...stage(), name }));
    });

  /** Starts the operator at log level debug: a refused event is only logged there. */
  async function start(): Promise<void> {
    const args = ['--log-level=debug', ...LEASE_ARGS];
    operator = await scene.world.operator({ kubeconfig, untilReady: false, args });
  }

  async function stop(): Promise<void> {
    await operator.process.stop();
  }

  function stage() {
    return { world: scene.world, proxy, requests, operator };
  }
});

function isAllowed({ annotations }: AuditEvent): boolean {
  return annotations?.['authorization.k8s.io/decision'] === 'allow';
}
