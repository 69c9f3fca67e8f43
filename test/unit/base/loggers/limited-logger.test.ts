// How many lines one namespace can cause.
import { expect } from 'chai';
import { LimitedLogger } from '../../../../src/base/limited-logger.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';

describe('a limited logger', () => {
  let clock: FakeClock;
  let recording: RecordingLogger;
  let logger: LimitedLogger;
  beforeEach(() => {
    clock = new FakeClock();
    recording = new RecordingLogger();
    logger = new LimitedLogger({ clock, logger: recording });
  });

  function linesOf(namespace: string): string[] {
    return recording.lines
      .filter(({ fields }) => fields.namespace === namespace)
      .map(({ level, message }) => `${level}: ${message}`);
  }

  async function flap(namespace: string, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      for (let line = 0; line < 24; line += 1) logger.warn('observation failed', { namespace });
      await clock.advance(1_000);
    }
  }

  it('passes lines on as they are, while they are few', () => {
    logger.warn('observation failed', { namespace: 'media', name: 'a' });
    logger.info('observation recovered', { namespace: 'media', name: 'a' });
    logger.error('broken');
    expect(recording.lines).to.deep.equal([
      { level: 'warn', message: 'observation failed', fields: { namespace: 'media', name: 'a' } },
      { level: 'info', message: 'observation recovered', fields: { namespace: 'media', name: 'a' } },
      { level: 'error', message: 'broken', fields: {} },
    ]);
  });

  it('leaves out lines about a namespace beyond 50 and one every 2 s, and says how many', async () => {
    await flap('media', 600);
    const lines = linesOf('media');
    const left = recording.lines
      .map(({ fields }) => fields.linesLeftOut)
      .filter((each) => each !== undefined);
    expect(lines.length).to.be.within(300, 400);
    const kept = lines.filter((line) => line === 'warn: observation failed').length;
    const sum = left.reduce((a: number, b) => a + (b as number), 0);
    // What was left out in the last minute is not counted in the log yet.
    expect(kept + sum).to.be.within(540 * 24, 600 * 24);
    expect(left.length).to.be.within(8, 10);
  });

  it('says how many were left out when they end, with the next line of any namespace a minute later', async () => {
    await flap('media', 10);
    await clock.advance(60_000);
    const kept = linesOf('media').length;
    logger.info('observation recovered', { namespace: 'news' });
    expect(recording.lines.at(-2)).to.deep.equal({
      level: 'warn',
      message: 'lines about a namespace were left out: it causes too many',
      fields: { namespace: 'media', ofLevel: 'warn', linesLeftOut: 240 - kept },
    });
    await clock.advance(60_000);
    logger.info('observation recovered', { namespace: 'news' });
    expect(linesOf('media').length).to.equal(kept + 1);
  });

  it('counts each level apart, so that no level leaves out lines of another', async () => {
    const levels = ['info', 'warn', 'error'] as const;
    for (const level of levels) {
      for (let line = 0; line < 60; line += 1) logger[level]('observation failed', { namespace: 'media' });
      expect(linesOf('media').filter((line) => line.startsWith(level))).to.have.length(50);
    }
    await clock.advance(60_000);
    logger.info('observation recovered', { namespace: 'news' });
    const counts = recording.lines.flatMap(({ fields: { ofLevel, linesLeftOut } }) =>
      linesLeftOut === undefined ? [] : [{ ofLevel, linesLeftOut }],
    );
    expect(counts).to.deep.equal(levels.map((ofLevel) => ({ ofLevel, linesLeftOut: 10 })));
  });

  it('leaves out no line about another namespace, and none about the process', async () => {
    await flap('media', 10);
    for (let line = 0; line < 40; line += 1) {
      logger.warn('observation failed', { namespace: 'news' });
      logger.error('broken', { line });
    }
    expect(linesOf('news')).to.have.length(40);
    expect(recording.lines.filter(({ message }) => message === 'broken')).to.have.length(40);
  });

  it('counts a line about a credential for its namespace, and those about the own credentials together', () => {
    for (let line = 0; line < 60; line += 1) {
      logger.warn('a cluster cannot be listed', { identity: 'media/account', clusterID: `${line}` });
      logger.warn('a cluster cannot be listed', { identity: 'default', clusterID: `${line}` });
    }
    const of = (name: string) => recording.lines.filter(({ fields }) => fields.identity === name).length;
    expect([of('media/account'), of('default')]).to.deep.equal([50, 50]);
    logger.warn('observation failed', { namespace: 'media' });
    expect(linesOf('media')).to.deep.equal([]);
  });

  it('passes every line on at the debug level', () => {
    for (let line = 0; line < 60; line += 1) logger.debug('writing an event failed', { namespace: 'media' });
    expect(recording.lines).to.have.length(60);
  });

  it('counts the fields of a logger made by `with`, in the same buckets', () => {
    const media = logger.with({ namespace: 'media' });
    for (let line = 0; line < 30; line += 1) {
      media.warn('watching failed');
      logger.warn('observation failed', { namespace: 'media' });
    }
    expect(linesOf('media')).to.have.length(50);
  });
});
