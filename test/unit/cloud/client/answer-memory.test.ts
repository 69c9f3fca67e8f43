// What answers cost together, and which of them ends when that is too much.

import { expect } from 'chai';
import {
  type AnswerCost,
  AnswerMemory,
  MOST_OF_A_NAMESPACE,
  MOST_OF_A_PAGE,
  MOST_OF_AN_ANSWER,
  MOST_TOGETHER,
} from '../../../../src/cloud/client/answer-memory.ts';
import { TooManyAnswers, UnexpectedBody } from '../../../../src/cloud/client/call-errors.ts';

const PIECE = 512;
const MIB = 2 ** 20;

describe('the memory of answers', () => {
  let memory: AnswerMemory;
  let ended: Map<AnswerCost, Error>;
  beforeEach(() => {
    memory = new AnswerMemory();
    ended = new Map();
  });

  function open(namespace: string, most = Number.POSITIVE_INFINITY, cost = 0): AnswerCost {
    const answer = memory.open(namespace, most);
    answer.onExceeded = (error) => ended.set(answer, error);
    if (cost > 0) answer.addChunk(cost - PIECE);
    return answer;
  }

  it('counts 512 bytes for each chunk and header, and their lengths', () => {
    const answer = open('media');
    answer.addHeaders(['content-type', 'a/b', 'date', 'now']);
    answer.addChunk(1);
    answer.addChunk(0);
    expect(answer.cost).to.equal(4 * PIECE + 'content-typea/bdatenow1'.length);
    expect(memory.cost).to.equal(answer.cost);
  });

  for (const most of [MOST_OF_AN_ANSWER, MOST_OF_A_PAGE])
    it(`ends an answer that costs more than its ${most} bytes, once`, () => {
      const answer = open('media', most, most);
      expect(ended.size).to.equal(0);
      answer.addChunk(1);
      expect(ended.get(answer)).to.be.instanceOf(UnexpectedBody);
      ended.clear();
      answer.addChunk(1);
      expect(ended.size).to.equal(0);
      expect(memory.cost).to.equal(0);
    });

  it('counts the work of each chunk, also of those that come when the answer is over', () => {
    const answer = open('media', MOST_OF_AN_ANSWER);
    for (let chunks = 0; chunks < 10_000; chunks += 1) answer.addChunk(1);
    expect(answer.work).to.equal(10_000 * (1 + 64));
    expect(ended.size).to.equal(1);
  });

  it('forgets an answer whose call has ended, even if it is closed twice', () => {
    const first = open('media', MOST_OF_A_PAGE, 1_000);
    open('media', MOST_OF_A_PAGE, 2_000);
    first.close();
    first.close();
    first.addChunk(5_000);
    expect(memory.cost).to.equal(2_000);
  });

  it('ends the largest answer of a namespace whose answers cost too much, and no answer of others', () => {
    const other = open('other', undefined, MOST_OF_A_NAMESPACE);
    const small = open('media', undefined, MIB);
    const large = open('media', undefined, MOST_OF_A_NAMESPACE - MIB);
    expect([...ended]).to.deep.equal([]);
    small.addChunk(0);
    expect([...ended.keys()]).to.deep.equal([large]);
    expect(ended.get(large)).to.be.instanceOf(TooManyAnswers);
    expect(memory.cost).to.equal(other.cost + small.cost);
  });

  it('ends an answer of the namespace that costs most when all together cost too much', () => {
    const share = MOST_TOGETHER / 8;
    const modest = Array.from({ length: 6 }, (_, index) => open(`modest-${index}`, undefined, share));
    const greedy = [open('greedy', undefined, share), open('greedy', undefined, share - 2 * MIB)];
    const late = open('late', undefined, 2 * MIB);
    expect([...ended]).to.deep.equal([]);
    late.addChunk(0);
    expect([...ended.keys()]).to.deep.equal([greedy[0]]);
    expect(memory.cost).to.equal(6 * share + share - 2 * MIB + late.cost);
    expect(modest.every((answer) => !ended.has(answer))).to.equal(true);
  });

  it('never costs more together than its bound and one chunk, whatever is sent', () => {
    const answers = Array.from({ length: 400 }, (_, index) => open(`n-${index % 40}`, MOST_OF_A_PAGE));
    let most = 0;
    for (let round = 0; round < 7; round += 1)
      for (const answer of answers) {
        answer.addChunk(65_536);
        most = Math.max(most, memory.cost);
      }
    expect(most).to.be.within(MOST_TOGETHER - MIB, MOST_TOGETHER);
    expect(ended.size).to.be.greaterThan(0);
  });
});
