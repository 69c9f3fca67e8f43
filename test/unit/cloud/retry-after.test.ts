// What an answer says of how long to wait, read beside the SDK.

import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { hearRetryAfter, NONCE_HEADER, retryAfterOf } from '../../../src/cloud/retry-after.ts';

describe('the time to wait', () => {
  const cases: readonly (readonly [Record<string, string>, number | undefined])[] = [
    [{}, undefined],
    [{ 'x-acs-retry-after': '250' }, 250],
    [{ 'x-acs-retry-after': '0' }, 0],
    [{ 'x-acs-retry-after': '86400000' }, 60_000],
    [{ 'x-acs-retry-after': 'soon' }, undefined],
    [{ 'x-acs-retry-after': '-1' }, undefined],
    [{ 'x-ratelimit-user-api': 'Limit:6000,Remain:0,TimeLeft:1500' }, 1_500],
    [{ 'x-ratelimit-user': 'Limit:6000,Remain:0,TimeLeft:2500' }, 2_500],
    [{ 'x-acs-retry-after': '10', 'x-ratelimit-user': 'TimeLeft:2500' }, 10],
    [{ 'x-ratelimit-user': 'Limit:6000' }, undefined],
  ];
  for (const [headers, ms] of cases)
    it(`is ${ms} ms by ${JSON.stringify(headers)}`, () => expect(retryAfterOf(headers)).to.equal(ms));
});

describe('a call that listens for the time to wait', () => {
  let server: Server;
  let port: number;
  beforeEach(async () => {
    server = createServer((asked, answer) => {
      answer.writeHead(400, { 'x-acs-retry-after': asked.headers.wait }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => server.close());

  async function ask(nonce: string, wait: string): Promise<void> {
    const sent = httpRequest({ port, host: '127.0.0.1', headers: { [NONCE_HEADER]: nonce, wait } }).end();
    const [answer] = await once(sent, 'response');
    answer.resume();
    await once(answer, 'end');
  }

  it('hears what its own answer says, and no other', async () => {
    const heard: string[] = [];
    const calls = ['1', '2', '3'].map((wait) =>
      hearRetryAfter(
        `nonce ${wait}`,
        () => ask(`nonce ${wait}`, wait),
        (ms) => heard.push(`${wait}: ${ms}`),
      ),
    );
    await Promise.all(calls);
    expect(heard).to.have.members(['1: 1', '2: 2', '3: 3']);
  });

  it('listens no longer when it has ended, well or not', async () => {
    const heard: number[] = [];
    await hearRetryAfter(
      'a',
      async () => undefined,
      (ms) => heard.push(ms),
    );
    await hearRetryAfter(
      'a',
      () => Promise.reject(new Error('as planned')),
      (ms) => heard.push(ms),
    ).catch(() => undefined);
    await ask('a', '5');
    expect(heard).to.deep.equal([]);
  });
});
