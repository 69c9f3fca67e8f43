/**
 * Several operators on one API server, of which one acts at a time: who wrote what is read from the API server's audit log, and who
 * called when from the cloud's.
 */
import { expect } from 'chai';
import type { AuditEvent } from '../world/control-plane/audit.ts';
import type { Operator } from '../world/operator.ts';
import { createJob, furtherCalls, type JobIDs } from './cloud-side.ts';
import { PATCH_STATUS, permissionOf } from './installed.ts';
import { useWorld } from './use-world.ts';
import { is, job } from './world.ts';

const LEASE_MS = 3_000;
const TIMING = ['--lease-duration=3s', '--renew-deadline=2s', '--retry-period=500ms'];
const ELECT = ['--leader-elect', '--lease-namespace=default', ...TIMING];

describe('two operators that share a Lease', function () {
  this.timeout(120_000);
  const scene = useWorld({ operator: 'none' });

  it('hand over', async () => {
    const { world } = scene;
    const first = await world.operator({ args: ELECT, name: 'first' });
    const second = await world.operator({ args: ELECT, name: 'second' });
    console.log(await leading(first), await leading(second));
    const ids = await createJob(world);
    await world.apply(job('a', ids));
    await world.until('a', (each) => is(each, 'Ready', 'True'));
    let at = performance.now();
    console.log(await first.process.stop());
    await second.process.ready(async () => (await leading(second)) === 1);
    console.log('handover', performance.now() - at);
    const third = await world.operator({ args: ELECT, name: 'third' });
    at = performance.now();
    second.process.kill('SIGKILL');
    await third.process.ready(async () => (await leading(third)) === 1);
    console.log('kill', performance.now() - at, LEASE_MS);
    await furtherCalls(world, ids, 2);
    at = performance.now();
    world.controlPlane.pauseApiServer();
    await third.process.ready(async () => (await leading(third)) === 0);
    console.log('lost', performance.now() - at);
    at = performance.now();
    world.controlPlane.resumeApiServer();
    await third.process.ready(async () => (await leading(third)) === 1);
    console.log('back', performance.now() - at);
    console.log(first.process.output(), second.process.output(), third.process.output());
  });
});

function leading(operator: Operator): Promise<number> {
  return operator.metric('edgetranscode_leading');
}
