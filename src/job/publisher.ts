/**
 * Turns facts into a status and hands it on when it says something new, or the heartbeat is due. Also the watchdog: each
 * object's status is judged again at the moment its observation becomes too old, whether or not polls still happen.
 */
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus } from '../api/edge-transcode-job.ts';
import { type Clock, rfc3339 } from '../base/clock.ts';
import { type ObjectKey, objectKey } from '../base/object-key.ts';
import { Timetable } from '../controller/timetable.ts';
import { decide } from './decide.ts';
import { type Facts, overdueAt, settle } from './facts.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Memory, Sent } from './memory.ts';
import type { EventSink, JobStore, StatusSink } from './ports.ts';
import { heartbeatPeriod, intervalInForce, pollInterval, type ScheduleSettings } from './schedule.ts';
import { transitionEvents } from './transition-events.ts';

export interface PublisherParts {
  readonly jobs: JobStore;
  readonly memory: Memory;
  readonly writer: StatusSink;
  readonly events: EventSink;
  readonly settings: ScheduleSettings;
  readonly clock: Clock;
}

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #watchdog: Timetable<ObjectKey>;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#watchdog = new Timetable(parts.clock, (key) => this.#judgeAgain(key));
  }

  /** Publishes what memory holds of the object. */
  publish(object: EdgeTranscodeJob): void {
    const { memory, settings, clock } = this.#parts;
    const facts = settle(memory.recall(object), object, settings, clock.now());
    memory.keep(object, facts);
    this.#watch(object, facts);
    const sent = memory.sent(object);
    const before = sent?.pending ? { ...object, status: sent.pending } : object;
    const status = decide(before, facts, settings, rfc3339(clock.date()));
    const fingerprint = fingerprintOf(status);
    if (fingerprint === sent?.fingerprint && !this.#heartbeatDue(object, facts, sent)) return;
    this.#write(object, status, fingerprint);
  }

  /** No object is judged after this. */
  stop(): void {
    this.#watchdog.clear();
  }

  #write(object: EdgeTranscodeJob, status: EdgeTranscodeJobStatus, fingerprint: string): void {
    const { memory, writer, events } = this.#parts;
    const { lastObservedTime } = status;
    const sent: Sent = { fingerprint, lastObservedTime };
    memory.noteSent(object, { ...sent, pending: status });
    writer.write(object, status, (replaced) => {
      const latest = memory.sent(object)?.fingerprint === fingerprint;
      if (latest) memory.noteSent(object, replaced ? sent : undefined);
      if (replaced) for (const event of transitionEvents(replaced, status)) events.record(object, event);
    });
  }

  #heartbeatDue(object: EdgeTranscodeJob, facts: Facts, sent: Sent): boolean {
    const { time } = facts.observed ?? {};
    if (time === undefined || time === sent.lastObservedTime) return false;
    if (sent.lastObservedTime === undefined) return true;
    const interval = pollInterval(intervalInForce(object.spec, this.#parts.settings), facts.verdict);
    return Date.parse(time) - Date.parse(sent.lastObservedTime) >= heartbeatPeriod(interval);
  }

  #watch(object: EdgeTranscodeJob, facts: Facts): void {
    const key = objectKey(object.namespace, object.name);
    const at = overdueAt(facts, object, this.#parts.settings);
    if (at === undefined) this.#watchdog.delete(key);
    else this.#watchdog.set(key, at);
  }

  #judgeAgain(key: ObjectKey): void {
    const object = this.#parts.jobs.get(key);
    if (object && !object.spec.suspend) this.publish(object);
  }
}
