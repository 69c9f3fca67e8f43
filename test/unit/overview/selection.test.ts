// An overview shows the worst first, and what its URL asks for.

import { expect } from 'chai';
import fc from 'fast-check';
import { PROBLEMS, type Row, rowOf } from '../../../src/overview/row.ts';
import {
  EVERYTHING,
  GROUPS,
  parametersOf,
  type Question,
  questionOf,
  ROWS_PER_PAGE,
  SORTS,
  select,
  worstFirst,
} from '../../../src/overview/selection.ts';
import { anyText, holds } from '../kit/for-any.ts';
import { aJob, JOB_ID } from '../kit/samples/a-job.ts';
import {
  aDifferingStatus,
  anOverdueStatus,
  aRefusedStatus,
  aRunningStatus,
  aStatus,
} from '../kit/samples/a-status.ts';

const SUSPENDED = rowOf(aJob().named('suspended').suspended().storing(aRunningStatus()).build(), 5);
const FINE = rowOf(
  aJob()
    .named('fine')
    .storing(aRunningStatus({ name: '直播 A' }))
    .build(),
  4,
);
const PENDING = rowOf(aJob().named('pending').build(), undefined);
const OVERDUE = rowOf(aJob().named('overdue', 'news').storing(anOverdueStatus()).build(), 1);
const REFUSED = rowOf(aJob().named('refused').storing(aRefusedStatus()).build(), 3);
const differing = (name: string, changedAt: string) =>
  rowOf(aJob().named(name).expecting('Running').storing(aDifferingStatus(changedAt)).build(), 2);
const STOPPED_FIRST = differing('a', '2026-01-01T00:00:00Z');
const STOPPED_LAST = differing('b', '2026-01-01T00:01:00Z');

const WORST_FIRST = [STOPPED_LAST, STOPPED_FIRST, REFUSED, OVERDUE, PENDING, FINE, SUSPENDED];

function names(rows: readonly Row[]): string[] {
  return rows.map(({ name }) => name);
}

async function ask(question: Partial<Question>): Promise<string[]> {
  return names((await select(WORST_FIRST, { ...EVERYTHING, ...question })).rows);
}

describe('the rows of an overview', () => {
  it('come with the worst first, and with the latest change first among the alarming', () => {
    const anyOrder = fc.shuffledSubarray(WORST_FIRST, { minLength: WORST_FIRST.length });
    holds(
      fc.property(anyOrder, (rows) => {
        expect(names(rows.toSorted(worstFirst))).to.deep.equal(names(WORST_FIRST));
      }),
      50,
    );
  });

  it('are of the chosen group', async () => {
    expect(await ask({ group: 'all' })).to.deep.equal(names(WORST_FIRST));
    expect(await ask({ group: 'alarming' })).to.deep.equal(['b', 'a', 'refused', 'overdue']);
    expect(await ask({ group: 'NotFresh' })).to.deep.equal(['overdue']);
    expect(await ask({ group: 'Running' })).to.deep.equal(['fine', 'suspended']);
    expect(await ask({ group: 'NotStarted' })).to.deep.equal(['b', 'a']);
  });

  it('are each of one problem', async () => {
    const counted = await Promise.all(PROBLEMS.map((group) => ask({ group })));
    expect(counted.flat()).to.have.members(names(WORST_FIRST));
  });

  it('are of the chosen namespace', async () => {
    expect(await ask({ namespace: 'news' })).to.deep.equal(['overdue']);
    expect(await ask({ namespace: 'new' })).to.deep.equal([]);
  });

  it('hold every word of the search, in any case and any of the fields', async () => {
    expect(await ask({ search: 'news/over' })).to.deep.equal(['overdue']);
    expect(await ask({ search: 'MEDIA  authenticationfailed' })).to.deep.equal(['refused']);
    expect(await ask({ search: '直播' })).to.deep.equal(['fine']);
    expect(await ask({ search: JOB_ID.toUpperCase() })).to.have.length(WORST_FIRST.length);
    expect(await ask({ search: 'media nothing-like-it' })).to.deep.equal([]);
  });

  it('come in the chosen order', async () => {
    expect(await ask({ sort: 'name' })).to.deep.equal([
      ...['a', 'b', 'fine', 'pending', 'refused', 'suspended'],
      'overdue',
    ]);
    expect((await ask({ sort: 'observed' }))[0]).to.equal('pending');
    expect((await ask({ sort: 'observed' })).at(-1)).to.equal('suspended');
    expect((await ask({ sort: 'since' })).slice(0, 2)).to.deep.equal(['b', 'a']);
    expect((await ask({ sort: 'state' }))[0]).to.equal('fine');
  });

  it('are cut into pages; a page that does not exist is the last one', async () => {
    const many = Array.from({ length: 2 * ROWS_PER_PAGE + 1 }, (_, index) =>
      rowOf(
        aJob()
          .named(`job-${String(index).padStart(3, '0')}`)
          .storing(aStatus({ conditions: {} }))
          .build(),
        1,
      ),
    );
    const of = (page: number) => select(many, { ...EVERYTHING, page });
    expect(await of(1)).to.deep.include({ total: 201, page: 1, pages: 3 });
    expect(names((await of(2)).rows).at(0)).to.equal('job-100');
    expect(names((await of(99)).rows)).to.deep.equal(['job-200']);
    expect((await of(99)).page).to.equal(3);
    expect(await select([], EVERYTHING)).to.deep.equal({ rows: [], total: 0, page: 1, pages: 1 });
  });
});

describe('the question of an overview', () => {
  const question: fc.Arbitrary<Question> = fc.record({
    search: anyText(60).map((text) => text.toWellFormed().trim()),
    namespace: fc.constantFrom('', 'media', 'a-b'),
    group: fc.constantFrom(...GROUPS),
    sort: fc.constantFrom(...SORTS),
    page: fc.integer({ min: 1, max: 1_000 }),
  });

  it('is kept by the parameters of a URL', () => {
    holds(
      fc.property(question, (asked) => {
        expect(questionOf(new URLSearchParams(`${parametersOf(asked)}`))).to.deep.equal(asked);
      }),
    );
  });

  it('has no parameters where it asks for everything', () => {
    expect(`${parametersOf(EVERYTHING)}`).to.equal('');
  });

  it('leaves out what is not understood', () => {
    for (const text of [
      '',
      'page=0',
      'page=-1',
      'page=1.5',
      'page=x',
      'show=secrets',
      'sort=__proto__',
      'x=1',
    ])
      expect(questionOf(new URLSearchParams(text)), text).to.deep.equal(EVERYTHING);
  });

  it('is bounded', () => {
    const long = questionOf(
      new URLSearchParams({ q: 'word '.repeat(10_000), namespace: 'n'.repeat(10_000) }),
    );
    expect(long.search.length + long.namespace.length).to.be.at.most(400);
  });
});
