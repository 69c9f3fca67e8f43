// What makes a status worth writing.

import { expect } from 'chai';
import type { Condition } from '../../../../src/api/conditions.ts';
import type { EdgeTranscodeJobStatus } from '../../../../src/api/edge-transcode-job.ts';
import { fingerprintOf } from '../../../../src/job/status/fingerprint.ts';

const READY: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'ObservationSucceeded',
  message: 'all is well',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
};
const FRESH: Condition = { ...READY, type: 'Fresh' };

const STATUS: EdgeTranscodeJobStatus = {
  observedGeneration: 1,
  state: 'Running',
  job: { jobID: 'a', status: '1', name: 'stream1' },
  lastObservedTime: '2026-01-01T00:00:00Z',
  observedTarget: '01234567-01234567',
  lastHandledRequestedAt: 'once',
  conditions: [READY, FRESH],
};

const fingerprint = fingerprintOf(STATUS);

describe('the fingerprint of a status ignores', () => {
  it('the order of keys, at every depth', () => {
    expect(fingerprintOf(reversed(STATUS))).to.equal(fingerprint);
  });

  it('the order of keys where another writer has added many', () => {
    const added = Array.from({ length: 100 }, (_, index) => [`field${(index * 37) % 100}`, index]);
    const crowded = { ...STATUS, ...Object.fromEntries(added) };
    expect(fingerprintOf(reversed(crowded))).to.equal(fingerprintOf(crowded));
  });

  it('the order of conditions', () => {
    expect(fingerprintOf({ ...STATUS, conditions: [FRESH, READY] })).to.equal(fingerprint);
  });

  it('the time of the observation', () => {
    expect(fingerprintOf({ ...STATUS, lastObservedTime: '2027-01-01T00:00:00Z' })).to.equal(fingerprint);
  });

  it('the dates of transitions, which follow from the rest', () => {
    const later = { ...READY, lastTransitionTime: '2027-01-01T00:00:00Z' };
    expect(fingerprintOf({ ...STATUS, conditions: [later, FRESH] })).to.equal(fingerprint);
  });

  it('the effective interval, or a changed scale would have every object written', () => {
    expect(fingerprintOf({ ...STATUS, effectiveInterval: '2m' })).to.equal(fingerprint);
  });

  it('whether there are no conditions or no list of them', () => {
    const { conditions: _, ...none } = STATUS;
    expect(fingerprintOf(none)).to.equal(fingerprintOf({ ...STATUS, conditions: [] }));
  });

  it('a field without a value', () => {
    const odd = { ...STATUS, unheardOf: undefined } as unknown as EdgeTranscodeJobStatus;
    expect(fingerprintOf(odd)).to.equal(fingerprint);
  });
});

describe('the fingerprint of a status changes with', () => {
  const changed: Readonly<Record<string, EdgeTranscodeJobStatus>> = {
    'the generation': { ...STATUS, observedGeneration: 2 },
    'the state': { ...STATUS, state: 'NotStarted' },
    'a field of the job': { ...STATUS, job: { ...STATUS.job, name: 'renamed' } },
    'a new field of the job': { ...STATUS, job: { ...STATUS.job, lastStopAt: '2026-01-01T00:00:00Z' } },
    'a field gone': { ...STATUS, job: { jobID: 'a', status: '1' } },
    'the target': { ...STATUS, observedTarget: '01234567-76543210' },
    'a request served': { ...STATUS, lastHandledRequestedAt: 'twice' },
    'the status of a condition': { ...STATUS, conditions: [{ ...READY, status: 'False' }, FRESH] },
    'the reason of a condition': { ...STATUS, conditions: [{ ...READY, reason: 'Suspended' }, FRESH] },
    'the message of a condition': { ...STATUS, conditions: [{ ...READY, message: 'well' }, FRESH] },
    'the generation of a condition': { ...STATUS, conditions: [{ ...READY, observedGeneration: 2 }, FRESH] },
    'a condition gone': { ...STATUS, conditions: [READY] },
    'a value that moved from one field to another': { ...STATUS, job: { jobID: 'stream1', name: 'a' } },
  };
  for (const [what, status] of Object.entries(changed))
    it(what, () => {
      expect(fingerprintOf(status)).to.not.equal(fingerprint);
    });

  it('each of these in its own way', () => {
    expect(new Set(Object.values(changed).map(fingerprintOf)).size).to.equal(Object.keys(changed).length);
  });
});

function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, each]) => [key, reversed(each)])) as T;
}
