// The log writes JSON lines without secrets.

import { Writable } from 'node:stream';
import { expect } from 'chai';
import type { Logger } from '../../../src/base/logger.ts';
import { createLogger, type LogFormat, type LogLevel } from '../../../src/telemetry/logger.ts';
import { PRINTED_TEXT, TERMINAL_TEXT, terminalCharacter } from '../kit/terminal.ts';

describe('the log', () => {
  let written: string;
  let logger: Logger;
  beforeEach(async () => {
    logger = await loggerAt('debug');
  });

  function loggerAt(level: LogLevel, format: LogFormat = 'json'): Promise<Logger> {
    written = '';
    const destination = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    return createLogger({ level, format, destination });
  }

  function lines(): Record<string, unknown>[] {
    return written
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The fields of the line that these fields leave. */
  function logged(fields: Record<string, unknown>): Record<string, unknown> {
    logger.info('it happened', fields);
    return lines().at(-1) ?? {};
  }

  it('writes a JSON object per line: level, time, fields and message', () => {
    const { time, ...rest } = logged({ namespace: 'media', count: 3 });
    expect(rest).to.deep.equal({ level: 'info', namespace: 'media', count: 3, msg: 'it happened' });
    expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('has every level, and leaves out lines below its own', async () => {
    logger = await loggerAt('warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines().map(({ level, msg }) => `${level} ${msg}`)).to.deep.equal(['warn c', 'error d']);
  });

  it('adds fields to every line of a logger with fields', () => {
    logger.with({ room: 'kube' }).with({ part: 'watch' }).info('a', { count: 1 });
    expect(lines()[0]).to.include({ room: 'kube', part: 'watch', count: 1 });
  });

  const NAMES = [
    ...['accessKeyID', 'accessKeyId', 'AccessKeyId', 'accessKeySecret', 'securityToken', 'SecurityToken'],
    ...['authorization', 'Authorization', 'token', 'password', 'streamInput', 'StreamOutput'],
  ];
  for (const name of NAMES)
    it(`never shows a field named ${name}, at any depth`, () => {
      logged({ [name]: 'CANARY' });
      logged({ a: { [name]: 'CANARY' } });
      logged({ a: { b: { c: [{ d: { [name]: { nested: 'CANARY' } } }] } } });
      logger.with({ [name]: 'CANARY', a: { [name]: 'CANARY' } }).info('x');
      logged({ error: Object.assign(new Error('x'), { [name]: 'CANARY' }) });
      expect(written).not.to.contain('CANARY');
      expect(lines()[0]).to.include({ [name]: 'REDACTED' });
    });

  const URLS: [string, string][] = [
    ['rtmp://push.example/app/s?auth_key=CANARY-1', 'rtmp://push.example/app/s?REDACTED'],
    ['https://u:CANARY@live.example/x', 'https://REDACTED@live.example/x'],
    ['https://u@v:CANARY@live.example/x', 'https://REDACTED@live.example/x'],
    ['https://u:CANARY/CANARY@live.example/x', 'https://REDACTED'],
    ['https://u:CANARY?CANARY@live.example/x', 'https://REDACTED'],
    ['https://live.example/x#CANARY', 'https://live.example/x#REDACTED'],
    ['RTMP://A.example/?CANARY', 'RTMP://A.example/?REDACTED'],
    ['POST https://live.example/?JobId=CANARY failed.', 'POST https://live.example/?REDACTED failed.'],
    [
      '"http://a.example/?x=CANARY", "http://b.example/?y=CANARY"',
      '"http://a.example/?REDACTED", "http://b.example/?REDACTED"',
    ],
    ['/app/s?auth_key=CANARY&x=1', '/app/s?auth_key=REDACTED&x=1'],
    ['AccessKeySecret=CANARY', 'AccessKeySecret=REDACTED'],
  ];
  for (const [text, shown] of URLS)
    it(`shows ${text} without its secret, anywhere in a line`, () => {
      const fields = {
        text,
        nested: { list: [text] },
        error: new Error(text, { cause: new TypeError(text) }),
      };
      logger.warn(text, fields);
      logger.with({ text }).info('x');
      expect(written).not.to.contain('CANARY');
      expect(lines()[0]).to.deep.include({ msg: shown, text: shown, nested: { list: [shown] } });
      expect(lines()[0]).to.have.nested.property('error.message', shown);
      expect(lines()[0]).to.have.nested.property('error.cause.message', shown);
      expect(lines()[1]).to.include({ text: shown });
    });

  it('leaves a URL without secrets as it is', () => {
    expect(logged({ server: 'https://127.0.0.1:6443/apis' })).to.include({
      server: 'https://127.0.0.1:6443/apis',
    });
  });

  it('shows name, message, stack and cause of an error, without properties that a library attached', () => {
    const error = Object.assign(new RangeError('too far', { cause: new Error('why') }), {
      body: 'CANARY',
      headers: { authorization: 'CANARY' },
    });
    const shown = logged({ error }).error as Record<string, unknown>;
    expect(shown).to.have.all.keys('name', 'message', 'stack', 'cause');
    expect(shown).to.include({ name: 'RangeError', message: 'too far' });
    expect(written).not.to.contain('CANARY');
  });

  it('accepts values of any shape', () => {
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    const deep = { a: { b: { c: { d: { e: { f: { g: 'CANARY' } } } } } } };
    expect(
      logged({ loop, deep, nothing: null, none: undefined, when: new Date(0), big: 7n, yes: true }),
    ).to.include({
      nothing: null,
      when: '1970-01-01T00:00:00.000Z',
      yes: true,
    });
    expect(written).not.to.contain('CANARY');
  });

  for (const format of ['json', 'pretty'] as const)
    it(`writes no character that a terminal would obey in ${format} format, wherever it comes from`, async () => {
      logger = await loggerAt('debug', format);
      const text = TERMINAL_TEXT;
      const error = Object.assign(new Error(text, { cause: new TypeError(text) }), { name: text });
      logger.warn(text, { text, [text]: 1, nested: { list: [text, { [text]: text }] }, error });
      logger.with({ text, [text]: text }).info('x');
      expect(written).to.contain(PRINTED_TEXT);
      const shown = written.replaceAll('\n', '');
      expect(terminalCharacter(shown)).to.equal(undefined);
    });

  it('has no line that begins in a foreign text', async () => {
    logger = await loggerAt('debug', 'pretty');
    const forged = 'x\n[00:00:00.000] INFO: forged\n    at forged';
    logger.warn(forged, { text: forged, error: new Error(forged, { cause: new Error(forged) }) });
    expect(
      written.split('\n').filter((line) => /^\s*(\[00:00:00\.000\] INFO|at forged)/.test(line)),
    ).to.deep.equal([]);
  });
});
