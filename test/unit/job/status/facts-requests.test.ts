// Which requests of an object are pending, and which of them need a call.

import { expect } from 'chai';
import { targetOf } from '../../../../src/job/model/reference.ts';
import {
  applyAnswer,
  type Facts,
  isNewRequest,
  isPending,
  pendingRequestOf,
  type Requested,
} from '../../../../src/job/status/facts.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { fails, type Reply, running } from '../../kit/samples/answers.ts';
import { NOW, someFacts } from '../../kit/samples/some-facts.ts';

const first = aJob().build();
const changed = aJob().generation(2).build();
const asking = aJob().requested('a').build();

/** The facts after the answer to a call that served the object, or an earlier request of it. */
function answered(reply: Reply, object = first, request: Requested | 'none' = object): Facts {
  const at = { now: NOW, time: NOW / 1_000 };
  return applyAnswer(someFacts(first), object, targetOf(object).hash, request, reply(NOW), at);
}

describe('a pending request', () => {
  it('is a changed spec or a requested refresh until it is answered', () => {
    const served = someFacts(first);
    expect([first, changed, asking].map((each) => isPending(each, served))).to.deep.equal([
      false,
      true,
      true,
    ]);
    for (const each of [changed, asking]) expect(isPending(each, answered(running(), each))).to.equal(false);
  });

  it('is another for each generation and each refresh token', () => {
    const all = [
      first,
      changed,
      asking,
      aJob().requested('b').build(),
      aJob().generation(2).requested('a').build(),
    ];
    expect(new Set(all.map(pendingRequestOf)).size).to.equal(all.length);
    expect(pendingRequestOf(aJob().requested('a').build())).to.equal(pendingRequestOf(asking));
  });

  it('is none when the annotation of a served refresh is removed', () => {
    const facts = someFacts(first, { servedRequest: 'a' });
    expect(isPending(first, facts)).to.equal(false);
    expect(isNewRequest(first, { ...facts, attempted: pendingRequestOf(asking) })).to.equal(false);
  });
});

describe('a request needs a call', () => {
  it('when no call was made yet, or none since it came', () => {
    const { attempted: _, ...unvisited } = someFacts(first);
    expect(isNewRequest(first, unvisited)).to.equal(true);
    for (const each of [changed, asking]) expect(isNewRequest(each, someFacts(first))).to.equal(true);
  });

  it('no more once a call was made for it, even if that failed: retries have their own time', () => {
    for (const each of [first, changed, asking])
      expect(isNewRequest(each, answered(fails('ServerError'), each))).to.equal(false);
  });

  it('again when it came while a call for an earlier one was under way', () => {
    const later = aJob().requested('b').build();
    expect(isNewRequest(later, answered(running(), later, { requestedAt: 'a' }))).to.equal(true);
  });

  it('when the call was made for another object before this request was known', () => {
    for (const each of [changed, asking])
      for (const reply of [running(), fails('ServerError')]) {
        const facts = answered(reply, each, 'none');
        expect([isPending(each, facts), isNewRequest(each, facts)]).to.deep.equal([true, true]);
      }
  });
});
