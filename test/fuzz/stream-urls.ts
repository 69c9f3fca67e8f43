/** Stream URLs of the cloud, as a status shows them and as a line of the log does. */
import fc from 'fast-check';
import { LONGEST_URL, showStreamUrl } from '../../src/job/model/stream-url.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { Border } from './kit/border.ts';
import { CANARY, canaryWith, expectNoSecret } from './kit/canary.ts';
import { longText, mostly, oddText, PIECES } from './kit/texts.ts';

const scheme = mostly('rtmp://', 'RTMPS://', 'https://', 'srt://', 'odd+scheme://', 'rtmp:/', '//', '');
const host = fc.constantFrom('h', 'push.example.com', '10.0.0.1:1935', '[2001:db8::1]:1935', 'é.example');
const path = fc.constantFrom('', '/', '/app', '/app/s1', '/app//s1', '/app/s1.m3u8');
const name = fc.constantFrom('auth_key', 'token', 'k', 'a-b', '', 'x'.repeat(30));

/** A secret that holds a separator. */
const secret = fc.oneof(fc.constant(CANARY), fc.constantFrom(...PIECES).map(canaryWith));

/**
 * A secret in the query. The names of parameters are shown on purpose, so it holds nothing that makes a half
 * of it a short name.
 */
const inQuery = secret.filter((text) => !/[=&;]/.test(text));

/** Texts that a reader may take for the end of a part. A plain path is shown, so none leads back into one. */
const noise = fc.array(fc.constantFrom(...PIECES.filter((piece) => !/^[\w.~-]*$/.test(piece))), {
  maxLength: 2,
});

/** URLs with a secret where a URL may have one; noise before and after it must not show it. */
const withSecret = fc.oneof(
  join(scheme, fc.constant('user:'), secret, fc.constant('@'), host, path),
  join(scheme, secret, fc.constant('@'), host, path),
  join(scheme, host, path, fc.constant('?'), name, fc.constant('='), noisy(), inQuery, noisy()),
  join(scheme, host, path, fc.constant('?k=v&'), name, fc.constant('='), noisy(), inQuery, noisy()),
  join(scheme, host, path, fc.constant('?'), inQuery),
  join(scheme, host, fc.constant('/app;'), name, fc.constant('='), noisy(), secret, path),
  join(scheme, host, path, fc.constant('#'), noisy(), secret),
  join(scheme, host, path, fc.constant('?url=https%3A%2F%2Fh%2F%3Fk%3D'), secret),
);

interface Input {
  readonly url: string;
  /** How often it is encoded. */
  readonly encoded: number;
}

export const streamUrls: Border<Input> = {
  name: 'stream-urls',
  inputs: fc.record({
    url: fc.oneof({ weight: 12, arbitrary: withSecret }, { weight: 2, arbitrary: oddText }, longText),
    encoded: fc.constantFrom(0, 0, 0, 1, 2, 3),
  }),
  open,
};

async function open() {
  let logged = '';
  const write = (line: string) => {
    logged = line;
  };
  const logger = await createLogger({ level: 'debug', format: 'json', destination: { write } });
  return {
    take: ({ url, encoded }: Input) => {
      let text = url;
      for (let times = 0; times < encoded; times++) text = encodeURIComponent(text.toWellFormed());
      for (const mode of ['redact', 'short', 'omit'] as const) {
        const shown = showStreamUrl(text, mode);
        expectNoSecret(`--stream-urls=${mode}`, shown);
        if ((shown?.length ?? 0) > LONGEST_URL) throw new Error('it is shown longer than it may be');
        if (showStreamUrl(shown, mode) !== shown)
          throw new Error(`${shown} is shown differently when it is restored`);
        if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(shown ?? ''))
          throw new Error('a terminal would obey a character');
      }
      logger.info('a job', { job: { streamInput: text } });
      expectNoSecret('the log', logged);
    },
  };
}

function join(...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((all) => all.join(''));
}

function noisy(): fc.Arbitrary<string> {
  return noise.map((all) => all.join(''));
}
