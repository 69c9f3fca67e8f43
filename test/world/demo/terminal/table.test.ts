// The table shows the columns that kubectl shows, and a row only when it says something new.

import { expect } from 'chai';
import { WatchedTable } from './table.ts';

const COLUMNS = [
  { name: 'Name', priority: 0 },
  { name: 'Ready', priority: 0 },
  { name: 'Age', priority: 0 },
  { name: 'Reason', priority: 1 },
];

describe('The watched table', () => {
  let table: WatchedTable;

  beforeEach(() => {
    table = new WatchedTable(COLUMNS);
  });

  it('has the columns that are shown without -o wide, as wide as their longest values', () => {
    expect(table.header()).to.deep.equal(['NAME      ', 'READY  ', 'AGE']);
  });

  it('shows a row that it has not shown, with nothing where the server sends null', () => {
    expect(table.row('1', ['a', null, '0s', 'r'])).to.deep.equal(['a         ', '       ', '0s ']);
  });

  it('does not show a row again that has only become older, or changed in a hidden column', () => {
    table.row('1', ['a', 'True', '0s', 'r']);
    expect(table.row('1', ['a', 'True', '5s', 'another'])).to.equal(undefined);
  });

  it('shows a row again when a cell has changed', () => {
    table.row('1', ['a', 'True', '0s', 'r']);
    expect(table.row('1', ['a', 'False', '5s', 'r'])?.[1]).to.equal('False  ');
    expect(table.row('1', ['a', 'True', '9s', 'r'])?.[1]).to.equal('True   ');
  });

  it('distinguishes rows of the same name by their key', () => {
    table.row('1', ['a', 'True', '0s', 'r']);
    expect(table.row('2', ['a', 'True', '0s', 'r'])).not.to.equal(undefined);
  });

  it('shows a row again that was forgotten', () => {
    table.row('1', ['a', 'True', '0s', 'r']);
    table.forget('1');
    expect(table.row('1', ['a', 'True', '0s', 'r'])).not.to.equal(undefined);
  });

  it('widens a column at a longer value, for good', () => {
    table.row('1', ['a-much-longer-name', 'True', '0s', 'r']);
    expect(table.header()[0]).to.equal('NAME              ');
    expect(table.row('2', ['b', 'True', '0s', 'r'])?.[0]).to.equal('b                 ');
  });
});
