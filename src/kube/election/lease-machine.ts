/**
 * Who leads, decided on one Lease: `(state, input) → state, action`; pure.
 *
 * Time is this process's own `now` alone; the times in the Lease are for people. A holder is taken for dead when its record has not
 * changed for its duration, counted from when this process saw it. A leader counts from before it *asked* for its last renewal, and
 * gives up after the renew deadline, which is shorter: so it has stopped before anybody can have begun, unless two clocks run apart by
 * more than the difference.
 */
import { isNewerVersion } from '../client/resource-version.ts';

/** What the API server has, as far as it matters here. */
export interface LeaseRecord {
  readonly resourceVersion: string;
  /** Empty: nobody, as after a release. */
  readonly holder: string;
  /** As its holder wrote it, ms. */
  readonly durationMs: number;
}

export interface ElectionSettings {
  /** Of this process; no other one has ever had it. */
  readonly identity: string;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/** `record` undefined: there is no Lease. */
export type ElectionState<Record extends LeaseRecord = LeaseRecord> =
  | { readonly phase: 'unknown'; readonly readAt: number }
  /** Somebody else leads, or nobody. */
  | { readonly phase: 'following'; readonly record: Record | undefined; readonly claimAt: number }
  | {
      readonly phase: 'leading';
      readonly record: Record | undefined;
      readonly renewAt: number;
      /** The lead is over then, whatever comes. */
      readonly until: number;
    };

/** `now` is the clock's, in each. */
export type ElectionInput<Record extends LeaseRecord = LeaseRecord> =
  /** Read, or brought by the watch. */
  | { readonly kind: 'seen'; readonly record: Record; readonly now: number }
  | { readonly kind: 'missing'; readonly now: number }
  /** Our claim was taken; `askedAt` is the clock's `now` before it was sent. */
  | { readonly kind: 'claimed'; readonly record: Record; readonly sentAt: number; readonly now: number }
  /** Our claim was made on a version that is out of date. */
  | { readonly kind: 'conflict'; readonly now: number }
  /** A read or a claim got no answer, or another refusal; whether the claim was taken is not known. */
  | { readonly kind: 'failed'; readonly now: number }
  /** Nothing but time. */
  | { readonly kind: 'scheduled'; readonly now: number };

export type ElectionAction<Record extends LeaseRecord = LeaseRecord> =
  | { readonly kind: 'read' }
  /** Make the Lease ours, or ours again: of this very record, or create it. */
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
  // A lead shorter than an answer takes is none.
  const settled = endedBy(input.now, state);
  return { state: settled, action: input.kind === 'conflict' ? { kind: 'read' } : next(settled, input.now) };
}

/** Whether the process may act, by its clock. */
export function leads(state: ElectionState, now: number): boolean {
  return state.phase === 'leading' && now < state.until;
}

/** A lead that is over: the record still names us, so nobody has to be waited for. */
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
      return seen(state, input.record, input.now, settings);
    case 'missing':
      return missing(state, input.now);
    case 'claimed':
      return claimed(state, input, settings);
    case 'failed':
    // What is read next counts at once; only should that show nothing new, it must not go round without a pause.
    case 'conflict':
      return later(state, input.now + settings.retryMs);
    case 'scheduled':
      return state;
  }
}

/** The watch may lag behind our own writes, and bring what is known a second time: only what is new counts anew. */
function seen<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  record: Record,
  now: number,
  { identity }: ElectionSettings,
): ElectionState<Record> {
  if (!isNews(state, record)) return state;
  if (state.phase === 'leading' && record.holder === identity) return { ...state, record };
  const isFree = record.holder === '' || record.holder === identity;
  return { phase: 'following', record, claimAt: isFree ? now : now + record.durationMs };
}

/** Whoever deletes the Lease takes the lead from nobody: its holder may go on until its time is up, and so makes it anew first. */
function missing<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  now: number,
): ElectionState<Record> {
  if (state.phase === 'leading') return { ...state, record: undefined, renewAt: now };
  const claimAt = state.phase === 'following' ? state.claimAt : now;
  return { phase: 'following', record: undefined, claimAt };
}

function claimed<Record extends LeaseRecord>(
  state: ElectionState<Record>,
  { record, sentAt }: Extract<ElectionInput<Record>, { kind: 'claimed' }>,
  settings: ElectionSettings,
): ElectionState<Record> {
  const known = state.phase === 'unknown' ? undefined : state.record;
  const isNewest = isNews(state, record);
  // Overtaken by what the watch brought: somebody has written over it by hand.
  if (!isNewest && known?.holder !== settings.identity) return state;
  const newest = isNewest ? record : known;
  const until = sentAt + settings.renewDeadlineMs;
  return { phase: 'leading', record: newest, renewAt: sentAt + settings.retryMs, until };
}

function later<Record extends LeaseRecord>(state: ElectionState<Record>, at: number): ElectionState<Record> {
  switch (state.phase) {
    case 'unknown':
      return { ...state, readAt: at };
    case 'following':
      return { ...state, claimAt: Math.max(state.claimAt, at) };
    case 'leading':
      return { ...state, renewAt: at };
  }
}

function isNews(state: ElectionState, { resourceVersion }: LeaseRecord): boolean {
  const known = state.phase === 'unknown' ? undefined : state.record;
  return known === undefined || isNewerVersion(resourceVersion, known.resourceVersion);
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
