/**
 * Turns facts into a status, and passes it to the writer when it says something new or the heartbeat is due.
 * Also the watchdog: each status is decided again at the moment when its observation becomes too old, even if
 * polls have stopped.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { type Clock, unixSeconds } from '../../base/clock.ts';
import type { ObjectKey } from '../../base/object-key.ts';
import { Timetable } from '../../controller/timetable.ts';
import type { EventSink, JobStore, StatusSink, Written } from '../model/kube-port.ts';
import { FRESHNESS_GRACE_MS, isHeartbeatDue } from '../schedule/poll-schedule.ts';
import type { SettingsOf } from '../schedule/settings.ts';
import { type Facts, markOverdue, overdueAt, pollIntervalOf } from '../status/facts.ts';
import { fingerprintOf } from '../status/fingerprint.ts';
import { transitionEvents } from '../status/transition-events.ts';
import { type FactsStore, observedAt, type Sent } from './facts-store.ts';
import { type OnResult, UnwrittenStatus } from './unwritten-status.ts';

export interface PublisherParts {
  readonly jobs: JobStore;
  readonly factsStore: FactsStore;
  readonly writer: StatusSink;
  readonly events: EventSink;
  readonly settingsOf: SettingsOf;
  readonly clock: Clock;
}

/**
 * A timer that fires 5 s late means that the whole process was paused. Polls that are due are made now, and
 * get time for an answer.
 */
const PAUSED_MS = 5_000;

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #watchdog: Timetable<ObjectKey>;
  readonly #onResult: OnResult = (decided, written) => this.#written(decided, written);

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#watchdog = new Timetable(parts.clock, (key, at) => this.#decideAgain(key, at));
  }

  /** Publishes the status that follows from the object's facts. */
  publish(object: EdgeTranscodeJob): void {
    const { factsStore, clock } = this.#parts;
    const settings = this.#parts.settingsOf(object);
    const facts = markOverdue(factsStore.get(object), object, settings, clock.now());
    factsStore.set(object, facts);
    this.#watch(object, facts);
    const sent = factsStore.sent(object);
    const isHeartbeatDue = sent !== undefined && this.#heartbeatDue(object, facts, sent);
    if (!isHeartbeatDue && factsStore.isUpToDate(object)) return;
    const before = sent?.pending ? { ...object, status: sent.pending.status } : object;
    const basis = { object: before, facts, settings, time: unixSeconds(clock.date()) };
    const decided = new UnwrittenStatus(basis, this.#onResult);
    const { fingerprint } = decided;
    const isNew = fingerprint !== sent?.fingerprint || isOverwritten(object, sent);
    const found = isNew && !sent?.pending ? storedAlready(object, fingerprint) : undefined;
    if (found && !this.#heartbeatDue(object, facts, found)) factsStore.setSent(object, found);
    else if (isNew || isHeartbeatDue) {
      factsStore.setSent(object, decided);
      this.#parts.writer.write(object, decided);
    } else if (!sent?.pending) factsStore.markUpToDate(object);
  }

  /**
   * Watches an object that waits for its next answer: without one its status is decided again when the
   * observation is too old. An observation that is too old already, as after a start, gets the time that an
   * answer may take. Otherwise each start would write it as overdue and one second later as fresh.
   */
  awaitAnswer(object: EdgeTranscodeJob): void {
    const { factsStore, settingsOf, clock } = this.#parts;
    const { key } = object;
    const tooOldAt = overdueAt(factsStore.get(object), object, settingsOf(object));
    if (tooOldAt === undefined) return;
    const at = Math.max(tooOldAt, clock.now() + FRESHNESS_GRACE_MS);
    if (at < (this.#watchdog.get(key) ?? Number.POSITIVE_INFINITY)) this.#watchdog.set(key, at);
  }

  /** Stops watching a deleted object. */
  forget(key: ObjectKey): void {
    this.#watchdog.delete(key);
  }

  /** The number of watched objects. */
  get watched(): number {
    return this.#watchdog.size;
  }

  /** Stops watching all objects. */
  stop(): void {
    this.#watchdog.clear();
  }

  #written(decided: UnwrittenStatus, written: Written | undefined): void {
    const { factsStore, events } = this.#parts;
    const { object } = decided;
    // Compared by identity: a heartbeat has the same fingerprint as the write that it replaced.
    if (factsStore.sent(object) === decided) factsStore.setSent(object, written && sentAs(decided, written));
    if (written)
      for (const event of transitionEvents(written.replaced, written.status)) events.record(object, event);
  }

  #heartbeatDue(object: EdgeTranscodeJob, facts: Facts, sent: Sent): boolean {
    const { time } = facts.observed ?? {};
    if (time === undefined || time === sent.observedAt) return false;
    if (sent.observedAt === undefined) return true;
    const interval = pollIntervalOf(object, facts, this.#parts.settingsOf(object));
    return isHeartbeatDue(facts.referenceHash, interval, sent.observedAt * 1_000, time * 1_000);
  }

  #watch(object: EdgeTranscodeJob, facts: Facts): void {
    const { key } = object;
    const at = overdueAt(facts, object, this.#parts.settingsOf(object));
    if (at === undefined) this.#watchdog.delete(key);
    // Set at each poll, so that it fires only for an observation that is too old: a timer wakes the process.
    else this.#watchdog.set(key, at);
  }

  #decideAgain(key: ObjectKey, at: number): void {
    const { jobs, factsStore, settingsOf, clock } = this.#parts;
    const object = jobs.get(key);
    if (!object || object.spec.suspend) return;
    if (clock.now() - at > PAUSED_MS) {
      this.awaitAnswer(object);
      return;
    }
    const facts = factsStore.get(object);
    // The window may have grown meanwhile, or the name may belong to another object: then nothing is overdue
    // yet.
    if (markOverdue(facts, object, settingsOf(object), clock.now()) === facts) this.#watch(object, facts);
    else this.publish(object);
  }
}

function sentAs(decided: UnwrittenStatus, { status, isWhole }: Written): Sent {
  const { fingerprint } = decided;
  if (isWhole) return { fingerprint, stored: fingerprint, observedAt: observedAt(status) };
  // The schema may have dropped the time, too.
  return { fingerprint, stored: fingerprintOf(status), observedAt: decided.observedAt };
}

/**
 * What the object stores, if it says the same: the last leader wrote it, or a write of the last term whose
 * answer came too late.
 */
function storedAlready({ status }: EdgeTranscodeJob, fingerprint: string): Sent | undefined {
  // A new object has no state yet, and each decided status has one: no fingerprint is needed.
  if (status.state === undefined || fingerprintOf(status) !== fingerprint) return undefined;
  return { fingerprint, stored: fingerprint, observedAt: observedAt(status) };
}

/**
 * Whether another writer has changed the status. Checked at polls, and for a suspended object when they would
 * be due. Not at each change: two writers that disagree would race.
 */
function isOverwritten(object: EdgeTranscodeJob, sent: Sent): boolean {
  return !sent.pending && sent.stored !== undefined && fingerprintOf(object.status) !== sent.stored;
}
