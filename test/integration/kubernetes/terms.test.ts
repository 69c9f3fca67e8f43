/**
 * Shows that the check for writes outside a term of leadership finds them.
 */
import { expect } from 'chai';
import { type StatusWrite, type Term, writesOutOfTurn } from '../support/terms.ts';

const TERMS: readonly Term[] = [
  { holder: 'a', from: 100 },
  { holder: 'b', from: 200 },
  { holder: 'a', from: 300 },
];

function write(writer: string, at: number, object = 'one'): StatusWrite {
  return { object, writer, version: at, at };
}

describe('the check for writes outside a term of leadership', () => {
  it('accepts the writes of each term in the order of the terms, late ones included', () => {
    expect(
      writesOutOfTurn([write('a', 110), write('a', 250), write('b', 260), write('a', 310)], TERMS),
    ).to.deep.equal([]);
  });

  it('checks each object separately', () => {
    expect(writesOutOfTurn([write('b', 210), write('a', 220, 'two')], TERMS)).to.deep.equal([]);
  });

  it('finds a write after a later holder has written', () => {
    const late = write('a', 220);
    expect(writesOutOfTurn([write('b', 210), late, write('b', 230)], TERMS)).to.deep.equal([late]);
  });

  it('finds a write before its writer held the Lease, and a write by a process that never held it', () => {
    const [early, foreign] = [write('b', 150), write('c', 400)];
    expect(writesOutOfTurn([early, foreign], TERMS)).to.deep.equal([early, foreign]);
  });
});
