// No part of a secret is shown, wherever it stands in a stream URL, however it is encoded.

import { expect } from 'chai';
import fc from 'fast-check';
import { showStreamUrl } from '../../../../src/job/model/stream-url.ts';
import { anyText, holds } from '../../kit/for-any.ts';

/** Two halves: a separator inside a secret must not make one of them look harmless. */
const [FIRST, SECOND] = ['KnownHalf', 'OtherHalf'];

const SEPARATORS = [
  '',
  '/',
  '//',
  '?',
  '#',
  '&',
  ';',
  ',',
  ':',
  '@',
  '|',
  '\\',
  ' ',
  '+',
  '%',
  '=',
  '==',
  '://',
];

/** A secret that holds a separator which would end the place where it stands, or begin another. */
const secret = (besides: readonly string[] = []) =>
  fc
    .constantFrom(...SEPARATORS.filter((each) => !besides.includes(each)))
    .map((each) => FIRST + each + SECOND);

const scheme = fc.constantFrom(
  'rtmp://',
  'RTMPS://',
  'http://',
  'srt://',
  'odd+scheme://',
  'rtmp:/',
  'rtmp:///',
  'rtmp:\\\\',
  '//',
  '',
);
const host = fc.constantFrom('h', 'push.example.com', '10.0.0.1:1935', '[2001:db8::1]:1935');
const path = fc.constantFrom('', '/', '/app', '/app/s1', '/app//s1', '/app/s1.m3u8');

/** The rest of a URL with a secret, from the host on. */
const withSecret: fc.Arbitrary<string> = fc.oneof(
  // User information.
  template`${secret()}@${host}${path}`,
  template`user:${secret()}@${host}${path}?k=v`,
  template`user@${secret()}@${host}${path}`,
  template`${host}${path}/${secret()}@${host}${path}`,
  // A parameter of the path. A segment that is plain is shown on purpose, so it is no place for a secret.
  template`${host}/app;auth_key=${secret()}/s1`,
  template`${host}/app,k=${secret()}|l=${secret()}`,
  template`${host}/app/auth_key=${secret()}/s1?k=v`,
  template`${host}/app&auth_key=${secret()}`,
  // The query. The name of a parameter is shown on purpose, so a bare token holds no =.
  template`${host}${path}?auth_key=${secret()}`,
  template`${host}${path}?auth_key=${secret(['&', ';'])}&vhost=v`,
  template`${host}${path}?k=v;auth_key=${secret()}`,
  template`${host}${path}?${secret(['='])}`,
  template`${host}${path}?${secret(['='])}?v=1`,
  template`${host}${path}?k=v&${secret(['='])}&l=w`,
  template`${host}${path}?=${secret(['&', ';'])}`,
  // The fragment.
  template`${host}${path}#${secret()}`,
  template`${host}${path}?k=v#auth_key=${secret()}`,
);

/** A URL with a URL in its path or its query. */
const nested: fc.Arbitrary<string> = fc.oneof(
  template`${scheme}${withSecret}`,
  template`${scheme}${host}/${scheme}${withSecret}`,
  template`${scheme}${host}${path}?url=${template`${scheme}${withSecret}`.map(encodeURIComponent)}`,
);

const ENCODERS: readonly ((text: string) => string)[] = [
  encodeURIComponent,
  (text) => text.replace(/[^\w.-]/g, encoded),
  (text) => text.replace(/./gs, encoded),
  (text) => text.replace(/[@?=&]/g, (each) => encoded(each).toLowerCase()),
];

/** Not encoded, or encoded one to three times. */
const url = fc
  .tuple(nested, fc.array(fc.constantFrom(...ENCODERS), { maxLength: 3 }))
  .map(([text, encoders]) => encoders.reduce((before, encode) => encode(before), text));

describe('a stream URL, for any place of a secret,', () => {
  for (const mode of ['redact', 'short'] as const) {
    it(`shows no part of it with --stream-urls=${mode}`, () => {
      holds(
        fc.property(url, (text) => {
          const shown = showStreamUrl(text, mode);
          const decoded = decodedFully(shown ?? '');
          expect(decoded, text).to.not.contain(FIRST).and.not.contain(SECOND);
        }),
        5_000,
      );
    });

    it(`is shown the same when it is redacted again with --stream-urls=${mode}`, () => {
      holds(
        fc.property(fc.oneof(url, anyText()), (text) => {
          const shown = showStreamUrl(text, mode);
          expect(showStreamUrl(shown, mode)).to.equal(shown);
        }),
        2_000,
      );
    });
  }
});

/** Joins texts and arbitrary texts. */
function template(texts: TemplateStringsArray, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc
    .tuple(...parts)
    .map((made) => texts.reduce((before, text, index) => `${before}${made[index - 1]}${text}`));
}

function encoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}

function decodedFully(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return once === text ? text : decodedFully(once);
}
