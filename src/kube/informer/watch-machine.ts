/**
 * How list and watch continue after anything that can happen: `(state, input) → state, events, pause`; pure.
 *
 * Listing: pages are passed on as they come; no object is known to be deleted until the last page. A token
 * that expired between pages restarts the list. Watching: the machine remembers the resourceVersion of the
 * last event or bookmark, and the watch resumes from it after any end. Only a version that is too old (410),
 * a resource that is gone (404), or an unreadable event leads back to listing.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';

interface Troubles {
  /**
   * Failures in a row. A page does not end the row, or a watch that always fails after its list would never
   * pause.
   */
  readonly failures: number;
  /** Whether the last failure was a version or token too old: a second one pauses. */
  readonly wasTooOld: boolean;
}

export type WatchState =
  | (Troubles & { readonly phase: 'listing'; readonly continueToken?: string })
  | (Troubles & {
      readonly phase: 'watching';
      readonly resourceVersion: string;
      /** Clock `now`: the first end of the watch after this leads to a list, in case an event was lost. */
      readonly relistAt: number;
    });

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
  /** The watch ended without an error: the server's time was up, or nothing had come for long. */
  | { readonly kind: 'ended'; readonly lastedMs: number; readonly now: number }
  | {
      readonly kind: 'failed';
      readonly status?: number;
      readonly retryAfterMs?: number;
      /** Whether an event was lost because it could not be read. */
      readonly lost?: boolean;
    };

/** Events for the store. */
export type WatchEvent =
  | { readonly kind: 'relisting' }
  | { readonly kind: 'applied'; readonly job: EdgeTranscodeJob }
  | { readonly kind: 'deleted'; readonly job: EdgeTranscodeJob }
  | { readonly kind: 'listed' };

/** Pause before the next request; `attempt` counts failures in a row. */
export type Pause = { readonly kind: 'backoff'; readonly attempt: number; readonly atLeastMs: number };

export interface Step {
  readonly state: WatchState;
  readonly events: readonly WatchEvent[];
  readonly pause?: Pause;
}

const NO_TROUBLES: Troubles = { failures: 0, wasTooOld: false };

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

const GONE = 410;
const NOT_FOUND = 404;

export function step(state: WatchState, input: WatchInput): Step {
  switch (input.kind) {
    case 'page':
      return onPage(state, input);
    case 'applied':
    case 'deleted':
      return { state: movedTo(state, input.job.resourceVersion), events: [input] };
    case 'bookmark':
      return { state: movedTo(state, input.resourceVersion), events: [] };
    case 'ended':
      return onEnd(state, input);
    case 'failed':
      return onFailure(state, input);
  }
}

function onPage(state: WatchState, page: Extract<WatchInput, { kind: 'page' }>): Step {
  const isFirst = state.phase === 'listing' && state.continueToken === undefined;
  const applied = page.jobs.map((job) => ({ kind: 'applied', job }) as const);
  const events: WatchEvent[] = isFirst ? [{ kind: 'relisting' }, ...applied] : applied;
  const { failures, wasTooOld } = state;
  const troubles = { failures, wasTooOld };
  if (page.next) return { state: { phase: 'listing', continueToken: page.next, ...troubles }, events };
  return {
    state: {
      phase: 'watching',
      resourceVersion: page.resourceVersion,
      ...troubles,
      relistAt: page.now + RELIST_AFTER_MS,
    },
    events: [...events, { kind: 'listed' }],
  };
}

function movedTo(state: WatchState, resourceVersion: string): WatchState {
  return state.phase === 'watching' ? { ...state, ...NO_TROUBLES, resourceVersion } : state;
}

function onEnd(state: WatchState, { lastedMs, now }: Extract<WatchInput, { kind: 'ended' }>): Step {
  if (state.phase === 'watching' && now >= state.relistAt) return { state: START, events: [] };
  if (lastedMs < SHORTEST_WATCH_MS) return withBackoff(state, 0);
  return { state: { ...state, ...NO_TROUBLES }, events: [] };
}

function onFailure(state: WatchState, failure: Extract<WatchInput, { kind: 'failed' }>): Step {
  const { status, retryAfterMs = 0, lost = false } = failure;
  const { failures } = state;
  const wasTooOld = status === GONE && (state.phase === 'watching' || state.continueToken !== undefined);
  // Not a fault of the server, and often its first answer after an outage: list immediately, unless the last
  // failure was the same.
  if (wasTooOld && !state.wasTooOld)
    return { state: { phase: 'listing', failures: failures + 1, wasTooOld }, events: [] };
  const restart = wasTooOld || lost || (status === NOT_FOUND && state.phase === 'watching');
  const next: WatchState = restart ? { phase: 'listing', failures, wasTooOld } : { ...state, wasTooOld };
  return withBackoff(next, retryAfterMs);
}

function withBackoff(state: WatchState, atLeastMs: number): Step {
  const attempt = state.failures + 1;
  return {
    state: { ...state, failures: attempt },
    events: [],
    pause: { kind: 'backoff', attempt, atLeastMs },
  };
}
