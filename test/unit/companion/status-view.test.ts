import { expect } from 'chai';
import {
  isAlarming,
  rowsOf,
  statusItem,
  statusTable,
  summaryOf,
} from '../../../src/companion/status-view.ts';
import { aJob } from '../kit/samples/a-job.ts';
import {
  aDifferingStatus,
  anOverdueStatus,
  aRefusedStatus,
  aRunningStatus,
  CHANGED_AT,
  OBSERVED_AT,
} from '../kit/samples/a-status.ts';

const fine = aJob().named('fine').storing(aRunningStatus()).build();
const differing = aJob().named('differing').expecting('Running').storing(aDifferingStatus()).build();
const refused = aJob().named('refused').storing(aRefusedStatus()).build();
const overdue = aJob().named('overdue').storing(anOverdueStatus()).build();
const suspended = aJob().named('suspended').suspended().storing(aRunningStatus()).build();
const NOW = Date.parse(OBSERVED_AT) / 1_000 + 30;

function linesOf(jobs: Parameters<typeof rowsOf>[0], options = {}): string[][] {
  const table = statusTable(rowsOf(jobs), { showsNamespace: false, isWide: false, now: NOW, ...options });
  return table.rows.map((cells) => cells.map(({ text }) => text));
}

describe('the status of kubectl etj', () => {
  it('has the worst first', () => {
    const lines = linesOf([suspended, fine, overdue, refused, differing]);
    expect(lines.map(([name, problem]) => [name, problem])).to.deep.equal([
      ['differing', 'NotAsExpected'],
      ['refused', 'NotReady'],
      ['overdue', 'NotFresh'],
      ['fine', '-'],
      ['suspended', 'Suspended'],
    ]);
  });

  it('says of an object without a problem only what is known of its job', () => {
    expect(linesOf([fine])).to.deep.equal([
      ['fine', '-', 'stream1-hd', 'Running', '1h0m', '30s', '-', '-', ''],
    ]);
    const explained = aJob().named('fine').storing(aRunningStatus()).build();
    const conditions = [...(explained.status.conditions ?? [])].map((each) => ({
      ...each,
      message: 'words',
    }));
    const talking = { ...explained, status: { ...explained.status, conditions } };
    expect(linesOf([talking])[0]?.at(-1)).to.equal('');
    expect(linesOf([aJob().named('new').build()])[0]?.slice(1, 6)).to.deep.equal([
      ...['Pending', '-', 'Unknown', '-', 'never'],
    ]);
  });

  it('has namespaces and IDs only where they are wanted, below their heads', () => {
    const rows = rowsOf([fine]);
    const { head, rows: lines } = statusTable(rows, { showsNamespace: true, isWide: true, now: NOW });
    const textBelow = (name: string) => lines[0]?.[head.indexOf(name)]?.text;
    expect(textBelow('NAMESPACE')).to.equal('media');
    expect(textBelow('JOB-ID')).to.equal(fine.spec.jobID);
    expect(textBelow('CLUSTER')).to.equal(fine.spec.clusterID);
    const [alarm] = statusTable(rowsOf([refused]), { showsNamespace: true, isWide: true, now: NOW }).rows;
    expect(alarm?.map(({ style }) => style).indexOf('red')).to.equal(head.indexOf('PROBLEM'));
    const plain = statusTable(rows, { showsNamespace: false, isWide: false, now: NOW }).head;
    expect(plain).to.not.include.members(['NAMESPACE']).and.not.include.members(['JOB-ID']);
  });

  it('is alarming by the same objects as the status page', () => {
    for (const job of [differing, refused, overdue]) expect(isAlarming(rowsOf([fine, job]))).to.equal(true);
    expect(isAlarming(rowsOf([fine, suspended, aJob().build()]))).to.equal(false);
  });

  it('counts by problem, and leaves out what there is none of', () => {
    expect(summaryOf(rowsOf([fine, differing, suspended]))).to.equal(
      '3 objects: 1 not as expected, 1 suspended, 1 fine',
    );
  });

  it('is data without what is not known', () => {
    const [row] = rowsOf([fine]);
    expect(row && statusItem(row)).to.include({
      name: 'fine',
      stateSince: CHANGED_AT,
      lastObservedTime: OBSERVED_AT,
    });
    const [unknown] = rowsOf([aJob().build()]);
    expect(unknown && statusItem(unknown)).to.not.have.any.keys('jobName', 'stateSince', 'reason');
  });
});
