// Which facts say the same, so that the status need not be decided again.

import { expect } from 'chai';
import { type Facts, saysTheSame } from '../../../../src/job/status/facts.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { failure, NOW, seen, someFacts } from '../../kit/samples/some-facts.ts';

const observed = seen('1');
const FACTS = someFacts(aJob().build(), { observed });
const { observed: _observed, ...UNOBSERVED } = FACTS;
const refused: Partial<Facts> = { definitiveFailure: failure('PermissionDenied') };
const failing: Partial<Facts> = { transientFailure: failure('ServerError') };

type Row = readonly [what: string, special: Partial<Facts>, base?: Partial<Facts>];

const SAME: readonly Row[] = [
  ['nothing', {}],
  ['the time of the observation', { observed: { ...observed, at: NOW + 1, time: 1 } }],
  ['calls and their schedule', { lastCallAt: 1, lastUrgentCallAt: 2, nextPollAt: 3, attempted: 9 }],
  ['the count of failures', { failures: 7, latestTransientFailure: failure('Throttled') }],
  ['from when age counts', { countFrom: NOW + 1, definitiveSince: NOW }],
  [
    'no more than the objects of equal failures',
    { ...refused, ...failing },
    { definitiveFailure: failure('PermissionDenied'), transientFailure: failure('ServerError') },
  ],
];

const OTHER: readonly Row[] = [
  ['the reference', { referenceHash: '76543210' }],
  ['the endpoint', { endpoint: '76543210' }],
  ['the served generation', { servedGeneration: 2 }],
  ['the served refresh', { servedRequest: 'a' }],
  ['whether the job was found', { observed: { ...observed, found: false } }],
  ['the details of the job', { observed: { ...observed, job: { status: '0' } } }],
  ['whether a suspension followed', { observed: { ...observed, beforeSuspension: true } }],
  ['that the observation is too old', { overdue: 'too old' }],
  ['a definitive failure', refused],
  [
    'the kind of a definitive failure',
    refused,
    { definitiveFailure: failure('JobNotFound', refused.definitiveFailure?.message) },
  ],
  [
    'the message of a definitive failure',
    refused,
    { definitiveFailure: failure('PermissionDenied', 'other') },
  ],
  ['a transient failure', failing],
  ['the message of a transient failure', failing, { transientFailure: failure('ServerError', 'other') }],
  ['a suspension', { suspended: true }],
];

describe('facts say', () => {
  for (const [what, special, base = {}] of SAME)
    it(`the same when they differ in ${what}`, () => {
      expect(saysTheSame({ ...FACTS, ...base }, { ...FACTS, ...special })).to.equal(true);
    });

  it('the same when neither has an observation', () => {
    expect(saysTheSame(UNOBSERVED, { ...UNOBSERVED })).to.equal(true);
  });

  for (const [what, special, base = {}] of OTHER)
    it(`something else when they differ in ${what}`, () => {
      const [one, other] = [
        { ...FACTS, ...base },
        { ...FACTS, ...special },
      ];
      expect([saysTheSame(one, other), saysTheSame(other, one)]).to.deep.equal([false, false]);
    });

  it('something else when one has an observation and the other has none', () => {
    expect([saysTheSame(FACTS, UNOBSERVED), saysTheSame(UNOBSERVED, FACTS)]).to.deep.equal([false, false]);
  });
});
