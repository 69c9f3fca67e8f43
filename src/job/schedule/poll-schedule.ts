/**
 * When to poll, how long an observation stays fresh, how often to write a heartbeat: pure arithmetic, all in milliseconds.
 */
import type { EdgeTranscodeJobSpec } from '../../api/edge-transcode-job.ts';
import { parseDuration } from '../../base/duration.ts';
import type { Failure } from '../model/failures.ts';
import { policyOf } from '../model/policies.ts';

export interface ScheduleSettings {
  /** For objects without `spec.interval`. */
  readonly intervalMs: number;
  /** A shorter `spec.interval` is raised to this. */
  readonly minIntervalMs: number;
  /** A status is fresh for this many intervals, and 30 s. */
  readonly freshness: number;
  /** By how much every interval is longer, because the account's budget carries no more; 1: not at all. */
  readonly intervalScale: number;
}

/** A poll may be late by its turn in the budget, a slow answer and a retry; that alone must not alarm anybody. */
export const FRESHNESS_GRACE_MS = 30_000;

/** What the user asked for. */
export function requestedInterval(spec: EdgeTranscodeJobSpec, settings: ScheduleSettings): number {
  return (spec.interval && parseDuration(spec.interval)) || settings.intervalMs;
}

/** What is wished for: not below the operator's minimum. */
export function desiredInterval(spec: EdgeTranscodeJobSpec, settings: ScheduleSettings): number {
  return Math.max(requestedInterval(spec, settings), settings.minIntervalMs);
}

/** What is done; whole seconds where it is stretched. */
export function effectiveInterval(spec: EdgeTranscodeJobSpec, settings: ScheduleSettings): number {
  const wished = desiredInterval(spec, settings);
  return settings.intervalScale === 1 ? wished : Math.ceil((wished * settings.intervalScale) / 1_000) * 1_000;
}

/** The interval in force, slower where only a person can mend what is wrong. */
export function pollInterval(intervalMs: number, definitiveFailure: Failure | undefined): number {
  return definitiveFailure
    ? Math.max(intervalMs, policyOf(definitiveFailure.kind).minIntervalMs)
    : intervalMs;
}

/** Beyond, a status is no fresher because the budget is too small: from about ten times on, it is fresh for a part of the time only. */
const MAX_FRESHNESS_SCALE = 5;

/** Of a stretch, what the freshness window follows. */
export function freshnessScale(intervalScale: number): number {
  return Math.min(intervalScale, MAX_FRESHNESS_SCALE);
}

/** How old an observation may be and still count as fresh. */
export function freshnessWindow(pollIntervalMs: number, settings: ScheduleSettings): number {
  return settings.freshness * pollIntervalMs + FRESHNESS_GRACE_MS;
}

/** How far heartbeats are apart while nothing changes: ten polls, but 10 min to 1 h, and every poll where polls are rarer. */
export function heartbeatPeriod(pollIntervalMs: number): number {
  return Math.max(pollIntervalMs, Math.min(Math.max(10 * pollIntervalMs, 10 * 60_000), 60 * 60_000));
}

/**
 * Whether an observation is to be written although it says nothing new, `storedAt` being the one that was written last.
 *
 * Each target has instants of its own, a heartbeat period apart, and the first observation after one is written. So heartbeats
 * are spread over the period however close together the statuses were first written. The instants lie a quarter of an interval
 * before a poll: an answer that is a little early or late does not change which of two polls is the first.
 */
export function isHeartbeatDue(
  target: string,
  pollIntervalMs: number,
  storedAt: number,
  observedAt: number,
): boolean {
  const period = heartbeatPeriod(pollIntervalMs);
  const earliest = storedAt + period / 2;
  // Stored by a clock that ran ahead by as much.
  if (observedAt < earliest) return observedAt < storedAt - period / 2;
  const round = (at: number) => Math.floor((at - phaseOf(target, period) + pollIntervalMs / 4) / period);
  return round(observedAt) !== round(earliest);
}

/** From a write to the next instant that counts: one less than half a period after the write is passed over. */
export function longestSilence(pollIntervalMs: number): number {
  return 1.5 * heartbeatPeriod(pollIntervalMs);
}

/**
 * The next instant `t ≡ hash (mod interval)` at least half an interval after `last`.
 *
 * Each target has a phase of its own, the same in every process: load is spread evenly, and a restart resumes the spread
 * with nothing remembered. Half an interval apart, so that a poll asked for just before the instant is not followed by another.
 */
export function nextPoll(target: string, intervalMs: number, last: number): number {
  const phase = phaseOf(target, intervalMs);
  const earliest = last + intervalMs / 2;
  return Math.ceil((earliest - phase) / intervalMs) * intervalMs + phase;
}

function phaseOf(target: string, periodMs: number): number {
  return Number.parseInt(target.slice(0, 8), 16) % periodMs;
}
