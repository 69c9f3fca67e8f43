/**
 * When to poll, how long an observation stays fresh, and how often to write a heartbeat. Pure arithmetic in
 * milliseconds.
 */
import type { EdgeTranscodeJobSpec } from '../../api/edge-transcode-job.ts';
import { parseDuration } from '../../base/duration.ts';
import type { FailureKind } from '../model/failures.ts';
import { CONFIRM_INTERVAL_MS, policyOf } from '../model/policies.ts';

export interface ScheduleSettings {
  /** The interval of objects without `spec.interval`. */
  readonly intervalMs: number;
  /** A shorter `spec.interval` is raised to this. */
  readonly minIntervalMs: number;
  /** A status stays fresh for this many intervals plus 30 s. */
  readonly freshness: number;
  /**
   * The factor by which every interval is longer because the account's budget allows no more calls; 1: not
   * longer.
   */
  readonly intervalScale: number;
}

/**
 * Grace of the freshness window. 30 s: waiting for a permit, a slow answer and a retry must not raise an
 * alarm.
 */
export const FRESHNESS_GRACE_MS = 30_000;

/** The interval that the object's user chose, or the operator's default. */
export function requestedInterval(spec: EdgeTranscodeJobSpec, settings: ScheduleSettings): number {
  return (spec.interval && parseDuration(spec.interval)) || settings.intervalMs;
}

/** The requested interval, raised to the operator's minimum. */
export function desiredInterval(spec: EdgeTranscodeJobSpec, settings: ScheduleSettings): number {
  return Math.max(requestedInterval(spec, settings), settings.minIntervalMs);
}

/**
 * Scaled intervals are multiples of this. 0.1 s: rounding up to half a second leaves 0.4% of the calls unused
 * at 2 min, and 5% at 10 s.
 */
const SCALED_STEP_MS = 100;

/** The interval that is used: the desired interval, made longer where the budget requires it. */
export function effectiveInterval(spec: EdgeTranscodeJobSpec, settings: ScheduleSettings): number {
  const desired = desiredInterval(spec, settings);
  return settings.intervalScale === 1
    ? desired
    : Math.ceil((desired * settings.intervalScale) / SCALED_STEP_MS) * SCALED_STEP_MS;
}

/** A definitive failure as the schedule sees it. */
export interface Verdict {
  readonly kind: FailureKind;
  /** Set while the failure is confirmed by frequent polls (`Policy.confirmForMs`). */
  readonly isRecent?: true;
}

/**
 * The interval between polls: longer than the effective interval where only a person can repair the failure,
 * and at first at most 20 s where such a failure is still to be confirmed.
 *
 * @param settings the scale of the effective interval, and the operator's minimum. Default: neither applies.
 */
export function pollInterval(
  intervalMs: number,
  verdict: Verdict | undefined,
  { intervalScale = 1, minIntervalMs = 0 }: Partial<ScheduleSettings> = {},
): number {
  if (!verdict) return intervalMs;
  if (verdict.isRecent)
    return Math.min(intervalMs, Math.max(CONFIRM_INTERVAL_MS, minIntervalMs) * intervalScale);
  return Math.max(intervalMs, policyOf(verdict.kind).minIntervalMs * intervalScale);
}

/**
 * Largest scale that the freshness window follows. With intervals about ten times as long, a status is fresh
 * for a part of the time only.
 */
const MAX_FRESHNESS_SCALE = 5;

/** The part of an interval scale that the freshness window follows. */
export function freshnessScale(intervalScale: number): number {
  return Math.min(intervalScale, MAX_FRESHNESS_SCALE);
}

/** The age up to which an observation counts as fresh. */
export function freshnessWindow(pollIntervalMs: number, settings: ScheduleSettings): number {
  return settings.freshness * pollIntervalMs + FRESHNESS_GRACE_MS;
}

const POLLS_A_HEARTBEAT = 10;
const SHORTEST_HEARTBEAT_MS = 10 * 60_000;
const LONGEST_HEARTBEAT_MS = 60 * 60_000;

/**
 * The time between heartbeats while nothing changes: ten polls, but 10 min to 1 h; each poll where polls are
 * rarer.
 */
export function heartbeatPeriod(pollIntervalMs: number): number {
  const wanted = Math.max(POLLS_A_HEARTBEAT * pollIntervalMs, SHORTEST_HEARTBEAT_MS);
  return Math.max(pollIntervalMs, Math.min(wanted, LONGEST_HEARTBEAT_MS));
}

/**
 * Whether an observation is written although it says nothing new. `storedAt` is the time of the observation
 * that was written last.
 *
 * Each target has its own instants, one heartbeat period apart, and the first observation after an instant is
 * written. So heartbeats are spread over the period however close together the statuses were first written.
 * The instants lie a quarter of an interval before a poll: an answer that is a little early or late does not
 * change which poll comes first.
 */
export function isHeartbeatDue(
  target: string,
  pollIntervalMs: number,
  storedAt: number,
  observedAt: number,
): boolean {
  const period = heartbeatPeriod(pollIntervalMs);
  const earliest = storedAt + period / 2;
  // A stored time this far in the future comes from a clock that ran ahead.
  if (observedAt < earliest) return observedAt < storedAt - period / 2;
  const round = (at: number) => Math.floor((at - phaseOf(target, period) + pollIntervalMs / 4) / period);
  return round(observedAt) !== round(earliest);
}

/**
 * The longest time from a write to the instant of the next heartbeat, which the first poll after it writes:
 * an instant less than half a period after a write does not count.
 */
export function longestSilence(pollIntervalMs: number): number {
  return 1.5 * heartbeatPeriod(pollIntervalMs);
}

/**
 * The instants of polls are multiples of this: the polls of half a second come due together. A process that
 * wakes for each poll alone pays more for waking than for the poll.
 */
export const POLL_GRID_MS = 500;

/**
 * Least time from a poll to the next, as a part of the interval: a scheduled poll does not follow directly
 * after a requested one. Less than half: objects that come to new instants then wait 0.97 intervals on
 * average. With 1 a budget that demand exceeds would have 3% of its permits unused in the minute after a cold
 * start; so it has 3% of the polls in hand, which wait a few seconds, and is used.
 */
export const LEAST_WAIT = 0.47;

/** Returns the target's first instant from `now` on that is at least `LEAST_WAIT` intervals after `last`. */
export function nextPoll(target: string, intervalMs: number, last: number, now = last): number {
  return firstPoll(target, intervalMs, Math.max(now, last + LEAST_WAIT * intervalMs));
}

/**
 * Returns the target's first instant from `from` on: `t ≡ hash (mod interval)`, rounded down to the grid.
 *
 * Each target has its own phase, the same in every process: load is spread evenly, and a restart resumes the
 * spread with nothing stored.
 */
export function firstPoll(target: string, intervalMs: number, from: number): number {
  const phase = phaseOf(target, intervalMs);
  const exact = Math.ceil((from - phase) / intervalMs) * intervalMs + phase;
  const first = onGrid(exact);
  return first < from ? onGrid(exact + intervalMs) : first;
}

function onGrid(at: number): number {
  return at - (at % POLL_GRID_MS);
}

function phaseOf(target: string, periodMs: number): number {
  return Number.parseInt(target.slice(0, 8), 16) % periodMs;
}
