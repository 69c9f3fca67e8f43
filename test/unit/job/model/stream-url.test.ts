// How stream URLs are redacted. The word "secret" must never appear in a result.

import { expect } from 'chai';
import { showStreamUrl } from '../../../../src/job/model/stream-url.ts';

const redacted: readonly (readonly [what: string, url: string, shown: string])[] = [
  ['nothing of a plain URL', 'rtmp://push.example:1935/app/s1', 'rtmp://push.example:1935/app/s1'],
  ['nothing of an IPv6 host', 'rtmp://[2001:db8::1]:1935/app/s1', 'rtmp://[2001:db8::1]:1935/app/s1'],
  ['nothing of an @ in the path', 'rtmp://h/app/s1@720p', 'rtmp://h/app/s1@720p'],
  ['the value of a parameter', 'rtmp://h/a?auth_key=1-secret', 'rtmp://h/a?auth_key=REDACTED'],
  [
    'every value, and keeps the names',
    'rtmp://h/a?auth_key=secret&vhost=secret',
    'rtmp://h/a?auth_key=REDACTED&vhost=REDACTED',
  ],
  ['values with = in them', 'rtmp://h/a?k=secret=secret', 'rtmp://h/a?k=REDACTED'],
  ['values with @ in them', 'rtmp://h/a?k=u@secret', 'rtmp://h/a?k=REDACTED'],
  ['values with ? in them', 'rtmp://h/a?k=x?auth_key=secret', 'rtmp://h/a?k=REDACTED'],
  ['parameters parted by ;', 'rtmp://h/a?k=secret;l=secret', 'rtmp://h/a?k=REDACTED&l=REDACTED'],
  ['a bare token', 'rtmp://h/a?secret', 'rtmp://h/a?REDACTED'],
  ['a bare token with Base64 padding', 'rtmp://h/a?secret==', 'rtmp://h/a?REDACTED'],
  ['a value without a name', 'rtmp://h/a?=secret', 'rtmp://h/a?REDACTED'],
  ['a bare token among parameters', 'rtmp://h/a?k=secret&secret', 'rtmp://h/a?k=REDACTED&REDACTED'],
  ['nothing of empty parameters', 'rtmp://h/a?&&', 'rtmp://h/a?&&'],
  ['nothing of an empty query', 'rtmp://h/a?', 'rtmp://h/a?'],
  ['a fragment', 'rtmp://h/a#secret', 'rtmp://h/a'],
  ['a fragment after a query', 'rtmp://h/a?k=secret#k=secret', 'rtmp://h/a?k=REDACTED'],
  ['a query after a fragment', 'rtmp://h/a#x?k=secret', 'rtmp://h/a'],
  ['user and password', 'rtmp://secret:secret@h/a', 'rtmp://REDACTED@h/a'],
  ['a user alone', 'rtmp://secret@h/a', 'rtmp://REDACTED@h/a'],
  ['user information with @ in it', 'rtmp://u:secret@secret@h/a', 'rtmp://REDACTED@h/a'],
  ['user information and query', 'rtmp://u:secret@h/a?k=secret', 'rtmp://REDACTED@h/a?k=REDACTED'],
  ['user information without a scheme', 'u:secret@h/a', 'REDACTED@h/a'],
  ['user information without a scheme, before //', 'u:secret@h/a//b', 'REDACTED@h/a//b'],
  ['user information without a path', 'secret@h', 'REDACTED@h'],
  ['user information after one slash', 'rtmp:/u:secret@h/a', 'rtmp:/REDACTED@h/a'],
  ['user information after three slashes', 'rtmp:///u:secret@h/a', 'rtmp:///REDACTED@h/a'],
  ['user information of a URL in the path', 'http://h/rtmp://u:secret@i/a', 'http://h/rtmp://REDACTED@i/a'],
  ['all, when a password has a / in it', 'rtmp://u:se/cret@h/secret', 'rtmp://REDACTED'],
  ['all, when a password has a ? in it', 'rtmp://u:se?cret@h/secret', 'rtmp://REDACTED'],
  ['all, when a password has a # in it', 'rtmp://u:se#cret@h/secret', 'rtmp://REDACTED'],
  ['a query without a scheme', 'h/a?k=secret', 'h/a?k=REDACTED'],
  ['an encoded query', 'rtmp://h/a%3Fauth_key%3Dsecret', 'rtmp://h/a?REDACTED'],
  ['parameters of the path', 'rtmp://h/a;auth_key=secret/s1', 'rtmp://h/a;auth_key=REDACTED/s1'],
  [
    'a parameter that is a piece of the path',
    'rtmp://h/a/auth_key=secret/s1',
    'rtmp://h/a/auth_key=REDACTED/s1',
  ],
  ['an encoded one', 'rtmp://h/a/auth_key%3Dsecret%3Dsecret', 'rtmp://h/a/auth_key%3DREDACTED'],
  [
    'parameters of the path parted by other signs',
    'rtmp://h/a,k=secret|l=secret',
    'rtmp://h/a,k=REDACTED|l=REDACTED',
  ],
  ['parameters that lack their ?', 'rtmp://h/a&auth_key=secret', 'rtmp://h/a&auth_key=REDACTED'],
  ['what is no URL at all', '?secret', '?REDACTED'],
];

describe('redact-query redacts', () => {
  for (const [what, url, shown] of redacted)
    it(`${what}: ${url}`, () => {
      expect(showStreamUrl(url, 'redact-query')).to.equal(shown);
    });

  it('every secret of the table above', () => {
    for (const [, url] of redacted) expect(showStreamUrl(url, 'redact-query')).to.not.match(/secret|cret@/);
  });

  it('a redacted URL without changing it', () => {
    for (const [, , shown] of redacted) expect(showStreamUrl(shown, 'redact-query')).to.equal(shown);
  });
});

describe('the other ways to show a stream URL', () => {
  it('full shows it as it is', () => {
    expect(showStreamUrl('rtmp://u:p@h/a?k=v#f', 'full')).to.equal('rtmp://u:p@h/a?k=v#f');
  });

  it('omit shows none', () => {
    expect(showStreamUrl('rtmp://h/a', 'omit')).to.equal(undefined);
  });

  for (const mode of ['redact-query', 'full', 'omit'] as const)
    it(`${mode} returns nothing when there is no URL`, () => {
      expect(showStreamUrl(undefined, mode)).to.equal(undefined);
      expect(showStreamUrl('', mode)).to.equal(undefined);
    });
});
