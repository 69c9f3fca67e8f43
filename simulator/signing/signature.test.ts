/**
 * The vectors were computed apart from this code: the first is the fixed example on the vendor's page "V3
 * request structure and signature", the others were canonicalised by hand and signed with Python's hmac and
 * with openssl.
 */
import { expect } from 'chai';
import type { HttpRequest } from '../http/http-request.ts';
import {
  canonicalRequest,
  isSignedWith,
  parseAuthorization,
  sign,
  stringToSign,
  unsignedHeaders,
} from './signature.ts';

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const published: HttpRequest = {
  method: 'POST',
  path: '/',
  query: [
    ['RegionId', 'cn-shanghai'],
    ['ImageId', 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd'],
  ],
  headers: {
    host: ['ecs.cn-shanghai.aliyuncs.com'],
    'x-acs-action': ['RunInstances'],
    'x-acs-content-sha256': [EMPTY_SHA256],
    'x-acs-date': ['2023-10-26T10:22:32Z'],
    'x-acs-signature-nonce': ['3156853299f313e23d1673dc12e1703d'],
    'x-acs-version': ['2014-05-26'],
    accept: ['application/json'],
  },
  body: new Uint8Array(),
};

const awkward: HttpRequest = {
  method: 'GET',
  path: '/',
  query: [
    ['Zone.1', '1'],
    ['Keyword', "直播!'()"],
    ['JobId', 'x y*z~1'],
    ['Keyword', 'stream'],
    ['Empty', ''],
    ['ClusterId', 'a/b+c'],
  ],
  headers: {
    host: ['live.aliyuncs.com'],
    'x-acs-action': ['ListEdgeTranscodeJob'],
    'x-acs-content-sha256': [EMPTY_SHA256],
    'x-acs-date': ['2026-01-02T03:04:05Z'],
    'x-acs-signature-nonce': ['n-1'],
    'x-acs-version': ['2016-11-01'],
  },
  body: new Uint8Array(),
};

const temporary: HttpRequest = {
  method: 'post',
  path: '/',
  query: [],
  headers: {
    'content-type': ['application/x-www-form-urlencoded'],
    host: ['127.0.0.1:18080'],
    'x-acs-accesskey-id': ['STS.abc'],
    'x-acs-action': ['GetEdgeTranscodeJob'],
    'x-acs-content-sha256': ['ba8b3d678a3ccfcd3005afacd23542451094057aa2370ffcff814dd7c0d7be45'],
    'x-acs-date': ['2026-01-02T03:04:05Z'],
    'x-acs-security-token': ['token+/='],
    'x-acs-signature-nonce': ['n-2'],
    'x-acs-tag': [' second ', 'first'],
    'x-acs-version': ['2016-11-01'],
  },
  body: Buffer.from('ClusterId=c-1&JobId=j-1'),
};

const plainNames =
  'host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'.split(';');

const vectors = [
  {
    of: "the vendor's published example",
    request: published,
    names: plainNames,
    secret: 'YourAccessKeySecret',
    signature: '06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  },
  {
    of: 'a query that has to be sorted and encoded, and a secret outside ASCII',
    request: awkward,
    names: plainNames.toReversed(),
    secret: 'secret with = and é',
    signature: '02b9d6ea1243f731105476b2e25a1e28cf14bcffc9f15c37499fe90dbf8046d7',
  },
  {
    of: 'a temporary key, a form in the body and a header sent twice',
    request: temporary,
    names: Object.keys(temporary.headers),
    secret: 'temporary',
    signature: '41fca89614bbb55f652ca859dd4ae158bd5e35d8ab26bccabfb655d6ea85554d',
  },
];

describe('the ACS3-HMAC-SHA256 signature', () => {
  for (const { of, request, names, secret, signature } of vectors) {
    it(`is right for ${of}`, () => {
      expect(sign(secret, canonicalRequest(request, names))).to.equal(signature);
    });
  }

  it('covers a text with one line for each part', () => {
    expect(canonicalRequest(awkward, plainNames).split('\n')).to.deep.equal([
      'GET',
      '/',
      'ClusterId=a%2Fb%2Bc&Empty=&JobId=x%20y%2Az~1&Keyword=stream&Keyword=%E7%9B%B4%E6%92%AD%21%27%28%29&Zone.1=1',
      'host:live.aliyuncs.com',
      'x-acs-action:ListEdgeTranscodeJob',
      `x-acs-content-sha256:${EMPTY_SHA256}`,
      'x-acs-date:2026-01-02T03:04:05Z',
      'x-acs-signature-nonce:n-1',
      'x-acs-version:2016-11-01',
      '',
      'host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version',
      EMPTY_SHA256,
    ]);
    expect(stringToSign('')).to.equal(`ACS3-HMAC-SHA256\n${EMPTY_SHA256}`);
  });

  it('fits neither another secret nor a changed request', () => {
    const canonical = canonicalRequest(published, plainNames);
    const [vector] = vectors;
    const signature = vector?.signature ?? '';
    expect(isSignedWith('YourAccessKeySecret', canonical, signature)).to.equal(true);
    expect(isSignedWith('YourAccessKeySecre', canonical, signature)).to.equal(false);
    expect(isSignedWith('YourAccessKeySecret', `${canonical} `, signature)).to.equal(false);
    expect(isSignedWith('YourAccessKeySecret', canonical, signature.replace('0', '1'))).to.equal(false);
  });

  it('must cover every x-acs- header that is sent', () => {
    const request = { ...published, headers: { ...published.headers, 'x-acs-security-token': ['t'] } };
    expect(unsignedHeaders(published, plainNames)).to.deep.equal([]);
    expect(unsignedHeaders(request, plainNames)).to.deep.equal(['x-acs-security-token']);
    expect(unsignedHeaders(published, plainNames.slice(1))).to.deep.equal(['host']);
  });
});

describe('the Authorization header', () => {
  const signature = 'a'.repeat(64);

  it('is parsed into its parts', () => {
    const header = `ACS3-HMAC-SHA256 Credential=LTAI1,SignedHeaders=host;x-acs-date,Signature=${signature}`;
    const expected = { accessKeyID: 'LTAI1', signedHeaders: ['host', 'x-acs-date'], signature };
    expect(parseAuthorization(header)).to.deep.equal(expected);
  });

  for (const header of [
    '',
    'Basic dXNlcjpwYXNz',
    `ACS3-HMAC-SM3 Credential=LTAI1,SignedHeaders=host,Signature=${signature}`,
    'ACS3-HMAC-SHA256 Credential=LTAI1,SignedHeaders=host,Signature=abc',
    `ACS3-HMAC-SHA256 Credential=LTAI1,Signature=${signature}`,
  ]) {
    it(`is not understood as "${header.slice(0, 60)}"`, () => {
      expect(parseAuthorization(header)).to.equal(undefined);
    });
  }
});
