/**
 * The operator with a CRD of another version: an older one that lacks fields, and a newer one with statuses
 * of a newer operator, as after a rollback. Nothing is lost, and no write leads to another.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { GROUP, PLURAL } from '../../../src/api/edge-transcode-job.ts';
import { createJob, furtherCalls } from '../support/cloud-side.ts';
import { crdServed, shipped, succeeding } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';
import { remove, statusWrites } from '../support/user-side.ts';
import { is, job, type World } from '../support/world.ts';

/** The part of the status schema that these tests change. */
interface StatusSchema {
  properties: Record<string, { type?: string; enum?: string[]; properties?: Record<string, object> }>;
}

describe('the operator and a CRD of another version', function () {
  this.timeout(90_000);
  const scene = useWorld({ operator: 'none' });

  async function apply(change: (status: StatusSchema) => void): Promise<void> {
    const { controlPlane } = scene.world;
    const crd = parse(readFileSync(shipped(`crds/${PLURAL}.${GROUP}.yaml`), 'utf8'));
    change(crd.spec.versions[0].schema.openAPIV3Schema.properties.status);
    await succeeding(controlPlane, ['apply', '-f', '-'], JSON.stringify(crd));
    await crdServed(controlPlane);
  }

  /** The CRD of an operator that did not have these fields. */
  function applyOlder(): Promise<void> {
    return apply(({ properties }) => {
      delete properties.observedTarget;
      delete properties.job?.properties?.templateName;
    });
  }

  async function patchStatus(world: World, name: string, status: object): Promise<void> {
    const patch = JSON.stringify({ status });
    await world.kubectl('patch', 'etj', name, '--subresource=status', '--type=merge', `--patch=${patch}`);
  }

  it('write each change once and warn once where an older CRD prunes fields', async () => {
    const { world } = scene;
    await applyOlder();
    const ids = await createJob(world, { status: '0', templateName: 'hd' });
    await world.apply(job('older', { ...ids, interval: '5s' }));
    const operator = await world.operator();
    const { status } = await world.until('older', (each) => is(each, 'Ready', 'True'));
    expect(status).to.not.have.property('observedTarget');
    expect(status.job).to.include({ jobID: ids.jobID }).and.not.have.property('templateName');
    await furtherCalls(world, ids, 3);
    expect(await statusWrites(world, 'older')).to.have.length(1);
    await world.cloud.admin.startJob(ids);
    await world.until('older', (each) => each.status.state === 'Running');
    expect(await statusWrites(world, 'older')).to.have.length(2);
    expect(await operator.metric('edgetranscode_status_writes_total{result="pruned"}')).to.equal(2);
    const warnings = operator.log().filter(({ msg }) => msg.includes('the CRD is older than the operator'));
    expect(warnings.map(({ level, hint }) => [level, hint])).to.deep.equal([
      ['warn', 'kubectl apply -f crds/'],
    ]);
    await operator.process.stop();
    await remove(world, 'older');
  });

  it('write the new fields with the next status after the CRD is upgraded under a running operator', async () => {
    const { world } = scene;
    await applyOlder();
    const ids = await createJob(world, { status: '0', templateName: 'hd' });
    await world.apply(job('upgraded', { ...ids, interval: '5s' }));
    const operator = await world.operator();
    const shown = await world.until('upgraded', (each) => is(each, 'Ready', 'True'));
    expect(shown.status).to.not.have.property('observedTarget');
    await apply(() => undefined);
    await world.cloud.admin.startJob(ids);
    const { status } = await world.until('upgraded', (each) => each.status.state === 'Running');
    expect(status).to.have.property('observedTarget');
    await operator.process.stop();
    await remove(world, 'upgraded');
  });

  it('read a status of a newer operator without failing, and correct it once', async () => {
    const { world } = scene;
    const ids = await createJob(world, { status: '0', templateName: 'hd' });
    await world.apply(job('newer', { ...ids, interval: '5s' }));
    const before = await world.operator();
    await world.until('newer', (each) => is(each, 'Ready', 'True'));
    await before.process.stop();
    await apply(({ properties }) => {
      properties.state?.enum?.push('Draining');
      properties.draining = { type: 'string' };
    });
    await patchStatus(world, 'newer', { state: 'Draining', draining: 'half' });
    const writes = (await statusWrites(world, 'newer')).length;
    const after = await world.operator();
    const { status } = await world.until('newer', (each) => each.status.state === 'NotStarted');
    expect(status).to.not.have.property('draining');
    expect(status.job).to.include({ jobID: ids.jobID });
    expect(is(await world.get('newer'), 'Ready', 'True')).to.equal(true);
    await furtherCalls(world, ids, 3);
    expect((await statusWrites(world, 'newer')).length - writes).to.equal(1);
    expect(after.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
    await after.process.stop();
    await remove(world, 'newer');
  });
});
