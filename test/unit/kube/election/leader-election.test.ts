// Processes that share a Lease, each with its own clock, on one API server, stepped through faults.

import { expect } from 'chai';
import { LeaderElection, type LeaderElectionParts } from '../../../../src/kube/election/leader-election.ts';
import type { Lease } from '../../../../src/kube/election/lease-client.ts';
import { Candidate, DURATION_MS, RENEWED_EVERY_MS, TIMING } from '../../kit/candidate.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { FakeLease } from '../../kit/fakes/fake-lease.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';

const LATENCY_MS = 5;

describe('an election', () => {
  let world: FakeClock;
  let lease: FakeLease;
  let first: Candidate;
  let second: Candidate;

  beforeEach(async () => {
    world = new FakeClock();
    lease = new FakeLease(world, { durationMs: DURATION_MS, deadlineMs: 5_000, latency: () => LATENCY_MS });
    first = new Candidate('first', world, lease);
    await world.advance(100);
    second = new Candidate('second', world, lease);
    await world.advance(100);
  });

  it('is won by the first process, and both know it', () => {
    expect([first.isLeading, second.isLeading]).to.deep.equal([true, false]);
    expect([first.election.isSettled, second.election.isSettled]).to.deep.equal([true, true]);
    expect(first.said()).to.deep.equal(['info · took the lead']);
    expect(second.said()).to.deep.equal(['info · waiting for the lead · first']);
  });

  it('is not settled before the Lease has been read', async () => {
    lease.stall();
    const third = new Candidate('third', world, lease);
    await world.advance(20_000);
    expect(third.election.isSettled).to.equal(false);
    lease.resume();
    await world.advance(TIMING.retryMs + 100);
    expect(third.election.isSettled).to.equal(true);
    expect(third.said()).to.include('info · reading the Lease works again');
  });

  it('lasts while the leader renews', async () => {
    await world.advance(600_000);
    expect([first.terms.length, second.terms.length]).to.deep.equal([1, 0]);
    expect(first.terms[0]?.holds()).to.equal(true);
    expect(second.said()).to.have.lengthOf(1);
  });

  it('costs the leader three requests in each renew deadline, and the others none', async () => {
    const before = lease.processed.length;
    await world.advance(60_000);
    const made = lease.processed.slice(before);
    expect(new Set(made)).to.deep.equal(new Set(['first claim']));
    expect(made).to.have.lengthOf.within(17, 18);
  });

  it('hands over in milliseconds when the leader stops', async () => {
    first.stop();
    await world.advance(10 * LATENCY_MS);
    await first.ended;
    expect([first.isLeading, second.isLeading]).to.deep.equal([false, true]);
    expect(first.said().at(-1)).to.equal('info · released the lead');
  });

  it('hands over within the lease duration when the leader dies', async () => {
    first.clock.freeze();
    await world.advance(DURATION_MS - RENEWED_EVERY_MS - 1);
    expect(second.isLeading).to.equal(false);
    await world.advance(RENEWED_EVERY_MS + 10 * LATENCY_MS);
    expect(second.isLeading).to.equal(true);
  });

  it('ends the term of a process that slept through the deadline, before it does anything', async () => {
    const [term] = first.terms;
    first.clock.freeze();
    await world.advance(60_000);
    expect(second.isLeading).to.equal(true);
    // The network is processed before the timers: its answers check `holds`.
    let mayAct: boolean | undefined;
    first.clock.receive(() => {
      mayAct = term?.holds();
    });
    first.clock.thaw();
    expect(mayAct).to.equal(false);
    expect(term?.signal.aborted).to.equal(true);
    await world.advance(1_000);
    expect([first.isLeading, second.isLeading]).to.deep.equal([false, true]);
    expect(first.said().slice(1)).to.deep.equal([
      'warn · lost the lead · first · it was not renewed in time',
      'info · waiting for the lead · second',
    ]);
  });

  it('ends immediately when `holds` is checked after the deadline, though no timer fired', async () => {
    const [term] = first.terms;
    lease.stall();
    // Time passes and nothing runs, not even the timers of the world.
    const ahead = world.now() + TIMING.renewDeadlineMs;
    first.clock.freeze();
    await world.advance(TIMING.renewDeadlineMs);
    expect(world.now()).to.equal(ahead);
    expect(term?.signal.aborted).to.equal(false);
    expect(term?.holds()).to.equal(false);
    expect(term?.signal.aborted).to.equal(true);
  });

  it('ends before the Lease when the API server stalls, and begins again when it is back', async () => {
    lease.stall();
    await world.advance(TIMING.renewDeadlineMs);
    expect([first.isLeading, second.isLeading]).to.deep.equal([false, false]);
    expect(first.terms[0]?.signal.aborted).to.equal(true);
    await world.advance(60_000);
    lease.resume();
    await world.advance(5_000);
    expect([first, second].filter(({ isLeading }) => isLeading)).to.have.lengthOf(1);
    expect(warnings(first)).to.deep.equal([
      'warn · writing the Lease failed · TimeoutError',
      'warn · lost the lead · first · it was not renewed in time',
    ]);
    expect(first.said()).to.include('info · writing the Lease works again');
  });

  for (const [when, beforeMs] of [
    ['just before', 10],
    ['just after', RENEWED_EVERY_MS - 50],
  ] as const)
    it(`survives a stall of 6 s that begins ${when} a renewal`, async () => {
      const { length } = lease.processed;
      while (lease.processed.length === length) await world.advance(10);
      await world.advance(RENEWED_EVERY_MS - beforeMs);
      lease.stall();
      await world.advance(6_000);
      lease.resume();
      await world.advance(60_000);
      expect([first.terms.length, first.isLeading]).to.deep.equal([1, true]);
    });

  it('repeats a renewal without an answer as soon as its deadline is over', async () => {
    const before = lease.processed.length;
    lease.stall();
    await world.advance(RENEWED_EVERY_MS + 5_000 + 100);
    lease.resume();
    expect(lease.processed.slice(before)).to.deep.equal(['first claim', 'first claim']);
  });

  it('repeats a read without an answer as soon as its deadline is over', async () => {
    lease.stall();
    new Candidate('third', world, lease);
    await world.advance(5_000 + 100);
    lease.resume();
    expect(lease.processed.filter((each) => each === 'third read')).to.have.lengthOf(2);
  });

  it('ignores wall clocks that step', async () => {
    first.clock.wallOffsetMs = -3_600_000;
    second.clock.wallOffsetMs = 3_600_000;
    await world.advance(60_000);
    second.clock.wallOffsetMs = -86_400_000;
    await world.advance(60_000);
    expect([first.terms.length, second.terms.length]).to.deep.equal([1, 0]);
  });

  it('loses the lead when a person writes another holder into the Lease', async () => {
    lease.set({ holder: 'other' });
    await world.advance(100);
    expect(first.isLeading).to.equal(false);
    expect(first.said().slice(1)).to.deep.equal([
      'warn · lost the lead · other · it was taken',
      'info · waiting for the lead · other',
    ]);
  });

  it('keeps the leader when the Lease is deleted, and no watch says it', async () => {
    lease.watches = 'are silent';
    lease.set(undefined);
    await world.advance(5_000);
    expect(lease.record?.holder).to.equal('first');
    expect([first.terms.length, first.isLeading, warnings(first)]).to.deep.equal([1, true, []]);
  });

  it('says that the Lease can be watched again', async () => {
    lease.watches = 'fail';
    const third = new Candidate('third', world, lease);
    await world.advance(4_000);
    lease.watches = 'work';
    await world.advance(2 * TIMING.retryMs);
    expect(third.said()).to.include('info · watching the Lease works again');
  });

  it('keeps the leader when the Lease is deleted', async () => {
    lease.set(undefined);
    await world.advance(5_000);
    expect(lease.record?.holder).to.equal('first');
    expect([first.terms.length, first.isLeading, second.terms.length]).to.deep.equal([1, true, 0]);
  });

  it('follows the Lease by reading where it cannot be watched', async () => {
    lease.watches = 'fail';
    const third = new Candidate('third', world, lease);
    await world.advance(4_000);
    expect(warnings(third)).to.deep.equal(['warn · watching the Lease failed · HTTP 403']);
    second.stop();
    first.stop();
    await world.advance(2 * TIMING.retryMs);
    expect(third.isLeading).to.equal(true);
  });

  it('reads the Lease once in a retry period where its watch ends at once', async () => {
    lease.watches = 'fail';
    new Candidate('third', world, lease);
    await world.advance(100);
    const before = lease.processed.length;
    await world.advance(30_000);
    const reads = lease.processed.slice(before).filter((each) => each === 'third read');
    expect(reads).to.have.lengthOf.within(10, 16);
  });

  it('is safe when the watch is dead, because a claim of an old version is refused', async () => {
    lease.watches = 'are silent';
    await world.advance(60_000);
    expect([first.terms.length, second.terms.length]).to.deep.equal([1, 0]);
    expect(lease.processed).to.include('second claim');
  });

  for (const holder of ['first', 'second', 'third, which is gone', ''])
    it(`has one leader again after a restore of etcd, whose Lease has the holder "${holder}"`, async () => {
      lease.set({ holder });
      lease.backUp();
      await world.advance(2 * DURATION_MS);
      await world.advance(20_000);
      lease.restore();
      for (let passed = 0; passed < DURATION_MS + 5_000; passed += 100) {
        await world.advance(100);
        expect([first, second].filter(({ isLeading }) => isLeading)).to.have.length.below(2);
      }
      const leader = [first, second].find(({ isLeading }) => isLeading);
      const { length } = leader?.terms ?? [];
      await world.advance(60_000);
      expect([leader?.isLeading, leader?.terms.length]).to.deep.equal([true, length]);
    });

  it('has one leader again after a restore of etcd to a time before the Lease', async () => {
    lease.set(undefined);
    lease.backUp();
    await world.advance(60_000);
    lease.restore();
    await world.advance(5_000);
    expect([first.isLeading, second.isLeading]).to.deep.equal([true, false]);
  });

  it('claims a Lease that was deleted unseen only when the leader must have stopped', async () => {
    lease.watches = 'are silent';
    const third = new Candidate('third', world, lease);
    await world.advance(100);
    first.clock.freeze();
    await world.advance(DURATION_MS - RENEWED_EVERY_MS);
    first.clock.thaw();
    await world.advance(500);
    lease.set(undefined);
    for (let passed = 0; passed < 2 * DURATION_MS; passed += 100) {
      await world.advance(100);
      expect([first, second, third].filter(({ isLeading }) => isLeading)).to.have.length.below(2);
    }
  });

  it('has one winner when many claim at the same time', async () => {
    const many = Array.from({ length: 8 }, (_, index) => new Candidate(`c${index}`, world, lease));
    await world.advance(100);
    first.clock.freeze();
    await world.advance(DURATION_MS + 1_000);
    expect([second, ...many].filter(({ isLeading }) => isLeading)).to.have.lengthOf(1);
  });

  it('releases a claim whose answer was lost', async () => {
    first.clock.freeze();
    await world.advance(DURATION_MS - 1_000);
    lease.stall();
    await world.advance(7_000);
    second.stop();
    lease.resume();
    await world.advance(1_000);
    await second.ended;
    expect(lease.record?.holder).to.equal('');
  });

  it('can stop while the API server does not answer', async () => {
    lease.stall();
    first.stop();
    second.stop();
    await world.advance(1_500);
    await Promise.all([first.ended, second.ended]);
  });

  it('keeps the Lease while the leader finishes, and releases it afterwards', async () => {
    const lastThings = Promise.withResolvers<void>();
    first.lastThings = lastThings.promise;
    first.stop();
    await world.advance(DURATION_MS);
    expect([first.isLeading, second.isLeading, lease.record?.holder]).to.deep.equal([true, false, 'first']);
    lastThings.resolve();
    await world.advance(10 * LATENCY_MS);
    await first.ended;
    expect(second.isLeading).to.equal(true);
  });
});

/** Counts the timers that are set. */
class CountingClock extends FakeClock {
  set = 0;

  override after(...parameters: Parameters<FakeClock['after']>): ReturnType<FakeClock['after']> {
    this.set += 1;
    return super.after(...parameters);
  }
}

describe('a leader that watches its Lease', () => {
  it('sets no timer again when the watch repeats its renewal', async () => {
    const clock = new CountingClock();
    const stop = new AbortController();
    let versions = 0;
    let stored: Lease | undefined;
    let onLease: (lease: Lease) => void = () => undefined;
    const write = async (holder: string) => {
      versions += 1;
      stored = { resourceVersion: String(versions), holder, durationMs: DURATION_MS, stored: {} };
      return stored;
    };
    const leases: LeaderElectionParts['leases'] = {
      read: async () => stored,
      claim: (_, holder) => write(holder),
      release: () => write(''),
      watch: (_, listener, signal) => {
        onLease = listener;
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    };
    const logger = new RecordingLogger();
    const election = new LeaderElection({ leases, identity: 'first', ...TIMING, clock, logger });
    const ended = election.run(
      ({ signal }) =>
        new Promise((resolve) =>
          AbortSignal.any([signal, stop.signal]).addEventListener('abort', () => resolve()),
        ),
      stop.signal,
    );
    await clock.advance(RENEWED_EVERY_MS);
    const { set } = clock;
    onLease(stored as Lease);
    await settled();
    expect([election.isLeading, versions, clock.set]).to.deep.equal([true, 2, set]);
    stop.abort();
    await ended;
    expect(clock.timers).to.equal(0);
  });
});

describe('a leader whose renewals are answered late', () => {
  it('stops by the time when its last one was sent, which other processes may have seen', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const ANSWER_MS = 4_000;
    let claims = 0;
    const record = { resourceVersion: '1', holder: 'first', durationMs: DURATION_MS, stored: {} };
    const leases: LeaderElectionParts['leases'] = {
      read: async () => undefined,
      claim: async () => {
        claims += 1;
        await clock.sleep(claims === 1 ? ANSWER_MS : 2 * DURATION_MS);
        return record;
      },
      release: async () => record,
      watch: (_version, _onLease, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    };
    const logger = new RecordingLogger();
    const election = new LeaderElection({ leases, identity: 'first', ...TIMING, clock, logger });
    const lead = ({ signal }: { readonly signal: AbortSignal }) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const ended = election.run(lead, stop.signal);
    await clock.advance(ANSWER_MS);
    expect([election.isLeading, claims]).to.deep.equal([true, 2]);
    await clock.advance(TIMING.renewDeadlineMs - ANSWER_MS - 1);
    expect(election.isLeading).to.equal(true);
    await clock.advance(1);
    expect(election.isLeading).to.equal(false);
    stop.abort();
    await clock.advance(2 * DURATION_MS);
    await ended;
  });
});

function warnings(candidate: Candidate): string[] {
  return candidate.said().filter((line) => line.startsWith('warn'));
}
