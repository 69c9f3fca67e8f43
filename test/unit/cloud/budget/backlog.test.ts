// Who goes next, of those who wait.

import { expect } from 'chai';
import { Backlog, type Waiting } from '../../../../src/cloud/budget/backlog.ts';
import type { Lane } from '../../../../src/job/model/ports.ts';

interface Item extends Waiting {
  readonly name: string;
}

function item(lane: Lane, deadline: number, namespace = 'media'): Item {
  return { lane, namespace, deadline, withdrawn: false, name: `${lane} ${deadline}` };
}

function backlogOf(...items: Item[]): Backlog<Item> {
  const backlog = new Backlog<Item>();
  for (const one of items) backlog.add(one);
  return backlog;
}

/** A hundred waiting in each of these lanes. */
function crowd(...lanes: Lane[]): Backlog<Item> {
  return backlogOf(...lanes.flatMap((lane) => Array.from({ length: 100 }, (_, at) => item(lane, at))));
}

function lanesOf(backlog: Backlog<Item>, turns: number): Record<string, number> {
  const taken = Array.from({ length: turns }, () => backlog.next()?.lane ?? 'nobody');
  return Object.fromEntries(
    [...new Set(taken)].map((lane) => [lane, taken.filter((l) => l === lane).length]),
  );
}

describe('a backlog', () => {
  it('gives nobody where nobody waits', () => {
    expect(backlogOf().next()).to.equal(undefined);
  });

  it('serves the earliest deadline of a lane first', () => {
    const backlog = backlogOf(item('due', 3), item('due', 1), item('due', 2));
    expect([backlog.next()?.deadline, backlog.next()?.deadline, backlog.next()?.deadline]).to.deep.equal([
      1, 2, 3,
    ]);
  });

  it('keeps four turns of ten for due and one for retry, however many are asked for', () => {
    expect(lanesOf(crowd('asked', 'due', 'retry'), 20)).to.deep.equal({ asked: 10, due: 8, retry: 2 });
  });

  it('keeps half of the turns for polls, also where all of them are due or none is', () => {
    expect(lanesOf(crowd('asked', 'due'), 20)).to.deep.equal({ asked: 10, due: 10 });
    expect(lanesOf(crowd('asked', 'retry'), 20)).to.deep.equal({ asked: 10, retry: 10 });
  });

  it('gives the turns of an empty lane to the others', () => {
    expect(lanesOf(crowd('asked'), 10)).to.deep.equal({ asked: 10 });
    expect(lanesOf(crowd('retry'), 10)).to.deep.equal({ retry: 10 });
    expect(lanesOf(crowd('due', 'retry'), 10)).to.deep.equal({ due: 9, retry: 1 });
  });

  it('serves the namespaces in turns where they ask, however much one asks for', () => {
    const backlog = crowd('asked');
    const others = [item('asked', 900, 'news'), item('asked', 901, 'news'), item('asked', 950, 'radio')];
    for (const other of others) backlog.add(other);
    backlog.next();
    const next = Array.from({ length: 6 }, () => backlog.next());
    expect(next.filter((one) => one && others.includes(one))).to.deep.equal([
      others[0],
      others[2],
      others[1],
    ]);
    expect(next[5]?.namespace).to.equal('media');
  });

  it('passes over a namespace’s turn for none of those it wants no more', () => {
    const unwanted = Array.from({ length: 3 }, (_, deadline) => item('asked', deadline, 'news'));
    const backlog = backlogOf(...unwanted, item('asked', 9, 'news'), item('asked', 5));
    for (const one of unwanted) backlog.withdraw(one);
    expect([backlog.next()?.deadline, backlog.next()?.deadline, backlog.next()]).to.deep.equal([
      9,
      5,
      undefined,
    ]);
  });

  it('goes by the deadlines alone where the schedule asks', () => {
    const backlog = backlogOf(item('due', 1), item('due', 2), item('due', 3, 'news'));
    expect([1, 2, 3].map(() => backlog.next()?.deadline)).to.deep.equal([1, 2, 3]);
  });

  it('serves who is asked for with the second turn at the latest, whichever turn it is', () => {
    for (let turns = 0; turns < 10; turns += 1) {
      const backlog = crowd('due', 'retry');
      for (let turn = 0; turn < turns; turn += 1) backlog.next();
      backlog.add(item('asked', 1_000));
      expect([backlog.next()?.lane, backlog.next()?.lane], `after ${turns} turns`).to.include('asked');
    }
  });

  it('skips who has withdrawn', () => {
    const gone = item('due', 1);
    const backlog = backlogOf(gone, item('due', 2));
    backlog.withdraw(gone);
    expect(backlog.next()?.deadline).to.equal(2);
    expect(backlog.next()).to.equal(undefined);
  });

  it('counts who waits, by lane and in all, without those withdrawn', () => {
    const gone = item('due', 1);
    const backlog = backlogOf(gone, item('due', 2), item('asked', 3));
    backlog.withdraw(gone);
    backlog.withdraw(gone);
    expect([backlog.size('due'), backlog.size('asked'), backlog.size('retry'), backlog.total]).to.deep.equal([
      1, 1, 0, 2,
    ]);
    backlog.next();
    expect(backlog.total).to.equal(1);
  });

  it('gives everybody who still waits when it is cleared, and holds nobody afterwards', () => {
    const gone = item('due', 1);
    const backlog = backlogOf(gone, item('due', 2), item('asked', 3));
    backlog.withdraw(gone);
    const cleared = backlog.clear();
    expect(cleared.map(({ name }) => name)).to.have.members(['due 2', 'asked 3']);
    for (const one of cleared) backlog.withdraw(one);
    expect([backlog.total, backlog.size('due'), backlog.next()]).to.deep.equal([0, 0, undefined]);
  });

  it('lets those go who are meant, still waiting, and keeps the others in their order', () => {
    const gone = item('due', 1);
    const backlog = backlogOf(gone, item('due', 4), item('due', 2), item('due', 3), item('asked', 9));
    backlog.withdraw(gone);
    const taken = backlog.take(({ deadline }) => deadline === 3 || deadline === 9);
    expect(taken.map(({ name }) => name)).to.have.members(['due 3', 'asked 9']);
    expect(taken.map(({ withdrawn }) => withdrawn)).to.deep.equal([false, false]);
    expect([...backlog].map(({ name }) => name)).to.have.members(['due 2', 'due 4']);
    expect([backlog.total, backlog.size('asked')]).to.deep.equal([2, 0]);
    expect([backlog.next()?.name, backlog.next()?.name, backlog.next()]).to.deep.equal([
      'due 2',
      'due 4',
      undefined,
    ]);
  });
});
