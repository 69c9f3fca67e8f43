import { expect } from 'chai';
import {
  clockFinding,
  crdFinding,
  freshnessFinding,
  leaseFinding,
  SPEC_FIELDS,
} from '../../../src/companion/doctor/findings.ts';
import { readCrd } from '../../guards/deploy/manifests.ts';
import { aJob } from '../kit/samples/a-job.ts';
import { anOverdueStatus, aRefusedStatus, aRunningStatus, aStatus } from '../kit/samples/a-status.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('what kubectl etj doctor finds', () => {
  it('of the CRD of this repository is ok', async () => {
    const stored = { ...(await readCrd()), metadata: { creationTimestamp: '2025-12-30T00:00:00Z' } };
    expect(crdFinding(stored, 'v1alpha1', NOW)).to.deep.equal({
      check: 'CRD',
      verdict: 'ok',
      text: 'v1alpha1 with the fields that this build knows, created 2d0h ago',
    });
  });

  const crdWith = (fields: readonly string[], served = true) => ({
    spec: {
      versions: [
        {
          name: 'v1alpha1',
          served,
          schema: {
            openAPIV3Schema: {
              properties: { spec: { properties: Object.fromEntries(fields.map((each) => [each, {}])) } },
            },
          },
        },
      ],
    },
  });

  it('of another CRD is what it lacks or has in addition', () => {
    expect(crdFinding(crdWith(SPEC_FIELDS.slice(1)), 'v1alpha1', NOW).text).to.contain(
      'without spec.clusterID;',
    );
    expect(crdFinding(crdWith([...SPEC_FIELDS, 'more']), 'v1alpha1', NOW)).to.include({ verdict: 'unknown' });
    for (const crd of [crdWith(SPEC_FIELDS, false), {}, undefined])
      expect(crdFinding(crd, 'v1alpha1', NOW).text).to.contain('does not serve v1alpha1');
  });

  it('of clocks is how far they are apart', () => {
    const at = (ms: number) => clockFinding(new Date(NOW + ms).toUTCString(), NOW);
    expect(at(5_000)).to.include({ verdict: 'ok', text: 'this machine and the API server differ by 5s' });
    expect(at(-61_000)).to.include({ verdict: 'wrong' });
    expect(clockFinding(undefined, NOW)).to.include({ verdict: 'unknown' });
  });

  it('of a Lease is whether its holder renews it', () => {
    const renewed = (seconds: number) => ({
      holderIdentity: 'pod-1',
      leaseDurationSeconds: 15,
      renewTime: new Date(NOW - seconds * 1_000).toISOString(),
    });
    expect(leaseFinding(renewed(2), NOW)).to.include({ verdict: 'ok' });
    expect(leaseFinding(renewed(60), NOW).text).to.contain('it has stopped');
    expect(leaseFinding({ ...renewed(1), holderIdentity: '' }, NOW).text).to.contain('no process leads');
  });

  it('of objects is how many are not observed', () => {
    const fine = aJob().storing(aRunningStatus()).build();
    const asleep = aJob().suspended().build();
    expect(freshnessFinding([fine, asleep])).to.include({ verdict: 'ok', text: '2 are fresh or suspended' });
    expect(freshnessFinding([])).to.include({
      verdict: 'ok',
      text: 'there is none, so no state is observed',
    });
    const stale = aJob().storing(anOverdueStatus()).build();
    expect(freshnessFinding([fine, stale, aJob().build()]).text).to.contain(
      '1 are not fresh and 1 wait for an observation',
    );
    // Not Ready for another cause: never observed, and no longer.
    const refused = aJob().storing(aRefusedStatus('CredentialsNotFound')).build();
    const late = aStatus({
      conditions: {
        Ready: ['False', 'AuthenticationFailed'],
        Fresh: ['False', 'ObservationOverdue'],
        AsExpected: ['False', 'DiffersFromExpectedState'],
      },
    });
    expect(freshnessFinding([fine, asleep, refused, aJob().storing(late).build()])).to.deep.include({
      verdict: 'wrong',
      text: 'of 4, 2 are not fresh and 0 wait for an observation; kubectl etj status shows them',
    });
  });
});
