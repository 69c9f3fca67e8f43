// The latest transitions of all objects are found in one pass.

import { expect } from 'chai';
import fc from 'fast-check';
import { rfc3339 } from '../../../src/base/clock.ts';
import { type Row, rowOf } from '../../../src/overview/row.ts';
import { LatestTransitions, type Transition, transitionsOf } from '../../../src/overview/transitions.ts';
import { holds } from '../kit/for-any.ts';
import { aJob } from '../kit/samples/a-job.ts';
import { aStatus } from '../kit/samples/a-status.ts';

function changed(second: number, index = 0): Row {
  const status = aStatus({
    changedAt: rfc3339(new Date(second * 1_000)),
    conditions: {
      Ready: ['True', 'ObservationSucceeded'],
      Stalled: ['True', 'JobNotFound'],
      Reconciling: ['True', 'ProgressingWithRetry'],
    },
  });
  return rowOf(aJob().named(`job-${index}`).storing(status).build(), undefined);
}

const END = '9999-12-31T23:59:59Z';

function latest(rows: readonly Row[], most: number, until = END): readonly Transition[] {
  const transitions = new LatestTransitions(most, until);
  for (const row of rows) transitions.add(row);
  return transitions.all;
}

describe('the latest transitions', () => {
  it('are the newest of all, the newest first, whatever the order of the objects', () => {
    const seconds = fc.uniqueArray(fc.nat(100_000), { maxLength: 60 });
    holds(
      fc.property(seconds, fc.integer({ min: 1, max: 9 }), (all, most) => {
        const found = latest(all.map(changed), most);
        const newest = all.toSorted((a, b) => b - a).slice(0, most);
        expect(found.map(({ condition }) => Date.parse(condition.lastTransitionTime) / 1_000)).to.deep.equal(
          newest,
        );
      }),
    );
  });

  it('leave out conditions that follow from others', () => {
    expect(transitionsOf(changed(1)).map(({ condition }) => condition.type)).to.deep.equal(['Ready']);
  });

  it('leave out those of the future, where a forged status would hide all others', () => {
    const rows = [...Array.from({ length: 20 }, (_, index) => changed(5_000 + index)), changed(1_000)];
    const found = latest(rows, 3, rfc3339(new Date(4_999_000)));
    expect(found.map(({ row }) => row)).to.deep.equal([rows.at(-1)]);
  });

  it('are none before the first visit', () => {
    expect(latest([rowOf(aJob().build(), undefined)], 5)).to.deep.equal([]);
  });
});
