// List and watch, step by step: every state with every input.

import { expect } from 'chai';
import {
  isProgress,
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

const WELL = { failures: 0, refusals: 0, wasTooOld: false } as const;

const STATES = {
  start: START,
  'between pages': { phase: 'listing', continueToken: 'token', ...WELL },
  watching: { phase: 'watching', resourceVersion: '5', ...WELL, relistAt: NOW + HOUR },
  checking: { phase: 'checking', resourceVersion: '5', ...WELL, relistAt: NOW + HOUR },
} as const satisfies Record<string, WatchState>;

const INPUTS = {
  'a page with more to come': { kind: 'page', jobs: [JOB], resourceVersion: '9', next: 'more', now: NOW },
  'the last page': { kind: 'page', jobs: [JOB], resourceVersion: '9', now: NOW },
  'an applied object': { kind: 'applied', job: JOB },
  'a deleted object': { kind: 'deleted', job: JOB },
  'a bookmark': { kind: 'bookmark', resourceVersion: '8' },
  'the present version': { kind: 'version', resourceVersion: '5' },
  'a version that has gone back': { kind: 'version', resourceVersion: '4' },
  'an end in good order': { kind: 'ended', lastedMs: 300_000, silentMs: 50_000, now: NOW },
  'an end after silence': { kind: 'ended', lastedMs: 80_000, silentMs: 80_000, now: NOW },
  'an end at once': { kind: 'ended', lastedMs: 999, silentMs: 999, now: NOW },
  'an end when it is time to list': { kind: 'ended', lastedMs: 300_000, silentMs: 50_000, now: NOW + HOUR },
  'a cut after silence': { kind: 'cut', lastedMs: 20_000, silentMs: 20_000, now: NOW },
  'a cut at once': { kind: 'cut', lastedMs: 9_999, silentMs: 9_999, now: NOW },
  'a cut when it is time to list': { kind: 'cut', lastedMs: 20_000, silentMs: 20_000, now: NOW + HOUR },
  'no answer': { kind: 'failed', now: NOW },
  'no answer when it is time to list': { kind: 'failed', now: NOW + HOUR },
  '410 Gone': { kind: 'failed', status: 410, now: NOW },
  '404 Not Found': { kind: 'failed', status: 404, now: NOW },
  '403 Forbidden': { kind: 'failed', status: 403, now: NOW },
  '500 Internal Server Error': { kind: 'failed', status: 500, now: NOW },
  'an event that could not be read': { kind: 'failed', lost: true, now: NOW },
  '429 with a wait of 7 s': { kind: 'failed', status: 429, retryAfterMs: 7_000, now: NOW },
} as const satisfies Record<string, WatchInput>;

const FOUND = { kind: 'found', job: JOB } as const;
const APPLIED = { kind: 'applied', job: JOB } as const;
const DELETED = { kind: 'deleted', job: JOB } as const;
const LISTED = { kind: 'listed' } as const;
const WATCHING_FROM_THE_LIST = {
  phase: 'watching',
  resourceVersion: '9',
  ...WELL,
  relistAt: NOW + HOUR,
} as const;

function backoff(state: WatchState, more: Partial<WatchState> = {}, atLeastMs = 0): Step {
  return {
    state: { ...state, failures: 1, ...more } as WatchState,
    events: [],
    pause: { attempt: 1, atLeastMs },
  };
}

function to(state: WatchState, events: Step['events'] = []): Step {
  return { state, events };
}

const AGAIN_AT_ONCE: Step = {
  state: { phase: 'listing', failures: 1, refusals: 0, wasTooOld: true },
  events: [],
};
const LISTED_MORE: Step = to({ phase: 'listing', continueToken: 'more', ...WELL }, [FOUND]);
const LISTED_ALL: Step = to(WATCHING_FROM_THE_LIST, [FOUND, LISTED]);
const { start, 'between pages': between, watching, checking } = STATES;
const REFUSED_ONCE = backoff(checking, { refusals: 1 });

/** The result of each input in each state. */
const TABLE: Record<keyof typeof STATES, Record<keyof typeof INPUTS, Step>> = {
  start: {
    ...listing(start),
    // There was no old version: the server is in trouble.
    '410 Gone': backoff(start),
  },
  'between pages': {
    ...listing(between),
    '410 Gone': AGAIN_AT_ONCE,
    '404 Not Found': backoff(between, { refusals: 1 }),
    '500 Internal Server Error': backoff(between, { refusals: 1 }),
    // Pages hold no events.
    'an event that could not be read': backoff(start),
  },
  watching: {
    // No page comes while watching; it would be processed like any page.
    'a page with more to come': LISTED_MORE,
    'the last page': LISTED_ALL,
    'an applied object': to({ ...watching, resourceVersion: '7' }, [APPLIED]),
    'a deleted object': to({ ...watching, resourceVersion: '7' }, [DELETED]),
    'a bookmark': to({ ...watching, resourceVersion: '8' }),
    // Versions come while checking only.
    'the present version': to(watching),
    'a version that has gone back': to(watching),
    'an end in good order': to(watching),
    'an end after silence': to(checking),
    'an end at once': REFUSED_ONCE,
    'an end when it is time to list': to(start),
    'a cut after silence': to(checking),
    'a cut at once': backoff(checking),
    'a cut when it is time to list': to(start),
    'no answer': backoff(checking),
    'no answer when it is time to list': backoff(start),
    '410 Gone': AGAIN_AT_ONCE,
    '404 Not Found': backoff(start),
    '403 Forbidden': backoff(watching),
    '500 Internal Server Error': REFUSED_ONCE,
    'an event that could not be read': backoff(start),
    '429 with a wait of 7 s': backoff(watching, {}, 7_000),
  },
  checking: {
    'a page with more to come': LISTED_MORE,
    'the last page': LISTED_ALL,
    'an applied object': to(checking, [APPLIED]),
    'a deleted object': to(checking, [DELETED]),
    'a bookmark': to(checking),
    'the present version': to(watching),
    'a version that has gone back': to(start),
    // No watch is open while checking.
    'an end in good order': to(checking),
    'an end after silence': to(checking),
    'an end at once': REFUSED_ONCE,
    'an end when it is time to list': to(start),
    'a cut after silence': to(checking),
    'a cut at once': backoff(checking),
    'a cut when it is time to list': to(start),
    'no answer': backoff(checking),
    'no answer when it is time to list': backoff(start),
    '410 Gone': AGAIN_AT_ONCE,
    '404 Not Found': backoff(start),
    '403 Forbidden': backoff(checking),
    // The check was refused, not the watch.
    '500 Internal Server Error': backoff(checking),
    'an event that could not be read': backoff(start),
    '429 with a wait of 7 s': backoff(checking, {}, 7_000),
  },
};

/** The results while listing, where no watch is open. */
function listing(state: WatchState): Record<keyof typeof INPUTS, Step> {
  return {
    'a page with more to come': LISTED_MORE,
    'the last page': LISTED_ALL,
    'an applied object': to(state, [APPLIED]),
    'a deleted object': to(state, [DELETED]),
    'a bookmark': to(state),
    'the present version': to(state),
    'a version that has gone back': to(state),
    'an end in good order': to(state),
    'an end after silence': to(state),
    'an end at once': backoff(state, { refusals: 1 }),
    'an end when it is time to list': to(state),
    'a cut after silence': to(state),
    'a cut at once': backoff(state),
    'a cut when it is time to list': to(state),
    'no answer': backoff(state),
    'no answer when it is time to list': backoff(state),
    '410 Gone': backoff(state),
    '404 Not Found': backoff(state),
    '403 Forbidden': backoff(state),
    '500 Internal Server Error': backoff(state),
    'an event that could not be read': backoff(state),
    '429 with a wait of 7 s': backoff(state, {}, 7_000),
  };
}

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

  for (const what of [
    'an applied object',
    'a deleted object',
    'a bookmark',
    'an end in good order',
    'a cut after silence',
  ] as const)
    it(`restarts the count with ${what}`, () => {
      expect(step(failing, INPUTS[what]).state.failures).to.equal(0);
    });

  it('lists immediately for a version too old, which is often the first answer after an outage', () => {
    expect(step(failing, INPUTS['410 Gone'])).to.deep.equal({
      state: { phase: 'listing', failures: 5, refusals: 0, wasTooOld: true },
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

describe('the watch machine, refused again and again for something that may be its version', () => {
  /** The numbers of the refusals after which the machine lists. Lists and checks work. */
  function listsAfter(refusal: WatchInput, times: number): number[] {
    const lists: number[] = [];
    let state: WatchState = STATES.watching;
    for (let refusals = 1; refusals <= times; refusals += 1) {
      state = step(state, refusal).state;
      if (state.phase === 'listing') lists.push(refusals);
      state = step(state, state.phase === 'listing' ? INPUTS['the last page'] : PRESENT).state;
    }
    return lists;
  }
  const PRESENT = { kind: 'version', resourceVersion: '100' } as const;

  for (const status of [400, 500, 504])
    it(`lists after six answers ${status}, and then after twice as many each time`, () => {
      const refusal = { kind: 'failed', status, now: NOW } as const;
      expect(listsAfter(refusal, 60)).to.deep.equal([6, 12, 24, 48]);
    });

  it('lists after six ends at once', () => {
    expect(listsAfter(INPUTS['an end at once'], 20)).to.deep.equal([6, 12]);
  });

  for (const status of [401, 403, 429])
    it(`does not list because of ${status}, which says nothing of the version`, () => {
      expect(listsAfter({ kind: 'failed', status, now: NOW }, 60)).to.deep.equal([]);
    });

  it('requests the first page again after six refusals of a further page', () => {
    let state: WatchState = STATES['between pages'];
    for (let refusals = 0; refusals < 6; refusals += 1) {
      expect(state).to.include({ continueToken: 'token' });
      state = step(state, INPUTS['500 Internal Server Error']).state;
    }
    expect(state).not.to.have.property('continueToken');
  });

  it('pauses for less than a minute in all before the first list', () => {
    const longest = [500, 1_000, 2_000, 4_000, 8_000, 8_000];
    const attempts: number[] = [];
    let state: WatchState = STATES.watching;
    while (state.phase !== 'listing') {
      const next = step(state, INPUTS['500 Internal Server Error']);
      attempts.push(next.pause?.attempt ?? 0);
      state = next.state.phase === 'checking' ? step(next.state, PRESENT).state : next.state;
    }
    const sum = attempts.reduce((total, attempt) => total + (longest[attempt - 1] ?? 8_000), 0);
    expect(sum).to.be.below(60_000);
  });
});

describe('the watch machine, behind a load balancer that cuts silent watches', () => {
  it('never pauses, and lists once an hour', () => {
    let state: WatchState = STATES.watching;
    let lists = 0;
    for (let now = NOW; now < NOW + 10 * HOUR; now += 20_000) {
      const next = step(state, { kind: 'cut', lastedMs: 20_000, silentMs: 20_000, now });
      expect(next.pause).to.equal(undefined);
      state = next.state;
      if (state.phase === 'listing') {
        lists += 1;
        state = step(state, { ...INPUTS['the last page'], now }).state;
      } else state = step(state, { kind: 'version', resourceVersion: '9' }).state;
    }
    expect(lists).to.equal(9);
  });
});

describe('a watch that ends without an error', () => {
  const rows: readonly (readonly [kind: 'ended' | 'cut', lastedMs: number, isHealthy: boolean])[] = [
    ['ended', 999, false],
    ['ended', 1_000, true],
    ['cut', 9_999, false],
    ['cut', 10_000, true],
  ];
  for (const [kind, lastedMs, isHealthy] of rows)
    it(`${isHealthy ? 'was healthy' : 'makes a pause'} when it has ${kind} after ${lastedMs} ms`, () => {
      const end = { kind, lastedMs, silentMs: 0, now: NOW };
      expect(step(STATES.watching, end).pause === undefined).to.equal(isHealthy);
      expect(isProgress(end)).to.equal(isHealthy);
    });
});

describe('progress', () => {
  for (const what of [
    'a page with more to come',
    'a bookmark',
    'an applied object',
    'a cut after silence',
  ] as const)
    it(`is ${what}`, () => {
      expect(isProgress(INPUTS[what])).to.equal(true);
    });

  it('is an end before a bookmark was due, and none after that', () => {
    const end = (silentMs: number) => ({ kind: 'ended', lastedMs: 300_000, silentMs, now: NOW }) as const;
    expect([74_999, 75_000].map((ms) => isProgress(end(ms)))).to.deep.equal([true, false]);
  });

  // The API server sends a bookmark a minute: something on the way swallows them.
  for (const what of [
    'an end after silence',
    'an end at once',
    'a cut at once',
    'no answer',
    'the present version',
  ] as const)
    it(`is not ${what}`, () => {
      expect(isProgress(INPUTS[what])).to.equal(false);
    });
});
