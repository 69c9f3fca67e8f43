import { expect } from 'chai';
import { Unable } from '../../../src/companion/common/failure.ts';
import { changeOf, chosen } from '../../../src/companion/refresh.ts';
import { aJob } from '../kit/samples/a-job.ts';
import { aDifferingStatus, aRefusedStatus, aRunningStatus } from '../kit/samples/a-status.ts';

const one = aJob().named('one').build();
const two = aJob().named('two', 'news').build();
const asleep = aJob().named('asleep').suspended().build();
const all = [one, two, asleep];

function keys(chose: ReturnType<typeof chosen>): string[][] {
  return [chose.refreshed, chose.skipped].map((jobs) => jobs.map(({ key }) => key));
}

describe('what kubectl etj refreshes', () => {
  it('is what is named, once', () => {
    const names = ['one', 'one', 'asleep'];
    expect(keys(chosen(all, { names, all: false }, 'media'))).to.deep.equal([
      ['media/one'],
      ['media/asleep'],
    ]);
  });

  it('is named with its namespace among all namespaces', () => {
    expect(keys(chosen(all, { names: ['news/two'], all: false }, undefined))).to.deep.equal([
      ['news/two'],
      [],
    ]);
    expect(() => chosen(all, { names: ['two'], all: false }, undefined)).to.throw(Unable, 'namespace/name');
  });

  it('is with --all every object that is observed, and no complaint of the others', () => {
    expect(keys(chosen(all, { names: [], all: true }, undefined))).to.deep.equal([
      ['media/one', 'news/two'],
      [],
    ]);
  });

  it('does not include what is not there', () => {
    expect(() => chosen(all, { names: ['two'], all: false }, 'media')).to.throw(Unable, 'media/two');
  });
});

describe('what kubectl etj says of a refresh', () => {
  const before = aJob().expecting('Running').storing(aRunningStatus());

  it('is the state, if nothing changed', () => {
    const job = before.build();
    expect(changeOf(job, job)).to.equal(`${job.key} Running (unchanged)`);
  });

  it('is both states and the new problem with its reason', () => {
    const after = aJob().expecting('Running').storing(aDifferingStatus()).build();
    expect(changeOf(before.build(), after)).to.match(
      /Running -> NotStarted; problem None -> NotAsExpected; \w+: /,
    );
  });

  it('is a problem that came without another state', () => {
    const refused = aJob().storing(aRefusedStatus()).build();
    expect(changeOf(aJob().storing(aRunningStatus()).build(), refused)).to.match(
      /problem None -> NotReady; AuthenticationFailed: /,
    );
  });
});
