/** Each invariant is violated by what it forbids, and by nothing else. */
import { expect } from 'chai';
import type { Moment, SeenProcess, StoredStatus } from '../../observer/moment.ts';
import { FreshInTime } from '../fresh-in-time.ts';
import { NoLeak } from '../no-leak.ts';
import { NoSecret } from '../no-secret.ts';
import { NoUnwantedEnd } from '../no-unwanted-end.ts';
import { OneEvent } from '../one-event.ts';
import { OneWriter } from '../one-writer.ts';
import { OnlyNews } from '../only-news.ts';
import type { Invariant } from '../parts/invariant.ts';
import { Truthful } from '../truthful.ts';
import { WithinBudget } from '../within-budget.ts';
import { disturbance, JOB, moment, NOW, object, RIGHT, write } from './moments.ts';

const SECOND = 1_000;

const violations = (invariant: Invariant, ...moments: Partial<Moment>[]): number => {
  for (const each of moments) invariant.check(moment(each));
  return invariant.violated;
};

describe('the invariant of true statuses', () => {
  const wrong = { objects: [{ object: object({ ...RIGHT, state: 'Unknown' }), changedAt: 0 }] };

  it('is violated by a status that is still wrong after two intervals and 60 s', () => {
    expect(violations(new Truthful(), {})).to.equal(0);
    expect(violations(new Truthful(), wrong)).to.equal(1);
  });

  it('waits for two intervals and 60 s after a change of the job, of the object, and after a fault', () => {
    const changedAt = NOW - 79 * SECOND;
    expect(
      violations(new Truthful(), { ...wrong, jobs: new Map([['c/j', { ...JOB, changedAt }]]) }),
    ).to.equal(0);
    const changed = wrong.objects.map((each) => ({ ...each, changedAt }));
    expect(violations(new Truthful(), { objects: changed })).to.equal(0);
    const during = [disturbance({ from: 0, until: changedAt })];
    expect(violations(new Truthful(), { ...wrong, disturbances: during })).to.equal(0);
  });

  it('does not wait for a fault of another account', () => {
    const disturbances = [disturbance({ accounts: ['another'], until: NOW })];
    expect(violations(new Truthful(), { ...wrong, disturbances })).to.equal(1);
  });
});

describe('the invariant of the budget', () => {
  it('is violated by one call too many in 60 s', () => {
    expect(violations(new WithinBudget(10), { mostPerMinute: new Map([['a', 10]]) })).to.equal(0);
    expect(violations(new WithinBudget(10), { mostPerMinute: new Map([['a', 11]]) })).to.equal(1);
  });
});

describe('the invariant of one writer', () => {
  const claims = [
    { at: NOW, holder: 'a' },
    { at: NOW + 10, holder: 'b' },
  ];
  const writes = [
    write({ at: NOW + 1, version: 1 }),
    write({ at: NOW + 11, version: 2, writer: 'b' }),
    write({ at: NOW + 12, version: 3, writer: 'a' }),
  ];

  it('is violated by a write of the last leader after one of the next', () => {
    expect(violations(new OneWriter(), { claims, writes: writes.slice(0, 2) })).to.equal(0);
    expect(violations(new OneWriter(), { claims, writes })).to.equal(1);
  });

  it('accepts a leader that has claimed the Lease again', () => {
    const again = [...claims, { at: NOW + 12, holder: 'a' }];
    expect(violations(new OneWriter(), { claims: again, writes })).to.equal(0);
  });

  it('is violated by a write of a process that never held the Lease', () => {
    expect(violations(new OneWriter(), { claims: [], writes: writes.slice(0, 1) })).to.equal(1);
  });
});

describe('the invariant of freshness', () => {
  const call = {
    time: NOW,
    code: 'OK',
    operation: 'Get',
    accountID: JOB.accountID,
    clusterID: 'c',
    jobID: 'j',
  };
  const later = { now: NOW + 71 * SECOND };

  it('is violated by Fresh after the window of 3 intervals and 30 s, with 10 s for the write', () => {
    expect(violations(new FreshInTime(), { calls: [call] }, { now: NOW + 70 * SECOND })).to.equal(0);
    expect(violations(new FreshInTime(), { calls: [call] }, later)).to.equal(1);
  });

  it('does not count a call that failed', () => {
    const failed = { ...call, code: 'ServiceUnavailable', time: NOW + 60 * SECOND };
    expect(violations(new FreshInTime(), { calls: [call] }, { ...later, calls: [failed] })).to.equal(1);
  });

  it('expects nothing of a leader that has not had the API server for a window', () => {
    const disturbances = [disturbance({ ofOperators: true, until: NOW + 5 * SECOND })];
    expect(violations(new FreshInTime(), { calls: [call] }, { ...later, disturbances })).to.equal(0);
  });
});

describe('the invariant of news', () => {
  it('is violated by a write that changes the dates only', () => {
    const again = write({ version: 2, status: observedAt(NOW + 60 * SECOND) });
    expect(violations(new OnlyNews(), { writes: [write({ status: observedAt(NOW) }), again] })).to.equal(1);
  });

  it('accepts a change, a heartbeat, and the correction of a time of the future', () => {
    const at = (version: number, time: number) =>
      write({ version, status: { ...observedAt(time), state: 'NotStarted' } });
    const writes = [
      write({ status: observedAt(NOW) }),
      at(2, NOW),
      at(3, NOW + 400 * SECOND),
      at(4, NOW + 20 * SECOND),
    ];
    expect(violations(new OnlyNews(), { writes })).to.equal(0);
  });
});

describe('the invariant of events', () => {
  const found = { at: NOW, uid: 'u', reason: 'JobFound' };
  const later = { now: NOW + 30 * SECOND };

  it('is violated by a transition without an event, and by a second event', () => {
    expect(violations(new OneEvent(), { writes: [write()], events: [found] }, later)).to.equal(0);
    expect(violations(new OneEvent(), { writes: [write()] }, later)).to.equal(1);
    expect(violations(new OneEvent(), { writes: [write()], events: [found, found] }, later)).to.equal(1);
  });

  it('expects nothing after a write whose answer leaves open whether it was stored', () => {
    const writes = [write(), write({ version: 2, isAccepted: false }), write({ version: 3 })];
    const recovered = { ...found, reason: 'ObservationRecovered' };
    expect(violations(new OneEvent(), { writes, events: [found, recovered] }, later)).to.equal(0);
    const withoutMore = { writes: writes.slice(0, 2), events: [found, recovered] };
    expect(violations(new OneEvent(), withoutMore, later)).to.equal(0);
  });

  it('accepts a missing event that the operator counted as dropped, or whose leader ended', () => {
    const metrics = new Map([['edgetranscode_events_dropped_total', 1]]);
    expect(
      violations(new OneEvent(), { writes: [write()], processes: [process({ metrics })] }, later),
    ).to.equal(0);
    const disturbances = [disturbance({ ofOperators: true, from: NOW + SECOND })];
    expect(
      violations(new OneEvent(), { writes: [write()], disturbances }, { ...later, disturbances }),
    ).to.equal(0);
  });
});

describe('the invariant of leaks', () => {
  it('is violated by sockets that grow from one calm to the next', () => {
    const holding = (sockets: number) => ({ processes: [process({ sockets })] });
    expect(violations(new NoLeak(), holding(10), holding(20))).to.equal(0);
    expect(violations(new NoLeak(), holding(10), holding(50))).to.equal(1);
  });
});

describe('the invariant of ends', () => {
  const log = (text: string) => ({ texts: [{ where: 'log of a', text }] });

  it('is violated by an end that no fault wanted, and by an unexpected rejection', () => {
    expect(violations(new NoUnwantedEnd(), { unwantedEnds: [{ name: 'a', how: 'exit code 1' }] })).to.equal(
      1,
    );
    expect(violations(new NoUnwantedEnd(), log('{"msg":"unexpected rejection"}\n'))).to.equal(1);
    expect(violations(new NoUnwantedEnd(), log('(node:1) Warning: a leak\n'))).to.equal(1);
    expect(violations(new NoUnwantedEnd(), log('{"msg":"starting"}\n'))).to.equal(0);
  });
});

describe('the invariant of secrets', () => {
  it('is violated by a text with a secret', () => {
    const find = (text: string) => (text.includes('secret') ? ['secret'] : []);
    expect(violations(new NoSecret(find), { texts: [{ where: 'log', text: 'a secret' }] })).to.equal(1);
    expect(violations(new NoSecret(find), { texts: [{ where: 'log', text: 'nothing' }] })).to.equal(0);
  });
});

function observedAt(time: number): StoredStatus {
  return { ...RIGHT, lastObservedTime: new Date(time).toISOString() };
}

function process(given: Partial<SeenProcess>): SeenProcess {
  const metrics = new Map<string, number>();
  return { name: 'a', pid: 1, startedAt: 0, sockets: 10, residentBytes: 0, metrics, ...given };
}
