// Which of the waiting callers goes next.

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

function prioritiesOf(backlog: Backlog<Item>, turns: number): Record<string, number> {
  const taken = Array.from({ length: turns }, () => backlog.next()?.priority ?? 'none');
  return Object.fromEntries(
    [...new Set(taken)].map((priority) => [priority, taken.filter((l) => l === priority).length]),
  );
}

describe('a backlog', () => {
  it('returns nothing while no caller waits', () => {
    expect(backlogOf().next()).to.equal(undefined);
  });

  it('serves the earliest deadline of a priority first', () => {
    const backlog = backlogOf(item('scheduled', 3), item('scheduled', 1), item('scheduled', 2));
    expect([backlog.next()?.deadline, backlog.next()?.deadline, backlog.next()?.deadline]).to.deep.equal([
      1, 2, 3,
    ]);
  });

  it('keeps four permits of ten for scheduled and one for retry, however many are urgent', () => {
    expect(prioritiesOf(crowd('urgent', 'scheduled', 'retry'), 20)).to.deep.equal({
      urgent: 10,
      scheduled: 8,
      retry: 2,
    });
  });

  it('keeps half of the permits for polls, also where all of them are scheduled or none is', () => {
    expect(prioritiesOf(crowd('urgent', 'scheduled'), 20)).to.deep.equal({ urgent: 10, scheduled: 10 });
    expect(prioritiesOf(crowd('urgent', 'retry'), 20)).to.deep.equal({ urgent: 10, retry: 10 });
  });

  it('leaves the turns of polls that are not late to urgent callers of their namespace', () => {
    const now = 1_000_000;
    const backlog = crowd('urgent');
    for (let at = 0; at < 10; at += 1) backlog.add(item('scheduled', now - 29_000 + at));
    const served = (permits: number, at: number) =>
      Array.from({ length: permits }, () => backlog.next(at)?.priority);
    expect(new Set(served(20, now))).to.deep.equal(new Set(['urgent']));
    expect(served(20, now + 2_000).filter((priority) => priority === 'scheduled')).to.have.length(10);
  });

  it('gives an urgent caller a permit although it is the turn of a poll, which gets its turn later', () => {
    const backlog = crowd('urgent', 'scheduled');
    const served = [...Array(4)].map(() => backlog.nextUrgent()?.priority);
    expect(served).to.deep.equal(Array(4).fill('urgent'));
    const next = [...Array(8)].map(() => backlog.next()?.priority);
    expect(next.slice(0, 4)).to.deep.equal(Array(4).fill('scheduled'));
    expect(next.slice(4).filter((priority) => priority === 'urgent')).to.have.length(2);
  });

  it('gives a namespace no urgent permit out of turn when it is far ahead of another', () => {
    const backlog = crowd('urgent');
    backlog.add(item('scheduled', 0, 'news'));
    const served = [...Array(20)].map(() => backlog.nextUrgent());
    expect(served.filter((one) => one !== undefined).length).to.be.within(5, 6);
  });

  it('keeps turns for late polls although permits for urgent callers come again and again', () => {
    const backlog = crowd('urgent', 'scheduled');
    for (const namespace of ['news', 'radio', 'sport'])
      for (let at = 0; at < 100; at += 1) backlog.add(item('scheduled', at, namespace));
    const served: (Item | undefined)[] = [];
    for (let burst = 0; burst < 20; burst += 1) {
      for (let permit = 0; permit < 6; permit += 1) served.push(backlog.next());
      for (let kept = 0; kept < 4; kept += 1) served.push(backlog.nextUrgent());
    }
    const ofMedia = served.filter((one) => one?.namespace === 'media');
    const polls = ofMedia.filter((one) => one?.priority === 'scheduled');
    expect(polls.length).to.be.within(ofMedia.length / 2 - 5, ofMedia.length / 2);
  });

  it('gives the permits of an empty priority to the others', () => {
    expect(prioritiesOf(crowd('urgent'), 10)).to.deep.equal({ urgent: 10 });
    expect(prioritiesOf(crowd('retry'), 10)).to.deep.equal({ retry: 10 });
    expect(prioritiesOf(crowd('scheduled', 'retry'), 10)).to.deep.equal({ scheduled: 8, retry: 2 });
  });

  it('serves the namespaces of urgent callers in rotation, however many callers one has', () => {
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

  it('does not spend a namespace’s turn on withdrawn items', () => {
    const unwanted = Array.from({ length: 3 }, (_, deadline) => item('urgent', deadline, 'news'));
    const backlog = backlogOf(...unwanted, item('urgent', 9, 'news'), item('urgent', 5));
    for (const one of unwanted) backlog.withdraw(one);
    expect([backlog.next()?.deadline, backlog.next()?.deadline, backlog.next()]).to.deep.equal([
      9,
      5,
      undefined,
    ]);
  });

  for (const priority of ['scheduled', 'retry'] as const)
    it(`serves the namespaces of ${priority} callers in rotation, however late those of one are`, () => {
      const backlog = crowd(priority);
      for (const deadline of [900, 901]) backlog.add(item(priority, deadline, 'news'));
      const next = Array.from({ length: 6 }, () => backlog.next()?.namespace);
      expect(next).to.deep.equal(['media', 'news', 'media', 'news', 'media', 'media']);
    });

  it('keeps no more than its half for a namespace whose urgent callers never end', () => {
    const backlog = crowd('urgent');
    for (let at = 0; at < 100; at += 1) backlog.add(item('scheduled', at, 'news'));
    const next = Array.from({ length: 100 }, () => backlog.next()?.namespace);
    expect(next.filter((namespace) => namespace === 'news').length).to.be.within(47, 53);
  });

  it('does not let a namespace be served first again because it leaves its queue empty between calls', () => {
    const backlog = new Backlog<Item>();
    const others = ['news', 'radio', 'sports'];
    for (const other of others) for (let at = 0; at < 100; at += 1) backlog.add(item('scheduled', at, other));
    let served = 0;
    for (let permit = 0; permit < 100; permit += 1) {
      if (!backlog.size('urgent')) backlog.add(item('urgent', permit));
      if (backlog.next()?.namespace === 'media') served += 1;
    }
    expect(served).to.be.within(25, 31);
  });

  it('serves an urgent caller with the second permit at the latest, whichever permit it is', () => {
    for (let turns = 0; turns < 10; turns += 1) {
      const backlog = crowd('scheduled', 'retry');
      for (let turn = 0; turn < turns; turn += 1) backlog.next();
      backlog.add(item('urgent', 1_000));
      expect([backlog.next()?.priority, backlog.next()?.priority], `after ${turns} permits`).to.include(
        'urgent',
      );
    }
  });

  it('skips withdrawn items', () => {
    const gone = item('scheduled', 1);
    const backlog = backlogOf(gone, item('scheduled', 2));
    backlog.withdraw(gone);
    expect(backlog.next()?.deadline).to.equal(2);
    expect(backlog.next()).to.equal(undefined);
  });

  it('counts the waiting items by priority and in all, without the withdrawn ones', () => {
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

  it('forgets items that are withdrawn, although others wait before them', () => {
    const backlog = backlogOf(item('urgent', 0), item('urgent', 1));
    let looks = 0;
    for (let deadline = 2; deadline < 10_000; deadline += 1) {
      const gone = item('urgent', deadline);
      let withdrawn = false;
      Object.defineProperty(gone, 'withdrawn', {
        get: () => {
          looks += 1;
          return withdrawn;
        },
        set: (value: boolean) => {
          withdrawn = value;
        },
      });
      backlog.add(gone);
      backlog.withdraw(gone);
    }
    looks = 0;
    expect([...backlog].map(({ deadline }) => deadline)).to.deep.equal([0, 1]);
    expect(looks).to.be.lessThan(100);
  });

  it('forgets a namespace whose items are all withdrawn, although others wait', () => {
    const backlog = backlogOf(item('urgent', 0), item('urgent', 1));
    for (let number = 0; number < 1_000; number += 1) {
      const gone = item('urgent', 2, `made-up-${number}`);
      backlog.add(gone);
      backlog.withdraw(gone);
    }
    expect(backlog.namespaces).to.equal(1);
  });

  it('does not count a permit for a namespace whose request did not use it', () => {
    const backlog = new Backlog<Item>();
    const used = { parked: 0, busy: 0 };
    const parked = new Set<Item>();
    for (let number = 0; number < 200; number += 1) {
      backlog.add(item('scheduled', number, 'parked'));
      backlog.add(item('scheduled', number, 'busy'));
    }
    while (used.parked + used.busy < 100) {
      const next = backlog.next() as Item;
      if (next.namespace === 'busy') used.busy += 1;
      // Each is parked once, and calls when it comes again.
      else if (parked.has(next)) used.parked += 1;
      else {
        parked.add(next);
        backlog.refund(next.namespace);
        backlog.add(next);
      }
    }
    expect(used).to.deep.equal({ parked: 50, busy: 50 });
  });

  it('withdraws every item when it is cleared', () => {
    const items = [item('scheduled', 2), item('urgent', 3)];
    const backlog = backlogOf(...items);
    backlog.clear();
    for (const one of items) backlog.withdraw(one);
    expect(items.map(({ withdrawn }) => withdrawn)).to.deep.equal([true, true]);
    expect([backlog.total, backlog.size('scheduled'), backlog.next()]).to.deep.equal([0, 0, undefined]);
  });
});
