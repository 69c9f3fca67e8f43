// Who goes next, of those who wait.

import { expect } from 'chai';
import { Backlog, type Waiting } from '../../../../src/cloud/budget/backlog.ts';
import type { Priority } from '../../../../src/job/model/cloud-port.ts';

interface Item extends Waiting {
  readonly name: string;
}

function item(priority: Priority, deadline: number, namespace = 'media'): Item {
  return { priority, namespace, deadline, withdrawn: false, name: `${priority} ${deadline}` };
}

function backlogOf(...items: Item[]): Backlog<Item> {
  const backlog = new Backlog<Item>();
  for (const one of items) backlog.add(one);
  return backlog;
}

/** A hundred waiting in each of these priorities. */
function crowd(...priorities: Priority[]): Backlog<Item> {
  return backlogOf(
    ...priorities.flatMap((priority) => Array.from({ length: 100 }, (_, at) => item(priority, at))),
  );
}

function lanesOf(backlog: Backlog<Item>, turns: number): Record<string, number> {
  const taken = Array.from({ length: turns }, () => backlog.next()?.priority ?? 'nobody');
  return Object.fromEntries(
    [...new Set(taken)].map((priority) => [priority, taken.filter((l) => l === priority).length]),
  );
}

describe('a backlog', () => {
  it('gives nobody where nobody waits', () => {
    expect(backlogOf().next()).to.equal(undefined);
  });

  it('serves the earliest deadline of a lane first', () => {
    const backlog = backlogOf(item('scheduled', 3), item('scheduled', 1), item('scheduled', 2));
    expect([backlog.next()?.deadline, backlog.next()?.deadline, backlog.next()?.deadline]).to.deep.equal([
      1, 2, 3,
    ]);
  });

  it('keeps four turns of ten for due and one for retry, however many are asked for', () => {
    expect(lanesOf(crowd('urgent', 'scheduled', 'retry'), 20)).to.deep.equal({
      urgent: 10,
      scheduled: 8,
      retry: 2,
    });
  });

  it('keeps half of the turns for polls, also where all of them are due or none is', () => {
    expect(lanesOf(crowd('urgent', 'scheduled'), 20)).to.deep.equal({ urgent: 10, scheduled: 10 });
    expect(lanesOf(crowd('urgent', 'retry'), 20)).to.deep.equal({ urgent: 10, retry: 10 });
  });

  it('gives the turns of an empty lane to the others', () => {
    expect(lanesOf(crowd('urgent'), 10)).to.deep.equal({ urgent: 10 });
    expect(lanesOf(crowd('retry'), 10)).to.deep.equal({ retry: 10 });
    expect(lanesOf(crowd('scheduled', 'retry'), 10)).to.deep.equal({ scheduled: 9, retry: 1 });
  });

  it('serves the namespaces in turns where they ask, however much one asks for', () => {
    const backlog = crowd('urgent');
    const others = [item('urgent', 900, 'news'), item('urgent', 901, 'news'), item('urgent', 950, 'radio')];
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
    const unwanted = Array.from({ length: 3 }, (_, deadline) => item('urgent', deadline, 'news'));
    const backlog = backlogOf(...unwanted, item('urgent', 9, 'news'), item('urgent', 5));
    for (const one of unwanted) backlog.withdraw(one);
    expect([backlog.next()?.deadline, backlog.next()?.deadline, backlog.next()]).to.deep.equal([
      9,
      5,
      undefined,
    ]);
  });

  it('goes by the deadlines alone where the schedule asks', () => {
    const backlog = backlogOf(item('scheduled', 1), item('scheduled', 2), item('scheduled', 3, 'news'));
    expect([1, 2, 3].map(() => backlog.next()?.deadline)).to.deep.equal([1, 2, 3]);
  });

  it('serves who is asked for with the second turn at the latest, whichever turn it is', () => {
    for (let turns = 0; turns < 10; turns += 1) {
      const backlog = crowd('scheduled', 'retry');
      for (let turn = 0; turn < turns; turn += 1) backlog.next();
      backlog.add(item('urgent', 1_000));
      expect([backlog.next()?.priority, backlog.next()?.priority], `after ${turns} turns`).to.include(
        'urgent',
      );
    }
  });

  it('skips who has withdrawn', () => {
    const gone = item('scheduled', 1);
    const backlog = backlogOf(gone, item('scheduled', 2));
    backlog.withdraw(gone);
    expect(backlog.next()?.deadline).to.equal(2);
    expect(backlog.next()).to.equal(undefined);
  });

  it('counts who waits, by lane and in all, without those withdrawn', () => {
    const gone = item('scheduled', 1);
    const backlog = backlogOf(gone, item('scheduled', 2), item('urgent', 3));
    backlog.withdraw(gone);
    backlog.withdraw(gone);
    expect([
      backlog.size('scheduled'),
      backlog.size('urgent'),
      backlog.size('retry'),
      backlog.total,
    ]).to.deep.equal([1, 1, 0, 2]);
    backlog.next();
    expect(backlog.total).to.equal(1);
  });

  it('gives everybody who still waits when it is cleared, and holds nobody afterwards', () => {
    const gone = item('scheduled', 1);
    const backlog = backlogOf(gone, item('scheduled', 2), item('urgent', 3));
    backlog.withdraw(gone);
    const cleared = backlog.clear();
    expect(cleared.map(({ name }) => name)).to.have.members(['scheduled 2', 'urgent 3']);
    for (const one of cleared) backlog.withdraw(one);
    expect([backlog.total, backlog.size('scheduled'), backlog.next()]).to.deep.equal([0, 0, undefined]);
  });

  it('lets those go who are meant, still waiting, and keeps the others in their order', () => {
    const gone = item('scheduled', 1);
    const backlog = backlogOf(
      gone,
      item('scheduled', 4),
      item('scheduled', 2),
      item('scheduled', 3),
      item('urgent', 9),
    );
    backlog.withdraw(gone);
    const taken = backlog.take(({ deadline }) => deadline === 3 || deadline === 9);
    expect(taken.map(({ name }) => name)).to.have.members(['scheduled 3', 'urgent 9']);
    expect(taken.map(({ withdrawn }) => withdrawn)).to.deep.equal([false, false]);
    expect([...backlog].map(({ name }) => name)).to.have.members(['scheduled 2', 'scheduled 4']);
    expect([backlog.total, backlog.size('urgent')]).to.deep.equal([2, 0]);
    expect([backlog.next()?.name, backlog.next()?.name, backlog.next()]).to.deep.equal([
      'scheduled 2',
      'scheduled 4',
      undefined,
    ]);
  });
});
