/**
 * Two operators on an API server whose etcd is restored from a backup: the versions of the Lease go back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Operator } from '../../world/operator.ts';
import { useWorld } from '../support/use-world.ts';

const LEASE_MS = 3_000;
const ELECT = ['--leader-elect', '--lease-duration=3s', '--renew-deadline=2s', '--retry-period=500ms'];

/** The lease duration, the requests that follow it, and a loaded machine. */
const LED_WITHIN_MS = LEASE_MS + 5_000;

describe('operators after etcd was restored from a backup', function () {
  this.timeout(120_000);
  const scene = useWorld({ operator: 'none' });

  it('have one leader again, which renews', async () => {
    const { world } = scene;
    const operators: Operator[] = [];
    for (const name of ['first', 'second']) operators.push(await world.operator({ args: ELECT, name }));
    await until(operators, 1);
    await world.controlPlane.backUpEtcd();
    await until(operators, 1);
    const version = await leaseVersion();
    // Some dozen renewals, which the restore takes back.
    while ((await leaseVersion()) < version + 20) await delay(250);
    await world.controlPlane.restoreEtcd();
    const began = performance.now();
    expect(await leaseVersion()).to.be.below(version + 20);
    await until(operators, 1);
    expect(performance.now() - began).to.be.below(LED_WITHIN_MS);
    const led = await leaseVersion();
    while ((await leaseVersion()) < led + 5) await delay(250);
    expect(await leading(operators)).to.equal(1);
  });

  async function leaseVersion(): Promise<number> {
    const version = '-o=jsonpath={.metadata.resourceVersion}';
    return Number(await scene.world.kubectl('get', 'lease', 'edge-transcode-job-operator', version));
  }
});

async function leading(operators: readonly Operator[]): Promise<number> {
  const values = await Promise.all(operators.map((each) => each.metric('edgetranscode_leading')));
  return values.filter((value) => value === 1).length;
}

async function until(operators: readonly Operator[], count: number): Promise<void> {
  while ((await leading(operators)) !== count) await delay(100);
}
