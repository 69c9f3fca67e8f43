/**
 * What happens underneath the operator: etcd is restored from a backup, an admission policy refuses statuses,
 * and finalizers hold deleted objects.
 */
import { expect } from 'chai';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import { callsAbout, createJob, furtherCalls, type JobIDs, now, ONE_BY_ONE } from '../support/cloud-side.ts';
import { GET_JOB, PATCH_STATUS, permissionOf } from '../support/installed.ts';
import { useWorld } from '../support/use-world.ts';
import { changeSpec, statusWrites } from '../support/user-side.ts';
import { is, job } from '../support/world.ts';

const NAMES = ['one', 'two', 'three', 'four', 'five'];

const HELD = { name: 'held', namespace: 'default', finalizers: ['example.test/hold'] };

/** Refuses the status of objects whose names begin with the policy's. */
const policy = (name: string, reason: string): object[] => [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['edgetranscode.live'],
            apiVersions: ['*'],
            operations: ['UPDATE'],
            resources: ['edgetranscodejobs/status'],
          },
        ],
      },
      validations: [{ expression: `!object.metadata.name.startsWith('${name}')`, reason }],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  },
];

/** The operator must be right again 2 min after a restore; a test waits for less. */
const FOLLOWS = { withinMs: 50_000 };

describe('underneath the operator', function () {
  this.timeout(120_000);
  const scene = useWorld({ operator: () => ({ args: [ONE_BY_ONE] }) });
  const jobs = new Map<string, JobIDs>();
  const of = (name: string) => jobs.get(name) as JobIDs;

  scene.setUp(async () => {
    const { world } = scene;
    for (const name of [...NAMES, 'created', 'held', 'foreground', 'frozen', 'free'])
      jobs.set(name, await createJob(world));
    await world.apply(...NAMES.map((name) => job(name, of(name))));
    for (const name of NAMES) await world.until(name, (shown) => is(shown, 'Ready', 'True'));
  });

  it('an etcd that is restored from a backup is followed, with few requests', async () => {
    const { world } = scene;
    const { controlPlane, cloud } = world;
    await controlPlane.backUpEtcd();
    for (const name of NAMES) await cloud.admin.stopJob(of(name));
    for (const name of NAMES) await world.until(name, ({ status }) => status.state === 'NotStarted', FOLLOWS);
    for (const name of NAMES) await cloud.admin.startJob(of(name));
    for (const name of NAMES) await world.until(name, ({ status }) => status.state === 'Running', FOLLOWS);
    await controlPlane.restoreEtcd();
    const restored = (await controlPlane.auditEvents()).length;
    for (const name of NAMES) await cloud.admin.stopJob(of(name));
    await world.apply(job('created', of('created')));
    await changeSpec(world, 'one', { expectedState: 'NotStarted' });
    for (const name of NAMES) await world.until(name, ({ status }) => status.state === 'NotStarted', FOLLOWS);
    await world.until('created', (shown) => is(shown, 'Ready', 'True'), FOLLOWS);
    await world.until('one', (shown) => is(shown, 'AsExpected', 'True'), FOLLOWS);
    const requests = (await controlPlane.auditEvents()).slice(restored);
    expect(mostInASecond(requests), 'requests for one object in a second').to.be.within(1, 8);
  });

  for (const [how, held, options] of [
    ['that a finalizer holds', HELD, []],
    // There is no garbage collector here: the finalizer `foregroundDeletion` stays.
    [
      'that are deleted in the foreground',
      { name: 'foreground', namespace: 'default' },
      ['--cascade=foreground'],
    ],
  ] as const)
    it(`objects ${how} get no call, no status and no series once they are being deleted`, async () => {
      const { world, operator } = scene;
      const { name } = held;
      await world.apply({ ...job(name, of(name)), metadata: held });
      await world.until(name, (shown) => is(shown, 'Ready', 'True'));
      await world.kubectl('delete', 'edgetranscodejob', name, '--wait=false', ...options);
      expect((await world.get(name)).metadata).to.have.property('deletionTimestamp');
      // A call that was under way when the mark was set may still end.
      await furtherCalls(world, of('one'), 1);
      const [written, since] = [(await statusWrites(world, name)).length, await now(world)];
      // Three polls of another object of the same interval.
      await furtherCalls(world, of('one'), 3);
      expect(await callsAbout(world, of(name), since)).to.deep.equal([]);
      expect(await statusWrites(world, name)).to.have.length(written);
      expect(await operator.metrics()).not.to.contain(`name="${name}"`);
      const release = JSON.stringify([{ op: 'remove', path: '/metadata/finalizers' }]);
      await world.kubectl('patch', 'edgetranscodejob', name, '--type=json', `--patch=${release}`);
    });

  for (const reason of ['Invalid', 'Forbidden'] as const)
    it(`a policy that refuses a status as ${reason} is named in the log, and other statuses are written`, async () => {
      const { world, operator } = scene;
      const name = reason.toLowerCase();
      await world.apply(...policy(name, reason), job(`${name}-probe`, { ...of('frozen'), suspend: true }));
      // The API server enforces a policy a moment after it was stored.
      const probe = ['patch', 'edgetranscodejob', `${name}-probe`, '--subresource=status', '--type=merge'];
      await world.eventually('a policy in force', async () => {
        const { stderr } = await world.controlPlane.kubectl(
          ...probe,
          '--patch={"status":{"state":"Unknown"}}',
        );
        return stderr.includes('denied request') ? true : undefined;
      });
      await world.apply(job(`${name}-frozen`, of('frozen')), job(`free-${name}`, of('free')));
      await world.until(`free-${name}`, (shown) => is(shown, 'Ready', 'True'));
      const named = new RegExp(`^.*ValidatingAdmissionPolicy ${name}.*$`, 'm');
      const [line] = await operator.process.printed(named);
      expect(line).not.to.match(/CRD|Role|crds|deploy/);
      expect((await world.get(`${name}-frozen`)).status.observedGeneration).to.equal(-1);
    });
});

/** The most requests of the operator for one object within a second of the clock. */
function mostInASecond(events: readonly AuditEvent[]): number {
  const counts = new Map<string, number>();
  for (const event of events) {
    const isOperators = event.userAgent?.startsWith('edge-transcode-job-operator') ?? false;
    if (!isOperators || ![PATCH_STATUS, GET_JOB].includes(permissionOf(event))) continue;
    const second = event.requestReceivedTimestamp.slice(0, 19);
    const key = `${second} ${event.objectRef?.name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
