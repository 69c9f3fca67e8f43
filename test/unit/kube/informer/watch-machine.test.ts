// List and watch, step by step: every state with every input.

import { expect } from 'chai';
import {
  START,
  type Step,
  step,
  type WatchInput,
  type WatchState,
} from '../../../../src/kube/informer/watch-machine.ts';
import { aJob } from '../../kit/samples/a-job.ts';

const NOW = 1_000_000;
const HOUR = 60 * 60_000;
const JOB = aJob().version(7).build();

const STATES = {
  start: START,
  'between pages': { phase: 'listing', continueToken: 'token', failures: 0, wasTooOld: false },
  watching: { phase: 'watching', resourceVersion: '5', failures: 0, wasTooOld: false, relistAt: NOW + HOUR },
} as const satisfies Record<string, WatchState>;

const INPUTS = {
  'a page with more to come': { kind: 'page', jobs: [JOB], resourceVersion: '9', next: 'more', now: NOW },
  'the last page': { kind: 'page', jobs: [JOB], resourceVersion: '9', now: NOW },
  'an applied object': { kind: 'applied', job: JOB },
  'a deleted object': { kind: 'deleted', job: JOB },
  'a bookmark': { kind: 'bookmark', resourceVersion: '8' },
  'an end in good order': { kind: 'ended', lastedMs: 30_000, now: NOW },
  'an end at once': { kind: 'ended', lastedMs: 999, now: NOW },
  'an end when it is time to list': { kind: 'ended', lastedMs: 30_000, now: NOW + HOUR },
  'no answer': { kind: 'failed' },
  '410 Gone': { kind: 'failed', status: 410 },
  '404 Not Found': { kind: 'failed', status: 404 },
  '403 Forbidden': { kind: 'failed', status: 403 },
  '500 Internal Server Error': { kind: 'failed', status: 500 },
  'an event that could not be read': { kind: 'failed', lost: true },
  '429 with a wait of 7 s': { kind: 'failed', status: 429, retryAfterMs: 7_000 },
} as const satisfies Record<string, WatchInput>;

const RELISTING = { kind: 'relisting' } as const;
const APPLIED = { kind: 'applied', job: JOB } as const;
const LISTED = { kind: 'listed' } as const;
const WATCHING_FROM_THE_LIST = {
  phase: 'watching',
  resourceVersion: '9',
  failures: 0,
  wasTooOld: false,
  relistAt: NOW + HOUR,
} as const;

function backoff(state: WatchState, attempt = 1, atLeastMs = 0): Step {
  return {
    state: { ...state, failures: attempt },
    events: [],
    pause: { kind: 'backoff', attempt, atLeastMs },
  };
}

const AGAIN_AT_ONCE: Step = { state: { phase: 'listing', failures: 1, wasTooOld: true }, events: [] };

/** The result of each input in each state. */
const TABLE: Record<keyof typeof STATES, Record<keyof typeof INPUTS, Step>> = {
  start: {
    'a page with more to come': {
      state: { phase: 'listing', continueToken: 'more', failures: 0, wasTooOld: false },
      events: [RELISTING, APPLIED],
    },
    'the last page': { state: WATCHING_FROM_THE_LIST, events: [RELISTING, APPLIED, LISTED] },
    'an applied object': { state: START, events: [APPLIED] },
    'a deleted object': { state: START, events: [{ kind: 'deleted', job: JOB }] },
    'a bookmark': { state: START, events: [] },
    'an end in good order': { state: START, events: [] },
    'an end at once': backoff(START),
    'an end when it is time to list': { state: START, events: [] },
    'no answer': backoff(START),
    // There was no old version: the server is in trouble.
    '410 Gone': backoff(START),
    '404 Not Found': backoff(START),
    '403 Forbidden': backoff(START),
    '500 Internal Server Error': backoff(START),
    'an event that could not be read': backoff(START),
    '429 with a wait of 7 s': backoff(START, 1, 7_000),
  },
  'between pages': {
    'a page with more to come': {
      state: { ...STATES['between pages'], continueToken: 'more' },
      events: [APPLIED],
    },
    'the last page': { state: WATCHING_FROM_THE_LIST, events: [APPLIED, LISTED] },
    'an applied object': { state: STATES['between pages'], events: [APPLIED] },
    'a deleted object': { state: STATES['between pages'], events: [{ kind: 'deleted', job: JOB }] },
    'a bookmark': { state: STATES['between pages'], events: [] },
    'an end in good order': { state: STATES['between pages'], events: [] },
    'an end at once': backoff(STATES['between pages']),
    'an end when it is time to list': { state: STATES['between pages'], events: [] },
    'no answer': backoff(STATES['between pages']),
    '410 Gone': AGAIN_AT_ONCE,
    '404 Not Found': backoff(STATES['between pages']),
    '403 Forbidden': backoff(STATES['between pages']),
    '500 Internal Server Error': backoff(STATES['between pages']),
    // Pages hold no events.
    'an event that could not be read': backoff(START),
    '429 with a wait of 7 s': backoff(STATES['between pages'], 1, 7_000),
  },
  watching: {
    // No page comes while watching; it would be processed like any page.
    'a page with more to come': {
      state: { phase: 'listing', continueToken: 'more', failures: 0, wasTooOld: false },
      events: [APPLIED],
    },
    'the last page': { state: WATCHING_FROM_THE_LIST, events: [APPLIED, LISTED] },
    'an applied object': { state: { ...STATES.watching, resourceVersion: '7' }, events: [APPLIED] },
    'a deleted object': {
      state: { ...STATES.watching, resourceVersion: '7' },
      events: [{ kind: 'deleted', job: JOB }],
    },
    'a bookmark': { state: { ...STATES.watching, resourceVersion: '8' }, events: [] },
    'an end in good order': { state: STATES.watching, events: [] },
    'an end at once': backoff(STATES.watching),
    'an end when it is time to list': { state: START, events: [] },
    'no answer': backoff(STATES.watching),
    '410 Gone': AGAIN_AT_ONCE,
    '404 Not Found': backoff(START),
    '403 Forbidden': backoff(STATES.watching),
    '500 Internal Server Error': backoff(STATES.watching),
    'an event that could not be read': backoff(START),
    '429 with a wait of 7 s': backoff(STATES.watching, 1, 7_000),
  },
};

for (const [name, state] of Object.entries(STATES))
  describe(`the watch machine, ${name}`, () => {
    for (const [what, input] of Object.entries(INPUTS))
      it(`processes ${what}`, () => {
        expect(step(state, input)).to.deep.equal(
          TABLE[name as keyof typeof STATES][what as keyof typeof INPUTS],
        );
      });
  });

describe('the watch machine, after failures in a row', () => {
  const failing: WatchState = { ...STATES.watching, failures: 4 };

  it('continues to count', () => {
    expect(step(failing, INPUTS['no answer']).pause).to.include({ attempt: 5 });
  });

  for (const what of ['an applied object', 'a deleted object', 'a bookmark', 'an end in good order'] as const)
    it(`restarts the count with ${what}`, () => {
      expect(step(failing, INPUTS[what]).state.failures).to.equal(0);
    });

  it('lists immediately for a version too old, which is often the first answer after an outage', () => {
    expect(step(failing, INPUTS['410 Gone'])).to.deep.equal({
      state: { phase: 'listing', failures: 5, wasTooOld: true },
      events: [],
    });
  });

  for (const what of ['an applied object', 'a bookmark', 'an end in good order', 'no answer'] as const)
    it(`lists immediately for another version too old after ${what}`, () => {
      let state: WatchState = STATES.watching;
      for (const input of [INPUTS['410 Gone'], INPUTS['the last page'], INPUTS[what]])
        state = step(state, input).state;
      expect(step(state, INPUTS['410 Gone']).pause).to.equal(undefined);
    });

  it('pauses when each watch after a list has a version too old', () => {
    let state: WatchState = STATES.watching;
    const pauses: number[] = [];
    for (let rounds = 0; rounds < 5; rounds += 1)
      for (const input of [INPUTS['410 Gone'], INPUTS['the last page']]) {
        const next = step(state, input);
        state = next.state;
        if (next.pause) pauses.push(next.pause.attempt);
      }
    expect(pauses).to.deep.equal([2, 3, 4, 5]);
  });

  it('pauses when each second page has a token too old', () => {
    let state: WatchState = START;
    const pauses: number[] = [];
    for (let rounds = 0; rounds < 4; rounds += 1)
      for (const input of [INPUTS['a page with more to come'], INPUTS['410 Gone']]) {
        const next = step(state, input);
        state = next.state;
        if (next.pause) pauses.push(next.pause.attempt);
      }
    expect(pauses).to.deep.equal([2, 3, 4]);
  });
});
