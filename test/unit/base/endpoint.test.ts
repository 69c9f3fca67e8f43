// Endpoints of regions, endpoints as text, and the patterns that allow them.

import { expect } from 'chai';
import {
  ENDPOINT_PATTERN,
  type Endpoint,
  formatEndpoint,
  isAllowed,
  isLoopback,
  parseEndpoint,
} from '../../../src/base/endpoint.ts';
import { endpointOfRegion } from '../../../src/cloud/client/region-endpoints.ts';

describe('the endpoint of a region', () => {
  const HOSTS = {
    'cn-shanghai': 'live.aliyuncs.com',
    'cn-beijing': 'live.aliyuncs.com',
    'no-such-region': 'live.aliyuncs.com',
    'ap-southeast-1': 'live.ap-southeast-1.aliyuncs.com',
    'ap-southeast-2': 'live.ap-southeast-1.aliyuncs.com',
    'ap-southeast-3': 'live.ap-southeast-1.aliyuncs.com',
    'ap-northeast-2-pop': 'live.ap-southeast-1.aliyuncs.com',
    'eu-central-1': 'live.eu-central-1.aliyuncs.com',
  };
  for (const [region, host] of Object.entries(HOSTS))
    it(`of ${region} is https://${host}`, () => {
      expect(endpointOfRegion(region)).to.deep.equal({ protocol: 'https', host });
    });
});

describe('an endpoint as text', () => {
  const GOOD: [string, string][] = [
    ['live.aliyuncs.com', 'https://live.aliyuncs.com'],
    ['LIVE.Aliyuncs.com', 'https://live.aliyuncs.com'],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443'],
    ['live.aliyuncs.com:443', 'https://live.aliyuncs.com'],
    ['https://live.aliyuncs.com', 'https://live.aliyuncs.com'],
    ['https://live.aliyuncs.com/', 'https://live.aliyuncs.com'],
    ['http://127.0.0.1:7080', 'http://127.0.0.1:7080'],
    ['http://[::1]:7080', 'http://[::1]:7080'],
  ];
  for (const [text, shown] of GOOD)
    it(`${text} means ${shown}`, () => {
      expect(formatEndpoint(parseEndpoint(text))).to.equal(shown);
    });

  const BAD: [string, RegExp][] = [
    ['', /^must be a host/],
    ['http://', /^must be a host/],
    ['a b', /^must be a host/],
    ['host:99999', /^must be a host/],
    ['ftp://live.aliyuncs.com', /https:\/\/ or http:\/\//],
    ['file:///etc/passwd', /https:\/\/ or http:\/\//],
    ['https://user:CANARY@live.aliyuncs.com', /user name or a password/],
    ['CANARY@live.aliyuncs.com', /user name or a password/],
    ['https://evil.example/.aliyuncs.com', /path or a query/],
    ['https://evil.example\\.aliyuncs.com', /path or a query/],
    ['https://evil.example?CANARY=.aliyuncs.com', /path or a query/],
    ['https://evil.example#CANARY.aliyuncs.com', /path or a query/],
    [`https://${'CANARY'.repeat(50)}.aliyuncs.com`, /over 253 characters/],
  ];
  for (const [text, message] of BAD)
    it(`refuses ${JSON.stringify(text)} without repeating it`, () => {
      expect(() => parseEndpoint(text))
        .to.throw(message)
        .and.not.match(/CANARY|evil/);
    });
});

describe('loopback', () => {
  for (const host of ['127.0.0.1', '127.0.0.1:80', '127.9.9.9', 'localhost:7080', '[::1]:7080', '[::1]'])
    it(`is ${host}`, () => {
      expect(isLoopback(parseEndpoint(host))).to.equal(true);
    });
  for (const host of [
    'live.aliyuncs.com',
    '10.0.0.1',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '[::2]',
  ])
    it(`is not ${host}`, () => {
      expect(isLoopback(parseEndpoint(host))).to.equal(false);
    });
});

describe('the allowed endpoints', () => {
  const CASES: [endpoint: string, patterns: string[], allowed: boolean][] = [
    ['live.aliyuncs.com', ['*.aliyuncs.com'], true],
    ['live-vpc.cn-shanghai.aliyuncs.com', ['*.aliyuncs.com'], true],
    ['live.aliyuncs.com', ['*.Aliyuncs.COM'], true],
    ['aliyuncs.com', ['*.aliyuncs.com'], false],
    ['evilaliyuncs.com', ['*.aliyuncs.com'], false],
    ['live.aliyuncs.com.evil.example', ['*.aliyuncs.com'], false],
    ['live.aliyuncs.com:8443', ['*.aliyuncs.com'], false],
    ['live.aliyuncs.com:8443', ['*.aliyuncs.com:8443'], true],
    ['live.aliyuncs.com:443', ['*.aliyuncs.com'], true],
    ['169.254.169.254', ['*.aliyuncs.com'], false],
    ['10.1.2.3:8443', ['*.aliyuncs.com', '10.1.2.3:8443'], true],
    ['10.1.2.3', ['10.1.2.3:8443'], false],
    ['anything.example:1', ['*'], true],
    ['live.aliyuncs.com', [], false],
  ];
  for (const [endpoint, patterns, allowed] of CASES)
    it(`${patterns.join(', ') || 'none'} ${allowed ? 'allow' : 'do not allow'} ${endpoint}`, () => {
      expect(isAllowed(parseEndpoint(endpoint) as Endpoint, patterns)).to.equal(allowed);
    });

  for (const pattern of [
    '*',
    '*.aliyuncs.com',
    'live.aliyuncs.com',
    '10.1.2.3:8443',
    '[::1]:8443',
    '*.a.b:1',
  ])
    it(`can be ${pattern}`, () => {
      expect(ENDPOINT_PATTERN.test(pattern)).to.equal(true);
    });
  for (const pattern of [
    '',
    'https://live.aliyuncs.com',
    '*aliyuncs.com',
    'live.*.com',
    'a b',
    'host/path',
    '.com',
    '*.',
  ])
    it(`cannot be ${JSON.stringify(pattern)}`, () => {
      expect(ENDPOINT_PATTERN.test(pattern)).to.equal(false);
    });
});
