/**
 * Decides from one Lease which process leads: `(state, input) → state, action`; pure.
 *
 * Time is this process's own `now` alone; the times in the Lease are for people. A holder counts as dead when
 * its record has not changed for its duration, counted from when this process saw it. A leader counts from
 * before it *sent* its last renewal, and gives up after the renew deadline, which is shorter. So it has
 * stopped before another process can begin, unless two clocks drift apart by more than the difference.
 */
import { isNewerVersion } from '../client/resource-version.ts';

/** The Lease of the API server, reduced to what the election needs. */
export interface LeaseRecord {
  readonly resourceVersion: string;
  /** Identity of the holder. Empty: there is none, as after a release. */
  readonly holder: string;
  /** Duration that the holder wrote, ms. */
  readonly durationMs: number;
}

export interface ElectionSettings {
  /** Identity of this process; no other process has ever had it. */
  readonly identity: string;
  readonly renewDeadlineMs: number;
  /** Least time from a failed request to its repetition, and from one renewal to the next. */
  readonly retryMs: number;
}

/**
 * The share of the renew deadline after which the leader renews. A third leaves time for three retries, or
 * for one after a call without an answer; each renewal is a write of etcd.
 */
export const RENEWED_AFTER_SHARE = 1 / 3;

/** `record` undefined: there is no Lease. */
export type ElectionState<Record extends LeaseRecord = LeaseRecord> =
  | { readonly phase: 'unknown'; readonly readAt: number }
  /** Another process leads, or none. */
  | { readonly phase: 'following'; readonly record: Record | undefined; readonly claimAt: number }
  | {
      readonly phase: 'leading';
      readonly record: Record | undefined;
      readonly renewAt: number;
      /** End of the lead, whatever else happens. */
      readonly until: number;
    };

/** Inputs of the machine. `now` is clock `now` in each. */
export type ElectionInput<Record extends LeaseRecord = LeaseRecord> =
  /** The Lease came by the watch, which may lag behind what is known. */
  | { readonly kind: 'seen'; readonly record: Record; readonly now: number }
  /** The Lease was read. `asOf` is the version that was known when the read was sent. */
  | {
      readonly kind: 'read';
      readonly record: Record;
      readonly asOf: string | undefined;
      readonly now: number;
    }
  | { readonly kind: 'missing'; readonly now: number }
  /** Our claim was accepted; `sentAt` is clock `now` before it was sent. */
  | { readonly kind: 'claimed'; readonly record: Record; readonly sentAt: number; readonly now: number }
  /** Our claim named a version that is out of date; `base` is that version, undefined: none. */
  | { readonly kind: 'conflict'; readonly base: string | undefined; readonly now: number }
  /** A read got no answer, or a refusal. */
  | { readonly kind: 'unread'; readonly sentAt: number; readonly now: number }
  /** A claim got no answer, and may have been accepted; or a refusal other than a conflict. */
  | { readonly kind: 'failed'; readonly sentAt: number; readonly now: number }
  /** Only time has passed. */
  | { readonly kind: 'scheduled'; readonly now: number };

export type ElectionAction<Record extends LeaseRecord = LeaseRecord> =
  | { readonly kind: 'read' }
  /** Claim or renew the Lease by replacing this record; undefined: create it. */
  | { readonly kind: 'claim'; readonly record: Record | undefined }
  | { readonly kind: 'wait'; readonly until: number };

export interface ElectionStep<Record extends LeaseRecord = LeaseRecord> {
  readonly state: ElectionState<Record>;
  readonly action: ElectionAction<Record>;
}

export const START: ElectionState<never> = { phase: 'unknown', readAt: Number.NEGATIVE_INFINITY };

export function step<Record extends LeaseRecord>(
  before: ElectionState<Record>,
  input: ElectionInput<Record>,
  settings: ElectionSettings,
): ElectionStep<Record> {
  const state = learn(endedBy(input.now, before), input, settings);
  // A lead that ended while the answer was on its way does not begin.
  const settled = endedBy(input.now, state);
  return { state: settled, action: input.kind === 'conflict' ? { kind: 'read' } : next(settled, input.now) };
}

/** Whether the process may act, by its clock. */
export function leads(state: ElectionState, now: number): boolean {
  return state.phase === 'leading' && now < state.until;
}

/** Ends a lead whose time is over. The record still names this process, so it may claim without waiting. */
function endedBy<Record extends LeaseRecord>(
  now: number,
  state: ElectionState<Record>,
): ElectionState<Record> {
  if (state.phase !== 'leading' || now < state.until) return state;
  return { phase: 'following', record: state.record, claimAt: now };
}

function learn<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  input: ElectionInput<Record>,
  settings: ElectionSettings,
): ElectionState<Record> {
  switch (input.kind) {
    case 'seen':
      return isNews(state, input.record) ? accepted(state, input.record, input.now, settings) : state;
    case 'read':
      return read(state, input, settings);
    case 'missing':
      return missing(state, input.now);
    case 'claimed':
      return claimed(state, input, settings);
    case 'unread':
      // A process that knows the Lease acts by it: a renewal does not wait for a read.
      return state.phase === 'unknown' ? { ...state, readAt: input.sentAt + settings.retryMs } : state;
    case 'failed':
      return later(state, input.sentAt + settings.retryMs);
    // The read that follows counts immediately. A pause, so that this does not spin where nothing new comes.
    case 'conflict':
      return knownVersion(state) === input.base ? later(state, input.now + settings.retryMs) : state;
    case 'scheduled':
      return state;
  }
}

/**
 * A read is the truth, also when its version is lower than the known one: versions go back when etcd is
 * restored from a backup. Only where something was learned while the read was under way can it be out of
 * date, so then only a newer version counts.
 */
function read<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  { record, asOf, now }: Extract<ElectionInput<Record>, { kind: 'read' }>,
  settings: ElectionSettings,
): ElectionState<Record> {
  const known = knownVersion(state);
  if (known === record.resourceVersion) return state;
  if (isNews(state, record)) return dueNow(accepted(state, record, now, settings), now);
  return known === asOf ? restored(state, record, now, settings) : state;
}

/**
 * A read that shows a leader its own name in a newer version mostly follows a conflict: an API server that
 * was frozen has stored a renewal whose answer was given up. Its repetition has failed, and has no time left.
 */
function dueNow<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  now: number,
): ElectionState<Record> {
  return state.phase === 'leading' ? { ...state, renewAt: now } : state;
}

function accepted<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  record: Record,
  now: number,
  { identity }: ElectionSettings,
): ElectionState<Record> {
  if (state.phase === 'leading' && record.holder === identity) return { ...state, record };
  const isFree = record.holder === '' || record.holder === identity;
  return { phase: 'following', record, claimAt: isFree ? now : now + record.durationMs };
}

/**
 * The Lease is from a backup, so the holder that it names, or its lack of one, says nothing about the
 * present: the last leader may act for the rest of its term. Every other process waits for a whole duration.
 */
function restored<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  record: Record,
  now: number,
  { identity }: ElectionSettings,
): ElectionState<Record> {
  if (state.phase === 'leading' && record.holder === identity) return { ...state, record };
  return { phase: 'following', record, claimAt: now + record.durationMs };
}

/**
 * Deleting the Lease does not end the term: the holder leads until its deadline and recreates the Lease
 * first. Another process waits for a whole duration, as it may have missed the last renewals.
 */
function missing<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  now: number,
): ElectionState<Record> {
  if (state.phase === 'leading') return { ...state, record: undefined, renewAt: now };
  if (state.phase === 'unknown') return { phase: 'following', record: undefined, claimAt: now };
  const claimAt = state.record ? now + state.record.durationMs : state.claimAt;
  return { phase: 'following', record: undefined, claimAt };
}

function claimed<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  { record, sentAt }: Extract<ElectionInput<Record>, { kind: 'claimed' }>,
  settings: ElectionSettings,
): ElectionState<Record> {
  const known = state.phase === 'unknown' ? undefined : state.record;
  const isNewest = isNews(state, record);
  // The watch has already brought a newer version with another holder: a person has edited the Lease.
  if (!isNewest && known?.holder !== settings.identity) return state;
  const newest = isNewest ? record : known;
  const { renewDeadlineMs, retryMs } = settings;
  const renewAt = sentAt + Math.max(retryMs, RENEWED_AFTER_SHARE * renewDeadlineMs);
  return { phase: 'leading', record: newest, renewAt, until: sentAt + renewDeadlineMs };
}

/** Puts off the next claim. */
function later<Record extends LeaseRecord>(state: ElectionState<Record>, at: number): ElectionState<Record> {
  if (state.phase === 'leading') return { ...state, renewAt: at };
  return state.phase === 'following' ? { ...state, claimAt: Math.max(state.claimAt, at) } : state;
}

/** Whether a version is newer than the known one. The watch repeats versions, and lags behind our writes. */
function isNews(state: ElectionState, { resourceVersion }: LeaseRecord): boolean {
  const known = knownVersion(state);
  return known === undefined || isNewerVersion(resourceVersion, known);
}

/** Version of the Lease that is known; undefined: none is. */
export function knownVersion(state: ElectionState): string | undefined {
  return state.phase === 'unknown' ? undefined : state.record?.resourceVersion;
}

function next<Record extends LeaseRecord>(state: ElectionState<Record>, now: number): ElectionAction<Record> {
  switch (state.phase) {
    case 'unknown':
      return now < state.readAt ? { kind: 'wait', until: state.readAt } : { kind: 'read' };
    case 'following':
      return now < state.claimAt
        ? { kind: 'wait', until: state.claimAt }
        : { kind: 'claim', record: state.record };
    case 'leading':
      return now < state.renewAt
        ? { kind: 'wait', until: Math.min(state.renewAt, state.until) }
        : { kind: 'claim', record: state.record };
  }
}
