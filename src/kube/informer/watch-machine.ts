/**
 * How list and watch continue after anything that can happen: `(state, input) → state, events, pause`; pure.
 *
 * Listing: pages are passed on as they come; no object is known to be deleted until the last page. A token
 * that expired between pages restarts the list. Watching: the machine remembers the resourceVersion of the
 * last event or bookmark, and the watch resumes from it after any end. A version that is too old (410), a
 * resource that is gone (404), and an unreadable event lead back to listing at once; refusals that may be for
 * the version do so when there are several in a row.
 *
 * Checking: a watch from a version that the API server has not reached receives nothing, and no error. Etcd
 * restored from a backup leads to that. So whenever the API server may have been another one meanwhile, the
 * present version is requested before the watch resumes, and a lower one leads to a list.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { wentBack } from '../client/resource-version.ts';

interface Troubles {
  /**
   * Failures in a row. A page does not end the row, or a watch that always fails after its list would never
   * pause.
   */
  readonly failures: number;
  /**
   * Refusals in a row that may be for the version of the watch or page. A page or a check does not end the
   * row.
   */
  readonly refusals: number;
  /** Whether the last failure was a version or token too old: a second one pauses. */
  readonly wasTooOld: boolean;
}

/** What a watch resumes from. */
interface Position {
  readonly resourceVersion: string;
  /** Clock `now`: the first end of the watch after this leads to a list, in case an event was lost. */
  readonly relistAt: number;
}

export type WatchState =
  | (Troubles & { readonly phase: 'listing'; readonly continueToken?: string })
  | (Troubles & Position & { readonly phase: 'watching' })
  /** Whether the API server has gone back to before `resourceVersion`. */
  | (Troubles & Position & { readonly phase: 'checking' });

/** A watch that had begun has ended. */
interface End {
  readonly lastedMs: number;
  /** Time without an event or bookmark before the end. */
  readonly silentMs: number;
  readonly now: number;
}

export type WatchInput =
  | {
      readonly kind: 'page';
      readonly jobs: readonly EdgeTranscodeJob[];
      readonly resourceVersion: string;
      readonly next?: string;
      readonly now: number;
    }
  | { readonly kind: 'applied' | 'deleted'; readonly job: EdgeTranscodeJob }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  /** The answer to a check: the present version of the API server. */
  | { readonly kind: 'version'; readonly resourceVersion: string }
  /** The watch ended without an error: the server's time was up, or nothing had come for long. */
  | ({ readonly kind: 'ended' } & End)
  /** The watch lost its connection. */
  | ({ readonly kind: 'cut' } & End)
  | {
      readonly kind: 'failed';
      readonly status?: number;
      readonly retryAfterMs?: number;
      /** Whether an event was lost because it could not be read. */
      readonly lost?: boolean;
      readonly now: number;
    };

/** Events for the store. */
export type WatchEvent =
  /** A list is about to be requested. */
  | { readonly kind: 'relisting' }
  /** An object of the list. */
  | { readonly kind: 'found'; readonly job: EdgeTranscodeJob }
  | { readonly kind: 'applied'; readonly job: EdgeTranscodeJob }
  | { readonly kind: 'deleted'; readonly job: EdgeTranscodeJob }
  | { readonly kind: 'listed' };

/** Pause before the next request; `attempt` counts failures in a row. */
export type Pause = { readonly attempt: number; readonly atLeastMs: number };

export interface Step {
  readonly state: WatchState;
  readonly events: readonly WatchEvent[];
  readonly pause?: Pause;
}

const NO_TROUBLES: Troubles = { failures: 0, refusals: 0, wasTooOld: false };

export const START: WatchState = { phase: 'listing', ...NO_TROUBLES };

/**
 * Longest time between lists: an event lost by a fault of the server or the operator is corrected by then.
 */
const RELIST_AFTER_MS = 60 * 60_000;

/**
 * Shortest healthy watch. A watch that ends sooner without an event means a server in trouble: resuming
 * immediately would overload it.
 */
const SHORTEST_WATCH_MS = 1_000;

/**
 * Shortest healthy watch that lost its connection. Load balancers cut connections that were silent for 20 s
 * or more; a server in trouble cuts them sooner.
 */
const SHORTEST_CUT_WATCH_MS = 10_000;

/**
 * A watch without an event for longer should have had a bookmark, which the API server sends about once a
 * minute.
 */
const BOOKMARK_DUE_MS = 75_000;

/**
 * Refusals in a row that lead to a list, which gives another version. The list comes after six pauses: at
 * most 23.5 s where nothing had failed before, and 48 s where other failures have made the pauses long. If
 * the watch is refused further, a list follows after twice as many each time: 12, 24, 48.
 */
const REFUSALS_UNTIL_LIST = 6;

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const GONE = 410;
const TOO_MANY_REQUESTS = 429;

/** Refusals by which a server that is well says something else than that the version is wrong. */
const NOT_FOR_THE_VERSION: readonly (number | undefined)[] = [UNAUTHORIZED, FORBIDDEN, TOO_MANY_REQUESTS];

export function step(state: WatchState, input: WatchInput): Step {
  switch (input.kind) {
    case 'page':
      return onPage(state, input);
    case 'applied':
    case 'deleted':
      return { state: movedTo(state, input.job.resourceVersion), events: [input] };
    case 'bookmark':
      return { state: movedTo(state, input.resourceVersion), events: [] };
    case 'version':
      return { state: checked(state, input.resourceVersion), events: [] };
    case 'ended':
      return onEnd(state, input);
    case 'cut':
      return onCut(state, input);
    case 'failed':
      return onFailure(state, input);
  }
}

/**
 * Whether the input shows that list or watch works. A watch that is cut before a bookmark is due shows it; a
 * watch that stays open and brings no bookmark does not.
 */
export function isProgress(input: WatchInput): boolean {
  switch (input.kind) {
    case 'failed':
    case 'version':
      return false;
    case 'ended':
    case 'cut':
      return wasHealthy(input) && input.silentMs < BOOKMARK_DUE_MS;
    default:
      return true;
  }
}

/** Whether the watch lasted long enough for a server that works. */
export function wasHealthy({ kind, lastedMs }: { readonly kind: 'ended' | 'cut' } & End): boolean {
  return lastedMs >= (kind === 'ended' ? SHORTEST_WATCH_MS : SHORTEST_CUT_WATCH_MS);
}

function onPage(state: WatchState, page: Extract<WatchInput, { kind: 'page' }>): Step {
  const found = page.jobs.map((job) => ({ kind: 'found', job }) as const);
  const troubles = troublesOf(state);
  if (page.next) return { state: { phase: 'listing', continueToken: page.next, ...troubles }, events: found };
  const position = { resourceVersion: page.resourceVersion, relistAt: page.now + RELIST_AFTER_MS };
  return { state: { phase: 'watching', ...position, ...troubles }, events: [...found, { kind: 'listed' }] };
}

function movedTo(state: WatchState, resourceVersion: string): WatchState {
  return state.phase === 'watching' ? { ...state, ...NO_TROUBLES, resourceVersion } : state;
}

function checked(state: WatchState, version: string): WatchState {
  if (state.phase !== 'checking') return state;
  if (wentBack(version, state.resourceVersion)) return listing(state);
  return { ...state, phase: 'watching' };
}

function onEnd(state: WatchState, end: Extract<WatchInput, { kind: 'ended' }>): Step {
  if (isListDue(state, end.now)) return { state: START, events: [] };
  if (!wasHealthy(end)) return refused(state, 0);
  const wasSilent = end.silentMs >= end.lastedMs;
  return { state: { ...(wasSilent ? toCheck(state) : state), ...NO_TROUBLES }, events: [] };
}

function onCut(state: WatchState, end: Extract<WatchInput, { kind: 'cut' }>): Step {
  if (isListDue(state, end.now)) return { state: START, events: [] };
  if (!wasHealthy(end)) return withBackoff(toCheck(state), 0);
  return { state: { ...toCheck(state), ...NO_TROUBLES }, events: [] };
}

function onFailure(state: WatchState, failure: Extract<WatchInput, { kind: 'failed' }>): Step {
  const { status, retryAfterMs = 0, lost = false, now } = failure;
  const { phase, failures } = state;
  const wasTooOld = status === GONE && (phase !== 'listing' || state.continueToken !== undefined);
  // Not a fault of the server, and often its first answer after an outage: list immediately, unless the last
  // failure was the same.
  if (wasTooOld && !state.wasTooOld)
    return { state: { ...listing(state), failures: failures + 1, wasTooOld }, events: [] };
  const restart = lost || (status === NOT_FOUND && phase !== 'listing') || isListDue(state, now);
  if (wasTooOld || restart) return withBackoff({ ...listing(state), wasTooOld }, retryAfterMs);
  const next = { ...state, wasTooOld };
  if (NOT_FOR_THE_VERSION.includes(status)) return withBackoff(next, retryAfterMs);
  return status !== undefined && namesVersion(state)
    ? refused(next, retryAfterMs)
    : withBackoff(toCheck(next), retryAfterMs);
}

/** Whether the next request names a version: a watch does, and a continue token has one in it. */
function namesVersion(state: WatchState): boolean {
  return state.phase === 'watching' || (state.phase === 'listing' && state.continueToken !== undefined);
}

/** Continues after a refusal that may be for the version of the watch. */
function refused(state: WatchState, atLeastMs: number): Step {
  const refusals = state.refusals + 1;
  const doublings = Math.log2(refusals / REFUSALS_UNTIL_LIST);
  const isListNext = doublings >= 0 && Number.isInteger(doublings);
  return withBackoff({ ...(isListNext ? listing(state) : toCheck(state)), refusals }, atLeastMs);
}

function isListDue(state: WatchState, now: number): boolean {
  return state.phase !== 'listing' && now >= state.relistAt;
}

function listing(state: WatchState): WatchState {
  return { phase: 'listing', ...troublesOf(state) };
}

function toCheck(state: WatchState): WatchState {
  return state.phase === 'watching' ? { ...state, phase: 'checking' } : state;
}

function troublesOf({ failures, refusals, wasTooOld }: Troubles): Troubles {
  return { failures, refusals, wasTooOld };
}

function withBackoff(state: WatchState, atLeastMs: number): Step {
  const attempt = state.failures + 1;
  return {
    state: { ...state, failures: attempt },
    events: [],
    pause: { attempt, atLeastMs },
  };
}
