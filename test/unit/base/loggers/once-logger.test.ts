// The lines that a lasting trouble leaves in the log.
import { expect } from 'chai';
import { OnceLogger } from '../../../../src/base/once-logger.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';

function setUp(options: { level?: 'warn' | 'error'; repeatAfterMs?: number } = {}) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const once = new OnceLogger({ clock, logger, ...options });
  const levels = () => logger.lines.map(({ level }) => level);
  return { clock, logger, once, levels };
}

describe('once-logger', () => {
  it('logs a trouble when it begins, and repeats at the debug level', () => {
    const { once, logger } = setUp();
    expect(once.failed('watch', 'watching failed', { status: 500 })).to.equal(true);
    expect(once.failed('watch', 'watching failed', { status: 500 })).to.equal(false);
    const fields = { status: 500 };
    expect(logger.lines).to.deep.equal([
      { level: 'warn', message: 'watching failed', fields },
      { level: 'debug', message: 'watching failed', fields },
    ]);
  });

  it('logs a trouble again when its cause changes', () => {
    const { once, levels } = setUp();
    for (const cause of ['ECONNREFUSED', 'ECONNREFUSED', 'ETIMEDOUT', 'ECONNREFUSED'])
      once.failed('redis', 'Redis cannot be used', { cause }, cause);
    expect(levels()).to.deep.equal(['warn', 'debug', 'warn', 'warn']);
  });

  it('logs the end of a trouble once, and its next beginning', () => {
    const { once, logger } = setUp();
    once.failed('watch', 'watching failed');
    once.recovered('watch', 'watching again');
    once.recovered('watch', 'watching again');
    once.failed('watch', 'watching failed');
    const lines = logger.lines.map(({ level, message }) => `${level}: ${message}`);
    expect(lines).to.deep.equal(['warn: watching failed', 'info: watching again', 'warn: watching failed']);
  });

  it('ends a trouble without a line when it receives no message', () => {
    const { once, levels } = setUp();
    once.failed('watch', 'watching failed');
    once.recovered('watch');
    expect(levels()).to.deep.equal(['warn']);
  });

  it('keeps troubles of different names apart', () => {
    const { once, levels } = setUp();
    once.failed('a', 'failed');
    once.failed('b', 'failed');
    once.recovered('b');
    once.failed('a', 'failed');
    expect(levels()).to.deep.equal(['warn', 'warn', 'debug']);
  });

  it('begins a trouble at the level that it was constructed with', () => {
    const { once, levels } = setUp({ level: 'error' });
    once.failed('a', 'failed');
    once.failed('a', 'failed');
    expect(levels()).to.deep.equal(['error', 'debug']);
  });

  it('repeats the line of a lasting trouble after a while', () => {
    const { once, clock, levels } = setUp({ repeatAfterMs: 600_000 });
    for (let minute = 0; minute <= 20; minute += 1) {
      once.failed('watch', 'watching failed');
      clock.skip(60_000);
    }
    expect(levels().filter((level) => level === 'warn')).to.have.lengthOf(3);
    expect(levels()[10]).to.equal('warn');
  });
});
