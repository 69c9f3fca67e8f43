// The election of the leader, step by step.

import { expect } from 'chai';
import {
  type ElectionAction,
  type ElectionInput,
  type ElectionState,
  type LeaseRecord,
  leads,
  START,
  step,
} from '../../../../src/kube/election/lease-machine.ts';

const NOW = 1_000_000;
const SETTINGS = { identity: 'me', renewDeadlineMs: 9_000, retryMs: 2_000 };
const READ: ElectionAction = { kind: 'read' };

function lease(holder: string, version = 7): LeaseRecord {
  return { resourceVersion: String(version), holder, durationMs: 15_000 };
}

function following(record: LeaseRecord | undefined, claimAt: number): ElectionState {
  return { phase: 'following', record, claimAt };
}

function leading(record: LeaseRecord | undefined, sentAt = NOW): ElectionState {
  return { phase: 'leading', record, renewAt: sentAt + 3_000, until: sentAt + 9_000 };
}

function waits(until: number): ElectionAction {
  return { kind: 'wait', until };
}

function claims(record: LeaseRecord | undefined): ElectionAction {
  return { kind: 'claim', record };
}

function seen(record: LeaseRecord, now = NOW): ElectionInput {
  return { kind: 'seen', record, now };
}

/** @param asOf the version that was known when the read was sent */
function read(record: LeaseRecord, now = NOW, asOf = '7'): ElectionInput {
  return { kind: 'read', record, asOf, now };
}

function due(now: number): ElectionInput {
  return { kind: 'scheduled', now };
}

/** The result of an input, as [state, action]. */
function taking(state: ElectionState, input: ElectionInput): [ElectionState, ElectionAction] {
  const result = step(state, input, SETTINGS);
  return [result.state, result.action];
}

describe('the lease machine, at the start', () => {
  it('reads the Lease first', () => {
    expect(taking(START, due(NOW))[1]).to.deep.equal(READ);
  });

  it('creates a Lease where there is none', () => {
    expect(taking(START, { kind: 'missing', now: NOW })).to.deep.equal([
      following(undefined, NOW),
      claims(undefined),
    ]);
  });

  it('claims a free Lease immediately', () => {
    expect(taking(START, seen(lease('')))).to.deep.equal([following(lease(''), NOW), claims(lease(''))]);
  });

  it('gives a holder its whole duration from now, however long ago it renewed', () => {
    expect(taking(START, seen(lease('other')))).to.deep.equal([
      following(lease('other'), NOW + 15_000),
      waits(NOW + 15_000),
    ]);
  });

  it('reads again after a pause when the read was refused', () => {
    const [state, action] = taking(START, { kind: 'unread', sentAt: NOW, now: NOW + 100 });
    expect(action).to.deep.equal(waits(NOW + 2_000));
    expect(taking(state, due(NOW + 2_000))[1]).to.deep.equal(READ);
  });
});

describe('the lease machine, while another leads', () => {
  const OTHER = following(lease('other'), NOW + 15_000);

  it('restarts the duration with each change of the record', () => {
    expect(taking(OTHER, seen(lease('other', 8), NOW + 5_000))).to.deep.equal([
      following(lease('other', 8), NOW + 20_000),
      waits(NOW + 20_000),
    ]);
  });

  it('waits for the duration that the holder wrote, not for its own', () => {
    const record = { ...lease('other', 8), durationMs: 60_000 };
    expect(taking(OTHER, seen(record))[1]).to.deep.equal(waits(NOW + 60_000));
  });

  for (const version of [7, 6])
    it(`does not restart the duration with version ${version}, which is known or older`, () => {
      expect(taking(OTHER, seen(lease('other', version), NOW + 5_000))).to.deep.equal([
        OTHER,
        waits(NOW + 15_000),
      ]);
    });

  it('claims the version that stayed unchanged for its duration', () => {
    expect(taking(OTHER, due(NOW + 14_999))[1]).to.deep.equal(waits(NOW + 15_000));
    expect(taking(OTHER, due(NOW + 15_000))[1]).to.deep.equal(claims(lease('other')));
  });

  it('claims a released Lease immediately', () => {
    expect(taking(OTHER, seen(lease('', 8)))[1]).to.deep.equal(claims(lease('', 8)));
  });

  it('waits for a whole duration when the Lease was deleted: it may have missed a renewal', () => {
    const [state, action] = taking(OTHER, { kind: 'missing', now: NOW + 20_000 });
    expect(action).to.deep.equal(waits(NOW + 35_000));
    expect(taking(state, { kind: 'missing', now: NOW + 30_000 })[1]).to.deep.equal(waits(NOW + 35_000));
    expect(taking(state, due(NOW + 35_000))[1]).to.deep.equal(claims(undefined));
  });

  it('reads when its claim came too late, and restarts the duration', () => {
    const [state, action] = taking(OTHER, { kind: 'conflict', base: '7', now: NOW + 15_000 });
    expect(action).to.deep.equal(READ);
    expect(taking(state, read(lease('third', 9), NOW + 15_001))[1]).to.deep.equal(waits(NOW + 30_001));
  });

  it('claims immediately what a read shows as released', () => {
    expect(taking(OTHER, read(lease('', 8)))).to.deep.equal([
      following(lease('', 8), NOW),
      claims(lease('', 8)),
    ]);
  });

  it('waits for a holder that it sees after the Lease was deleted', () => {
    const [state] = taking(OTHER, { kind: 'missing', now: NOW + 1 });
    expect(taking(state, seen(lease('third', 8), NOW + 2))[1]).to.deep.equal(waits(NOW + 15_002));
  });

  it('believes a newer version that it reads, although it saw another meanwhile', () => {
    const [state, action] = taking(OTHER, read(lease('third', 9), NOW + 1, '6'));
    expect([state, action]).to.deep.equal([following(lease('third', 9), NOW + 15_001), waits(NOW + 15_001)]);
  });

  it('pauses when reading shows nothing new after a conflict', () => {
    const [state] = taking(OTHER, { kind: 'conflict', base: '7', now: NOW + 15_000 });
    expect(taking(state, read(lease('other'), NOW + 15_001))[1]).to.deep.equal(waits(NOW + 17_000));
  });

  it('retries after a pause when its claim failed', () => {
    expect(taking(OTHER, { kind: 'failed', sentAt: NOW + 15_000, now: NOW + 15_500 })[1]).to.deep.equal(
      waits(NOW + 17_000),
    );
  });

  it('claims again immediately when it sees that a claim without an answer was accepted', () => {
    expect(taking(OTHER, seen(lease('me', 8)))).to.deep.equal([
      following(lease('me', 8), NOW),
      claims(lease('me', 8)),
    ]);
  });

  it('leads from before its claim was sent, once it is accepted', () => {
    const input = { kind: 'claimed', record: lease('me', 8), sentAt: NOW, now: NOW + 900 } as const;
    expect(taking(OTHER, input)).to.deep.equal([leading(lease('me', 8)), waits(NOW + 3_000)]);
  });

  it('does not lead after an answer that took longer than a lead lasts', () => {
    const input = { kind: 'claimed', record: lease('me', 8), sentAt: NOW, now: NOW + 10_000 } as const;
    expect(taking(OTHER, input)).to.deep.equal([
      following(lease('me', 8), NOW + 10_000),
      claims(lease('me', 8)),
    ]);
  });

  it('does not lead after an answer that the watch has overtaken', () => {
    const overtaken = following(lease('third', 9), NOW + 15_000);
    const input = { kind: 'claimed', record: lease('me', 8), sentAt: NOW, now: NOW + 1 } as const;
    expect(taking(overtaken, input)[0]).to.deep.equal(overtaken);
  });

  it('leads when the watch was faster than the answer', () => {
    const known = following(lease('me', 8), NOW);
    const input = { kind: 'claimed', record: lease('me', 8), sentAt: NOW, now: NOW + 1 } as const;
    expect(taking(known, input)[0]).to.deep.equal(leading(lease('me', 8)));
  });
});

describe('the lease machine, while it leads', () => {
  const MINE = leading(lease('me'));

  it('renews after a third of the renew deadline', () => {
    expect(taking(MINE, due(NOW + 2_999))[1]).to.deep.equal(waits(NOW + 3_000));
    expect(taking(MINE, due(NOW + 3_000))[1]).to.deep.equal(claims(lease('me')));
  });

  it('renews no sooner than after a retry period', () => {
    const input = { kind: 'claimed', record: lease('me', 8), sentAt: NOW, now: NOW + 1 } as const;
    const { action } = step(following(lease('me', 7), NOW), input, { ...SETTINGS, retryMs: 4_000 });
    expect(action).to.deep.equal(waits(NOW + 4_000));
  });

  it('prolongs the lead from when the renewal was sent', () => {
    const input = {
      kind: 'claimed',
      record: lease('me', 8),
      sentAt: NOW + 2_000,
      now: NOW + 3_000,
    } as const;
    expect(taking(MINE, input)[0]).to.deep.equal(leading(lease('me', 8), NOW + 2_000));
  });

  it('ends at the renew deadline, and claims again immediately', () => {
    expect(leads(MINE, NOW + 8_999)).to.equal(true);
    expect(leads(MINE, NOW + 9_000)).to.equal(false);
    expect(taking(MINE, due(NOW + 9_000))).to.deep.equal([
      following(lease('me'), NOW + 9_000),
      claims(lease('me')),
    ]);
  });

  it('ends at the deadline whatever input comes first after a sleep', () => {
    for (const input of [
      { kind: 'failed', sentAt: NOW + 3_000, now: NOW + 60_000 },
      { kind: 'seen', record: lease('me', 8), now: NOW + 60_000 },
      { kind: 'claimed', record: lease('me', 8), sentAt: NOW + 2_000, now: NOW + 60_000 },
    ] as const)
      expect(taking(MINE, input)[0].phase, input.kind).to.equal('following');
  });

  it('retries after a failure until the deadline', () => {
    const [state, action] = taking(MINE, { kind: 'failed', sentAt: NOW + 5_000, now: NOW + 5_500 });
    expect(action).to.deep.equal(waits(NOW + 7_000));
    const again = { kind: 'failed', sentAt: NOW + 8_000, now: NOW + 8_500 } as const;
    expect(taking(state, again)[1]).to.deep.equal(waits(NOW + 9_000));
  });

  it('renews in time although a read has failed', () => {
    const [state, action] = taking(MINE, { kind: 'unread', sentAt: NOW + 2_900, now: NOW + 2_950 });
    expect([state, action]).to.deep.equal([MINE, waits(NOW + 3_000)]);
  });

  it('repeats a call that got no answer at once: its deadline was the pause', () => {
    const input = { kind: 'failed', sentAt: NOW + 3_000, now: NOW + 7_500 } as const;
    expect(taking(MINE, input)[1]).to.deep.equal(claims(lease('me')));
  });

  it('ends when another process holds the Lease', () => {
    expect(taking(MINE, seen(lease('other', 8)))[0]).to.deep.equal(
      following(lease('other', 8), NOW + 15_000),
    );
  });

  it('renews at once after a conflict with a version of its own, which the read or the watch brings', () => {
    const conflict = { kind: 'conflict', base: '7', now: NOW + 8_000 } as const;
    const [conflicting] = taking(MINE, conflict);
    expect(taking(conflicting, read(lease('me', 8), NOW + 8_001))[1]).to.deep.equal(claims(lease('me', 8)));
    const [overtaken] = taking(MINE, seen(lease('me', 8), NOW + 7_999));
    const [state] = taking(overtaken, conflict);
    expect(taking(state, read(lease('me', 8), NOW + 8_001, '8'))[1]).to.deep.equal(claims(lease('me', 8)));
  });

  it('pauses after a conflict where the read shows nothing new', () => {
    const [state] = taking(MINE, { kind: 'conflict', base: '7', now: NOW + 3_000 });
    expect(taking(state, read(lease('me', 7), NOW + 3_001))[1]).to.deep.equal(waits(NOW + 5_000));
  });

  it('continues when a person has edited other fields of the Lease, and renews that version', () => {
    const [state] = taking(MINE, { kind: 'conflict', base: '7', now: NOW + 2_000 });
    const [renewing] = taking(state, read(lease('me', 8), NOW + 2_001));
    expect(leads(renewing, NOW + 2_001)).to.equal(true);
    expect(taking(renewing, due(NOW + 4_000))[1]).to.deep.equal(claims(lease('me', 8)));
  });

  it('recreates a deleted Lease immediately', () => {
    expect(taking(MINE, { kind: 'missing', now: NOW + 500 })[1]).to.deep.equal(claims(undefined));
  });

  it('ignores its own renewals in the watch', () => {
    expect(taking(MINE, seen(lease('me', 7), NOW + 1))[0]).to.deep.equal(MINE);
  });
});

describe('the lease machine, after etcd was restored from a backup', () => {
  const OTHER = following(lease('other', 900), NOW + 15_000);
  const MINE = leading(lease('me', 900));

  for (const holder of ['other', 'third', 'me', ''])
    it(`believes a read of an older version with the holder "${holder}", and waits for a whole duration`, () => {
      const [conflicting] = taking(OTHER, { kind: 'conflict', base: '900', now: NOW + 15_000 });
      const [state, action] = taking(conflicting, read(lease(holder, 50), NOW + 15_001, '900'));
      expect(action).to.deep.equal(waits(NOW + 30_001));
      expect(taking(state, due(NOW + 30_001))[1]).to.deep.equal(claims(lease(holder, 50)));
    });

  it('continues to lead when the restored Lease names it, and renews that version', () => {
    const [state] = taking(MINE, read(lease('me', 50), NOW + 2_001, '900'));
    expect(leads(state, NOW + 2_001)).to.equal(true);
    expect(taking(state, due(NOW + 3_000))[1]).to.deep.equal(claims(lease('me', 50)));
  });

  for (const holder of ['other', ''])
    it(`stops leading when the restored Lease has the holder "${holder}"`, () => {
      const [state] = taking(MINE, read(lease(holder, 50), NOW + 2_001, '900'));
      expect(state).to.deep.equal(following(lease(holder, 50), NOW + 17_001));
    });

  it('leads by a claim of the restored version', () => {
    const known = following(lease('other', 50), NOW);
    const input = { kind: 'claimed', record: lease('me', 51), sentAt: NOW, now: NOW + 1 } as const;
    expect(taking(known, input)[0]).to.deep.equal(leading(lease('me', 51)));
  });

  it('does not believe a read that was overtaken by a claim', () => {
    expect(taking(MINE, read(lease('other', 899), NOW + 1, '899'))[0]).to.deep.equal(MINE);
  });
});
