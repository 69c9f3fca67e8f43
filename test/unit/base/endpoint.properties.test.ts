// Any text is an endpoint without path, query or user, or is refused by an error that does not repeat it.

import { expect } from 'chai';
import fc from 'fast-check';
import {
  ENDPOINT_PATTERN,
  type Endpoint,
  formatEndpoint,
  isAllowed,
  isLoopback,
  parseEndpoint,
} from '../../../src/base/endpoint.ts';
import { anyText, holds, sequence } from '../kit/for-any.ts';

/** A text that is in no message of ours. */
const CANARY = 'canary7';

const part = fc.constantFrom(
  ...[
    'https',
    'http',
    'ftp',
    '://',
    ':',
    '/',
    '//',
    '\\',
    '?',
    '#',
    '@',
    '.',
    '..',
    '%2e',
    '%00',
    '*',
    ' ',
    '\t',
  ],
  ...[
    'aliyuncs.com',
    'live',
    'ALIYUNCS',
    '127.0.0.1',
    '0x7f.1',
    '[::1]',
    ':443',
    ':8443',
    ':99999',
    'ä',
    '。',
    '\u00ad',
  ],
  CANARY,
);
const parts = sequence(part, 9).map((all) => all.join(''));
const text = fc.oneof({ weight: 3, arbitrary: parts }, anyText(40), fc.webUrl(), fc.domain());

function parsed(given: string): Endpoint | Error {
  try {
    return parseEndpoint(given);
  } catch (error) {
    return error as Error;
  }
}

/** Endpoints among the texts. */
const endpoint = text.map(parsed).filter((result): result is Endpoint => !(result instanceof Error));

describe('for any text', () => {
  it('returns an endpoint, or throws an error of ours that does not repeat the text', () => {
    holds(
      fc.property(text, (given) => {
        const result = parsed(given);
        if (!(result instanceof Error)) return;
        expect(result.constructor).to.equal(Error);
        expect(result.message).to.match(/^must (not )?(be|hold) [\w\s,:/]+$/);
        expect(result.message).not.to.contain(CANARY);
      }),
      2_000,
    );
  });

  it('returns a protocol and a host, and nothing else', () => {
    holds(
      fc.property(endpoint, (result) => {
        const url = new URL(formatEndpoint(result));
        expect([url.username, url.password, url.search, url.hash, url.pathname]).to.deep.equal([
          '',
          '',
          '',
          '',
          '/',
        ]);
        expect([url.protocol, url.host]).to.deep.equal([`${result.protocol}:`, result.host]);
        expect(result.host).to.match(/^[^\s/?#@\\]+$/);
        expect(parseEndpoint(formatEndpoint(result))).to.deep.equal(result);
      }),
      1_000,
    );
  });

  it('lets *.aliyuncs.com allow only hosts below aliyuncs.com at the default port', () => {
    const disguised = fc.constantFrom(
      'live.aliyuncs.com',
      'live.aliyuncs.com.',
      'xaliyuncs.com',
      'aliyuncs.com',
      'live.aliyuncs.com:8443',
      'LIVE.ALIYUNCS.COM',
      'live.aliyuncs.com@evil.example',
      'evil.example#.aliyuncs.com',
      'evil.example\\.aliyuncs.com',
    );
    const host = fc.tuple(parts, disguised).map(([before, after]) => parsed(`${before}${after}`));
    const accepted = host.filter((result): result is Endpoint => !(result instanceof Error));
    holds(
      fc.property(fc.oneof(accepted, endpoint), (result) => {
        const { hostname, port } = new URL(formatEndpoint(result));
        expect(isAllowed(result, ['*.aliyuncs.com'])).to.equal(
          hostname.endsWith('.aliyuncs.com') && port === '',
        );
      }),
      1_000,
    );
  });

  it('lets a pattern without a star allow one host, and no pattern allow none', () => {
    holds(
      fc.property(endpoint, endpoint, (one, other) => {
        fc.pre(ENDPOINT_PATTERN.test(one.host) && !one.host.startsWith('*'));
        expect(isAllowed(one, [one.host.toUpperCase()])).to.equal(true);
        expect(isAllowed(other, [one.host])).to.equal(one.host === other.host);
        expect(isAllowed(one, [])).to.equal(false);
      }),
    );
  });

  it('recognizes loopback by the host, not by a text that looks like it', () => {
    const near = fc.constantFrom(
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      'localhost',
      '[::1]',
      '.evil.example',
      ':8443',
      '1',
      '@',
    );
    const host = fc.array(near, { minLength: 1, maxLength: 3 }).map((all) => parsed(all.join('')));
    holds(
      fc.property(host, (result) => {
        if (result instanceof Error) return;
        const { hostname } = new URL(formatEndpoint(result));
        const loopback = ['localhost', '[::1]'].includes(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname);
        expect(isLoopback(result), hostname).to.equal(loopback);
      }),
    );
  });
});
