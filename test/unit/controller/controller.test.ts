// When keys run, how many at once, and what each outcome means.

import { expect } from 'chai';
import { Controller, type ControllerOptions, type Reconcile } from '../../../src/controller/controller.ts';
import { awaitChange, type Outcome, pollAt } from '../../../src/controller/outcome.ts';
import type { Work } from '../../../src/controller/work.ts';
import { FakeClock, settled } from '../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';

/** One run of the reconciler, which the test ends. */
interface Run {
  readonly key: string;
  readonly at: number;
  readonly work: Work<string>;
  end(outcome: Outcome): Promise<void>;
  fail(): Promise<void>;
}

describe('a controller', () => {
  let clock: FakeClock;
  let start: number;
  let logger: RecordingLogger;
  let runs: Run[];
  let reconciled: string[];
  let stop: AbortController;

  beforeEach(() => {
    clock = new FakeClock();
    start = clock.now();
    logger = new RecordingLogger();
    runs = [];
    reconciled = [];
    stop = new AbortController();
  });

  const reconcile: Reconcile<string> = (key, work) => {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const at = clock.now() - start;
    const end = (outcome: Outcome) => settledAfter(() => resolve(outcome));
    const fail = () => settledAfter(() => reject(new Error('a bug')));
    runs.push({ key, at, work, end, fail });
    return promise;
  };

  function aController(options: Partial<ControllerOptions<string>> = {}): Controller<string> {
    return new Controller<string>({
      clock,
      logger,
      concurrency: Number.POSITIVE_INFINITY,
      onReconciled: (outcome, seconds) => reconciled.push(`${outcome} ${seconds}`),
      ...options,
    });
  }

  async function running(options: Partial<ControllerOptions<string>> = {}, ...keys: string[]) {
    const controller = aController(options);
    for (const key of keys) controller.add(key);
    void controller.run(reconcile, stop.signal);
    await settled();
    return controller;
  }

  async function delayAfterThrow(): Promise<number> {
    const failedAt = clock.now() - start;
    await last().fail();
    await clock.advance(300_000);
    return last().at - failedAt;
  }

  function last(): Run {
    return runs.at(-1) as Run;
  }

  it('runs keys that were added before and after it began', async () => {
    const controller = await running({}, 'a');
    controller.add('b');
    await settled();
    expect(runs.map(({ key }) => key)).to.deep.equal(['a', 'b']);
  });

  describe('that receives the next time of a key from elsewhere', () => {
    it('runs the key then, instead of at its own time', async () => {
      const controller = await running({}, 'a');
      await last().end(pollAt(start + 10_000));
      controller.reschedule('a', start + 20_000);
      await clock.advance(19_999);
      expect(runs).to.have.length(1);
      await clock.advance(1);
      expect(runs.map(({ at }) => at)).to.deep.equal([0, 20_000]);
    });

    it('aborts a run of the key, which runs again immediately', async () => {
      const controller = await running({}, 'a');
      controller.reschedule('a', start + 20_000);
      expect(last().work.aborted).to.equal(true);
      await last().end(awaitChange());
      expect(runs.map(({ key }) => key)).to.deep.equal(['a', 'a']);
    });

    it('leaves a key that waits for a free place where it is', async () => {
      const controller = await running({ concurrency: 1 }, 'a', 'b');
      controller.reschedule('b', start + 20_000);
      await last().end(awaitChange());
      expect(runs.map(({ key }) => key)).to.deep.equal(['a', 'b']);
    });

    it('does nothing after the controller has ended', async () => {
      const controller = await running();
      stop.abort();
      await settled();
      controller.reschedule('a', start + 1_000);
      expect(clock.timers).to.equal(0);
    });
  });

  it('runs nothing before `run` is called', async () => {
    aController().add('a');
    await settled();
    expect(runs).to.deep.equal([]);
  });

  describe('applies the outcome:', () => {
    it('runs the key again at the time of pollAt, and not before', async () => {
      await running({}, 'a');
      await last().end(pollAt(start + 5_000));
      await clock.advance(4_999);
      expect(runs).to.have.length(1);
      await clock.advance(1);
      expect(runs.map(({ at }) => at)).to.deep.equal([0, 5_000]);
    });

    it('runs the key again immediately when the time of pollAt has passed', async () => {
      await running({}, 'a');
      await last().end(pollAt(start - 1));
      await clock.advance(0);
      expect(runs).to.have.length(2);
    });

    it('does not run the key after awaitChange until it is added', async () => {
      const controller = await running({}, 'a');
      await last().end(awaitChange());
      await clock.advance(24 * 3_600_000);
      expect(runs).to.have.length(1);
      controller.add('a');
      await settled();
      expect(runs).to.have.length(2);
    });
  });

  describe('when a key is added', () => {
    it('runs it now, and removes it from the timetable', async () => {
      const controller = await running({}, 'a');
      await last().end(pollAt(start + 5_000));
      controller.add('a');
      await settled();
      expect(runs).to.have.length(2);
      await clock.advance(60_000);
      await last().end(awaitChange());
      expect(runs, 'not again for the place given up').to.have.length(2);
    });

    it('never runs it twice at the same time', async () => {
      const controller = await running({}, 'a');
      controller.add('a');
      controller.add('a');
      await settled();
      expect(runs).to.have.length(1);
    });

    it('runs it again immediately when the run in progress ends, whatever its outcome', async () => {
      const controller = await running({}, 'a');
      controller.add('a');
      await last().end(pollAt(start + 5_000));
      expect(runs).to.have.length(2);
      await clock.advance(60_000);
      await last().end(awaitChange());
      expect(runs, 'not again for the outcome of the run that was outdated').to.have.length(2);
    });

    it('aborts the work in progress', async () => {
      const controller = await running({}, 'a', 'b');
      controller.add('a');
      expect(runs.map(({ work }) => work.aborted)).to.deep.equal([true, false]);
      await runs[0]?.end(awaitChange());
      expect(last().work.aborted, 'the run that follows').to.equal(false);
    });

    it('runs it immediately even after a throw', async () => {
      const controller = await running({}, 'a');
      controller.add('a');
      await last().fail();
      expect(runs).to.have.length(2);
    });
  });

  describe('after a throw', () => {
    it('retries with growing back-off of at most 5 minutes', async () => {
      await running({}, 'a');
      const delays: number[] = [];
      for (let failure = 1; failure <= 12; failure += 1) delays.push(await delayAfterThrow());
      expect(delays[0]).to.be.within(500, 1_000);
      expect(delays[4]).to.be.within(8_000, 16_000);
      expect(delays[11]).to.be.within(150_000, 300_000);
    });

    it('logs the bug with its key, and counts it', async () => {
      await running({}, 'a');
      await clock.advance(2_000);
      await last().fail();
      expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
        'error reconciling failed unexpectedly',
      ]);
      expect(logger.lines[0]?.fields.key).to.equal('a');
      expect(reconciled).to.deep.equal(['error 2']);
    });

    it('forgets it as soon as a run succeeds', async () => {
      await running({}, 'a');
      for (let failure = 1; failure <= 6; failure += 1) await delayAfterThrow();
      await last().end(pollAt(clock.now()));
      await clock.advance(0);
      expect(await delayAfterThrow()).to.be.within(500, 1_000);
    });

    it('treats a synchronous throw like a rejection', async () => {
      let tries = 0;
      const controller = aController();
      controller.add('a');
      void controller.run(() => {
        tries += 1;
        throw new Error('at once');
      }, stop.signal);
      await settled();
      await clock.advance(1_000);
      expect(tries).to.equal(2);
    });
  });

  describe('whose work is ended later', () => {
    const works: Work<string>[] = [];

    beforeEach(() => {
      works.length = 0;
    });

    async function begun(): Promise<Work<string>> {
      const controller = aController();
      controller.add('a');
      void controller.run((_, work) => {
        works.push(work);
        return undefined;
      }, stop.signal);
      await clock.advance(2_000);
      return works[0] ?? expect.fail('nothing began');
    }

    it('applies the outcome with which it ends', async () => {
      const work = await begun();
      expect(reconciled).to.deep.equal([]);
      work.end(() => pollAt(start + 5_000));
      expect(reconciled).to.deep.equal(['pollAt 2']);
      await clock.advance(2_999);
      expect(works).to.have.length(1);
      await clock.advance(1);
      expect(works).to.have.length(2);
    });

    it('logs what it throws at its end, and retries with back-off', async () => {
      const work = await begun();
      work.end(() => {
        throw new Error('a bug');
      });
      expect(logger.lines.map(({ message }) => message)).to.deep.equal(['reconciling failed unexpectedly']);
      expect(reconciled).to.deep.equal(['error 2']);
      await clock.advance(1_000);
      expect(works).to.have.length(2);
    });

    it('runs no key twice at a time, although work that threw is said to end later', async () => {
      const controller = aController();
      controller.add('a');
      void controller.run((_, work) => {
        if (works.push(work) === 1) throw new Error('a bug');
        return undefined;
      }, stop.signal);
      await clock.advance(1_000);
      expect(works).to.have.length(2);
      works[0]?.end(awaitChange);
      controller.add('a');
      await settled();
      expect(works).to.have.length(2);
      works[1]?.end(awaitChange);
      await settled();
      expect(works).to.have.length(3);
    });

    it('is waited for when the controller stops', async () => {
      const controller = aController();
      controller.add('a');
      let ended = false;
      let work: Work<string> | undefined;
      const reconcileLater: Reconcile<string> = (_, begun) => {
        work = begun;
        return undefined;
      };
      void controller.run(reconcileLater, stop.signal).then(() => (ended = true));
      await settled();
      stop.abort();
      await settled();
      expect([work?.aborted, ended]).to.deep.equal([true, false]);
      work?.end(awaitChange);
      await settled();
      expect(ended).to.equal(true);
    });
  });

  it('works on no more keys at a time than its concurrency', async () => {
    await running({ concurrency: 2 }, 'a', 'b', 'c', 'd');
    expect(runs.map(({ key }) => key)).to.deep.equal(['a', 'b']);
    await runs[0]?.end(awaitChange());
    expect(runs.map(({ key }) => key)).to.deep.equal(['a', 'b', 'c']);
  });

  it('starts 1,000 keys over several ticks of the event loop', async () => {
    const controller = aController();
    for (let key = 0; key < 1_000; key += 1) controller.add(`key ${key}`);
    void controller.run(reconcile, stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    expect(runs.length).to.be.within(1, 999);
    await settled();
    expect(runs).to.have.length(1_000);
  });

  it('reports how long a run took, waiting included', async () => {
    await running({}, 'a');
    await clock.advance(2_500);
    await last().end(awaitChange());
    expect(reconciled).to.deep.equal(['awaitChange 2.5']);
  });

  describe('when it is stopped', () => {
    it('aborts the runs in progress, and ends when they have ended', async () => {
      const controller = aController();
      for (const key of ['a', 'b']) controller.add(key);
      let ended = false;
      void controller.run(reconcile, stop.signal).then(() => (ended = true));
      await settled();
      stop.abort();
      await settled();
      expect(runs.map(({ work }) => work.aborted)).to.deep.equal([true, true]);
      await runs[0]?.end(pollAt(start + 1_000));
      expect(ended).to.equal(false);
      await runs[1]?.end(pollAt(start + 1_000));
      expect(ended).to.equal(true);
    });

    it('starts nothing more, and leaves no timer', async () => {
      const controller = await running({}, 'a', 'b');
      await runs[0]?.end(pollAt(start + 1_000));
      stop.abort();
      controller.add('c');
      await settled();
      expect(clock.timers, 'at the stop').to.equal(0);
      await runs[1]?.end(pollAt(start + 1_000));
      expect(clock.timers, 'at the end of the last run').to.equal(0);
      await clock.advance(10_000);
      expect(runs).to.have.length(2);
    });

    it('ends immediately when it is stopped before it began', async () => {
      const controller = aController();
      controller.add('a');
      stop.abort();
      await controller.run(reconcile, stop.signal);
      await settled();
      expect(runs).to.deep.equal([]);
    });
  });
});

async function settledAfter(action: () => void): Promise<void> {
  action();
  await settled();
}
