// How stream URLs are redacted. The word "secret" must never appear in a result.

import { expect } from 'chai';
import type { JobDetails } from '../../../../src/api/edge-transcode-job.ts';
import {
  LONGEST_URL,
  STREAM_URL_MODES,
  showJob,
  showStreamUrl,
  TOO_LONG,
} from '../../../../src/job/model/stream-url.ts';

const redacted: readonly (readonly [what: string, url: string, shown: string])[] = [
  ['nothing of a plain URL', 'rtmp://push.example:1935/app/s1', 'rtmp://push.example:1935/app/s1'],
  ['nothing of an IPv6 host', 'rtmp://[2001:db8::1]:1935/app/s1', 'rtmp://[2001:db8::1]:1935/app/s1'],
  ['nothing of a scheme in capitals', 'RTMP://h/app/s1.m3u8', 'RTMP://h/app/s1.m3u8'],
  ['the value of a parameter', 'rtmp://h/a?auth_key=1-secret', 'rtmp://h/a?auth_key=REDACTED'],
  [
    'every value, and keeps the names',
    'rtmp://h/a?auth_key=secret&vhost=secret',
    'rtmp://h/a?auth_key=REDACTED&vhost=REDACTED',
  ],
  ['values with = in them', 'rtmp://h/a?k=secret=secret', 'rtmp://h/a?k=REDACTED'],
  ['values with ? in them', 'rtmp://h/a?k=x?auth_key=secret', 'rtmp://h/a?k=REDACTED'],
  ['values with encoded signs in them', 'rtmp://h/a?k=x%26secret%3Dy', 'rtmp://h/a?k=REDACTED'],
  ['parameters parted by ;', 'rtmp://h/a?k=secret;l=secret', 'rtmp://h/a?k=REDACTED&l=REDACTED'],
  ['a query after a full-width ? (U+FF1F)', 'rtmp://h/a\uff1fauth_key=secret', 'rtmp://h/REDACTED'],
  ['a host before a full-width ?', 'rtmp://h\uff1fauth_key=secret', 'rtmp://REDACTED'],
  ['a name with a full-width = or &', 'rtmp://h/a?k=secret\uff06secret\uff1dx', 'rtmp://h/a?k=REDACTED'],
  ['a bare token', 'rtmp://h/a?secret', 'rtmp://h/a?REDACTED'],
  ['a bare token with Base64 padding', 'rtmp://h/a?secret==', 'rtmp://h/a?REDACTED'],
  ['a bare token with encoded padding', 'rtmp://h/a?secret=%3D&k=v', 'rtmp://h/a?REDACTED'],
  ['a bare token before a second ?', 'rtmp://h/a?secret?v=1', 'rtmp://h/a?REDACTED'],
  ['a bare token before an encoded second ?', 'rtmp://h/a?secret%3Fv=1', 'rtmp://h/a?REDACTED'],
  ['a value without a name', 'rtmp://h/a?=secret', 'rtmp://h/a?REDACTED'],
  ['all after a bare token', 'rtmp://h/a?k=secret&secret&l=v', 'rtmp://h/a?k=REDACTED&REDACTED'],
  ['a name that is too long for one', `rtmp://h/a?${'secret'.repeat(5)}=v`, 'rtmp://h/a?REDACTED'],
  ['nothing of an empty query', 'rtmp://h/a?', 'rtmp://h/a'],
  ['a fragment', 'rtmp://h/a#secret', 'rtmp://h/a'],
  ['a fragment after a query', 'rtmp://h/a?k=secret#k=secret', 'rtmp://h/a?k=REDACTED'],
  ['a query after a fragment', 'rtmp://h/a#x?k=secret', 'rtmp://h/a'],
  ['user and password', 'rtmp://secret:secret@h/a', 'rtmp://REDACTED@h/a'],
  ['a user alone', 'rtmp://secret@h/a', 'rtmp://REDACTED@h/a'],
  ['user information with @ in it', 'rtmp://u:secret@secret@h/a', 'rtmp://REDACTED@h/a'],
  ['user information and query', 'rtmp://u:secret@h/a?k=secret', 'rtmp://REDACTED@h/a?k=REDACTED'],
  ['all but the scheme, when a password has a / in it', 'rtmp://u:se/cret@h/secret', 'rtmp://REDACTED'],
  ['all but the scheme, when a user has a / in it', 'rtmp://secret/secret@h/a', 'rtmp://REDACTED'],
  ['all but the scheme, when its @ is encoded', 'rtmp://secret/secret%2540h/a', 'rtmp://REDACTED'],
  ['all but the scheme, when a password has a ? in it', 'rtmp://u:se?cret@h/secret', 'rtmp://REDACTED'],
  ['all but the scheme, when a password has a # in it', 'rtmp://u:se#cret@h/secret', 'rtmp://REDACTED'],
  ['all but the scheme, when the host is no host', 'rtmp://u:secret/a', 'rtmp://REDACTED'],
  ['all but the scheme, when there is no host', 'rtmp:///secret/a', 'rtmp://REDACTED'],
  ['all of a text without a scheme', 'secret.secret.secret', 'REDACTED'],
  ['all of a URL without a scheme', 'u:secret@h/a?k=secret', 'REDACTED'],
  ['all of a URL with an unknown scheme', 'secret://h/a', 'REDACTED'],
  ['all of a URL after one slash', 'rtmp:/u:secret@h/a', 'REDACTED'],
  ['all of an encoded URL', 'rtmp%3A%2F%2Fh%2Fa%3Fauth_key%3Dsecret', 'REDACTED'],
  ['all of a URL that is encoded twice', 'rtmp%253A%252F%252Fh%252Fa%253Fk%253Dsecret', 'REDACTED'],
  ['an encoded query', 'rtmp://h/a%3Fauth_key%3Dsecret', 'rtmp://h/REDACTED'],
  ['a URL in the path', 'http://h/a/rtmp://i/secret?k=secret', 'http://h/a/REDACTED'],
  ['a parameter of the path', 'rtmp://h/a/s;auth_key=secret', 'rtmp://h/a/REDACTED'],
  ['a parameter of the path with a / in it', 'rtmp://h/a;auth_key=se/cret/s1', 'rtmp://h/REDACTED'],
  ['a parameter of the path with a ? in it', 'rtmp://h/a;auth_key=se?secret=1', 'rtmp://h/REDACTED'],
  ['a parameter that is a segment of the path', 'rtmp://h/a/auth_key=secret/s1', 'rtmp://h/a/REDACTED'],
  ['an encoded one', 'rtmp://h/a/auth_key%3Dsecret%3Dsecret', 'rtmp://h/a/REDACTED'],
  ['parameters that lack their ?', 'rtmp://h/a&auth_key=secret', 'rtmp://h/REDACTED'],
  [
    'a signature in the path',
    'http://h/202601010000/1e2b5ad420b48fb04483915d4f2cd8ac/a/s1.flv',
    'http://h/202601010000/REDACTED',
  ],
  [
    'a signature with its time and user in one segment',
    `rtmp://h/a/1700000000-0-0-${'0f'.repeat(16)}/s1`,
    'rtmp://h/a/REDACTED',
  ],
  ['a signature with the extension of a file', `https://h/a/${'0f'.repeat(16)}.flv`, 'https://h/a/REDACTED'],
  ['a segment that is too long for a name', `rtmp://h/a/${'secret'.repeat(11)}`, 'rtmp://h/a/REDACTED'],
  ['what is no URL at all', '?secret', 'REDACTED'],
];

describe('--stream-urls=redact redacts', () => {
  for (const [what, url, shown] of redacted)
    it(`${what}: ${url}`, () => {
      expect(showStreamUrl(url, 'redact')).to.equal(shown);
    });

  it('every secret of the table above', () => {
    for (const [, url] of redacted) expect(showStreamUrl(url, 'redact')).to.not.match(/secret|cret@/);
  });

  it('a redacted URL without changing it', () => {
    for (const [, , shown] of redacted) expect(showStreamUrl(shown, 'redact')).to.equal(shown);
  });

  it('the names of parameters beyond those that a signed URL has', () => {
    const url = `rtmp://h/a?${Array.from({ length: 100 }, (_, index) => `k${index}=v`).join('&')}`;
    const shown = showStreamUrl(url, 'redact')?.split('&') ?? [];
    expect(shown.at(-1)).to.equal('REDACTED');
    expect(shown.length).to.be.within(15, 40);
  });
});

describe('--stream-urls=short shows', () => {
  const short: readonly (readonly [what: string, url: string, shown: string])[] = [
    ['scheme, host and application', 'rtmp://h:1935/app/s1?auth_key=secret#x', 'rtmp://h:1935/app'],
    ['a URL without a path', 'rtmp://h?auth_key=secret', 'rtmp://h'],
    ['that there is user information', 'rtmp://u:secret@h/app/secret', 'rtmp://REDACTED@h/app'],
    ['no application that is not plain', 'rtmp://h/a;k=secret/s1', 'rtmp://h/REDACTED'],
    ['no application that is a signature', `http://h/${'0f'.repeat(16)}/1/a`, 'http://h/REDACTED'],
    ['no host that may be a part of a password', 'rtmp://secret/secret@h/a', 'rtmp://REDACTED'],
    ['nothing of another text', 'secret', 'REDACTED'],
  ];
  for (const [what, url, shown] of short)
    it(`${what}: ${url}`, () => {
      expect(showStreamUrl(url, 'short')).to.equal(shown);
      expect(showStreamUrl(shown, 'short'), 'again').to.equal(shown);
    });

  it('less of a URL that the status shows by the other rule', () => {
    expect(showStreamUrl('rtmp://h/app/s1?auth_key=REDACTED', 'short')).to.equal('rtmp://h/app');
  });
});

describe('the other ways to show a stream URL', () => {
  it('full shows it as it is', () => {
    expect(showStreamUrl('rtmp://u:p@h/a?k=v#f', 'full')).to.equal('rtmp://u:p@h/a?k=v#f');
  });

  it('omit shows none', () => {
    expect(showStreamUrl('rtmp://h/a', 'omit')).to.equal(undefined);
  });
});

for (const mode of STREAM_URL_MODES.filter((each) => each !== 'omit'))
  describe(`a stream URL that is too long, with --stream-urls=${mode},`, () => {
    const ofLength = (length: number) => `rtmp://h/${'a/'.repeat(length)}`.slice(0, length);

    it('is left out, and the status says so', () => {
      expect(showStreamUrl(ofLength(LONGEST_URL), mode)).to.match(/^rtmp:/);
      expect(showStreamUrl(ofLength(LONGEST_URL + 1), mode)).to.equal(
        'REDACTED: longer than 2048 characters',
      );
    });

    it('is still said to be left out after a restart', () => {
      expect(showStreamUrl(TOO_LONG, mode)).to.equal(TOO_LONG);
    });
  });

describe('a job in a status', () => {
  it('has its stream URLs redacted, and its other fields', () => {
    const job = { name: 'n', streamInput: 'rtmp://h/a?k=secret', streamOutput: 'rtmp://h/a' };
    expect(showJob(job, 'redact')).to.deep.equal({ ...job, streamInput: 'rtmp://h/a?k=REDACTED' });
    expect(showJob(job, 'omit')).to.deep.equal({ name: 'n' });
  });

  it('is the same object when nothing is hidden, so that one is held in memory', () => {
    const job = { name: 'n', streamInput: 'rtmp://h/a' };
    expect(showJob(job, 'redact')).to.equal(job);
  });

  it('has no stream URL when it has none, or an empty one', () => {
    for (const mode of STREAM_URL_MODES)
      expect(showJob({ name: 'n', streamInput: '' }, mode)).to.deep.equal({ name: 'n' });
  });

  it('holds no character that a terminal would obey', () => {
    const job = { name: 'a\u009b31mb', type: 'x\u202ey', status: '\u2028', streamInput: 'rtmp://h/\u0007' };
    expect(showJob(job, 'full')).to.deep.equal({
      name: 'a\uFFFD31mb',
      type: 'x\uFFFDy',
      status: '\uFFFD',
      streamInput: 'rtmp://h/\uFFFD',
    });
  });
});

describe('a field that this version does not know', () => {
  it('is shown like a URL, because it may hold one', () => {
    const job = { jobID: 'j', streamBackup: 'rtmp://h/a?auth_key=secret' } as JobDetails;
    expect(showJob(job, 'redact')).to.deep.equal({
      jobID: 'j',
      streamBackup: 'rtmp://h/a?auth_key=REDACTED',
    });
  });
});
