// A row names the worst problem of its object, and the condition that shows it.

import { expect } from 'chai';
import { rowOf } from '../../../src/overview/row.ts';
import { aJob } from '../kit/samples/a-job.ts';
import {
  aDifferingStatus,
  anOverdueStatus,
  aRefusedStatus,
  aRunningStatus,
  aStatus,
  CHANGED_AT,
  OBSERVED_AT,
} from '../kit/samples/a-status.ts';

const AT = Date.parse(OBSERVED_AT) / 1_000;

describe('a row of an overview', () => {
  const cases = {
    'a job that runs': [aJob().storing(aRunningStatus()), 'None', 'Ready'],
    'a job in another state than expected': [
      aJob().expecting('Running').storing(aDifferingStatus()),
      'NotAsExpected',
      'AsExpected',
    ],
    'a refused key': [aJob().storing(aRefusedStatus()), 'NotReady', 'Ready'],
    'an observation that is too old': [aJob().storing(anOverdueStatus()), 'NotFresh', 'Fresh'],
    'a job that was never observed': [aJob(), 'Pending', undefined],
    'a suspended object, whatever else': [
      aJob().suspended().expecting('Running').storing(aDifferingStatus()),
      'Suspended',
      'Ready',
    ],
    'a job that is not found, with an observation that has become too old': [
      aJob().storing(
        aStatus({
          conditions: {
            Ready: ['False', 'JobNotFound'],
            Fresh: ['False', 'ObservationOverdue'],
          },
        }),
      ),
      'NotReady',
      'Ready',
    ],
  } as const;

  for (const [what, [job, problem, condition]] of Object.entries(cases))
    it(`of ${what} has the problem ${problem}`, () => {
      const row = rowOf(job.build(), undefined);
      expect(row.problem).to.equal(problem);
      expect(row.condition?.type).to.equal(condition);
    });

  it('shows since when the job runs or does not, and nothing while that is unknown', () => {
    expect(rowOf(aJob().storing(aRunningStatus()).build(), undefined).stateSince).to.equal(CHANGED_AT);
    expect(rowOf(aJob().storing(aDifferingStatus()).build(), undefined).stateSince).to.equal(CHANGED_AT);
    expect(rowOf(aJob().storing(anOverdueStatus()).build(), undefined).stateSince).to.equal(undefined);
  });

  it('shows the observation that the leader knows, else that of the status', () => {
    const job = aJob().storing(aRunningStatus()).build();
    expect(rowOf(job, AT + 40).observedAt).to.equal(AT + 40);
    expect(rowOf(job, undefined).observedAt).to.equal(AT);
    expect(rowOf(aJob().build(), undefined).observedAt).to.equal(undefined);
    expect(rowOf(aJob().storing({ lastObservedTime: 'soon' }).build(), undefined).observedAt).to.equal(
      undefined,
    );
  });
});
