/**
 * The facts and statuses of one object through answers, time, changes by users and restarts in any order,
 * without anything that waits.
 */
import type {
  EdgeTranscodeJob,
  EdgeTranscodeJobSpec,
  EdgeTranscodeJobStatus,
  HeldStatus,
} from '../../../../../src/api/edge-transcode-job.ts';
import { rfc3339, unixSeconds } from '../../../../../src/base/clock.ts';
import { targetOf } from '../../../../../src/job/model/reference.ts';
import { showJob } from '../../../../../src/job/model/stream-url.ts';
import {
  effectiveInterval,
  freshnessWindow,
  isHeartbeatDue,
  pollInterval,
} from '../../../../../src/job/schedule/poll-schedule.ts';
import { decide } from '../../../../../src/job/status/decide.ts';
import {
  applyAnswer,
  type Facts,
  isNewRequest,
  isPending,
  markOverdue,
  resumed,
  suspended,
  verdictOf,
} from '../../../../../src/job/status/facts.ts';
import { fingerprintOf } from '../../../../../src/job/status/fingerprint.ts';
import { restoreFacts } from '../../../../../src/job/status/restore.ts';
import { SETTINGS } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import type { Reply } from '../../../kit/samples/answers.ts';
import { NOW } from '../../../kit/samples/some-facts.ts';

/** Called for each decided status, with the status that was stored before. */
export type OnDecided = (before: HeldStatus, life: ALife) => void;

export class ALife {
  object: EdgeTranscodeJob = aJob().build();
  facts: Facts;
  now = NOW;
  /**
   * The moment from which the age of the last observation counts: its own time, the last start or the end of
   * a suspension.
   */
  ageFrom = NOW;
  /** Every refresh token that was requested. */
  readonly requested = new Set<string>();
  readonly #onDecided: OnDecided;

  constructor(onDecided: OnDecided) {
    this.#onDecided = onDecided;
    this.facts = this.restored();
  }

  /** Returns the facts that a process which starts now restores. */
  restored(): Facts {
    return restoreFacts(this.object, this.now, this.now, SETTINGS);
  }

  get window(): number {
    // Frequent polls that confirm a failure do not make the window shorter.
    return freshnessWindow(Math.max(this.#interval, effectiveInterval(this.object.spec, SETTINGS)), SETTINGS);
  }

  decided(time = rfc3339(new Date(this.now))): EdgeTranscodeJobStatus {
    return decide(this.object, this.facts, SETTINGS, time);
  }

  /** @param late how long ago the call was sent, ms */
  answer(reply: Reply, late: number): void {
    if (this.object.spec.suspend) return;
    const before = this.facts;
    const at = { now: this.now, time: unixSeconds(new Date(this.now)) };
    const given = reply(this.now - late);
    const answer =
      given.kind === 'observed' ? { ...given, job: showJob(given.job, SETTINGS.streamUrls) } : given;
    this.facts = applyAnswer(before, this.object, targetOf(this.object).hash, this.object, answer, at);
    if (this.facts.observed !== before.observed) this.ageFrom = this.now;
    this.#publish();
  }

  /** Lets time pass, and decides again as the watchdog does. */
  pass(ms: number): void {
    this.now += ms;
    const before = this.facts;
    this.facts = markOverdue(before, this.object, SETTINGS, this.now);
    const awaitsAnswer = isPending(this.object, this.facts) || isNewRequest(this.object, this.facts);
    if (this.facts !== before || !awaitsAnswer) this.#publish();
  }

  request(token: string): void {
    this.requested.add(token);
    this.object = { ...this.object, requestedAt: token };
    this.#visit();
  }

  change(spec: Partial<EdgeTranscodeJobSpec>): void {
    const { generation, spec: before } = this.object;
    this.object = { ...this.object, generation: generation + 1, spec: { ...before, ...spec } };
    this.#visit();
  }

  restart(): void {
    this.facts = this.restored();
    this.ageFrom = this.now;
    this.#visit();
  }

  #visit(): void {
    if (this.object.spec.suspend) {
      this.facts = suspended(this.facts, this.object);
      this.#publish();
      return;
    }
    if (this.facts.suspended) this.ageFrom = this.now;
    this.facts = resumed(this.facts, this.now);
  }

  #publish(): void {
    this.facts = markOverdue(this.facts, this.object, SETTINGS, this.now);
    const before: HeldStatus = this.object.status;
    const status = this.decided();
    const isNews = fingerprintOf(status) !== fingerprintOf(before) || this.#isHeartbeatDue(before, status);
    if (isNews) this.object = { ...this.object, status };
    this.#onDecided(before, this);
  }

  #isHeartbeatDue(before: HeldStatus, status: HeldStatus): boolean {
    const [old, fresh] = [before, status].map(({ lastObservedTime }) => Date.parse(lastObservedTime ?? ''));
    return isHeartbeatDue(this.facts.referenceHash, this.#interval, old as number, fresh as number);
  }

  get #interval(): number {
    return pollInterval(effectiveInterval(this.object.spec, SETTINGS), verdictOf(this.facts), SETTINGS);
  }
}
