// One signed call, and not a moment longer than its deadline.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { CALL_DEADLINE_MS, callSdk } from '../../../../src/cloud/client/alibaba-client.ts';
import { type AnswerCost, AnswerMemory, MOST_OF_A_PAGE } from '../../../../src/cloud/client/answer-memory.ts';
import { DeadlineExceeded, UnexpectedBody } from '../../../../src/cloud/client/call-errors.ts';
import type { AccessKey } from '../../../../src/credentials/credential.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { Loopback } from './loopback.ts';

const KEY: AccessKey = { accessKeyID: 'LTAI-test', accessKeySecret: 'CANARY' };

describe('a call through the SDK', () => {
  const clock = new FakeClock();
  let cloud: Loopback;
  beforeEach(async () => {
    cloud = new Loopback();
    await cloud.open();
  });
  afterEach(() => cloud.close());

  function call(accessKey = KEY): Promise<unknown> {
    return callSdk({
      endpoint: cloud.endpoint,
      accessKey,
      action: 'GetEdgeTranscodeJob',
      parameters: { ClusterId: 'c 1', JobId: 'j&1' },
      cost: cost(),
      clock,
      userAgent: 'operator/1 (pod)',
    });
  }

  function callSts(accessKey: AccessKey | undefined): Promise<unknown> {
    const { endpoint } = cloud;
    const parameters = { OIDCToken: 'CANARY+&' };
    const call = { api: 'sts', endpoint, accessKey, action: 'AssumeRole', parameters } as const;
    return callSdk({ ...call, cost: cost(), clock, userAgent: 'operator/1' });
  }

  /** Answers with a body that never ends. */
  function sendingOn(chunk: string, everyMs: number): { begun: Promise<void>; closed: Promise<void> } {
    const begun = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    cloud.respond = (response) => {
      response.write(chunk, () => begun.resolve());
      const timer = setInterval(() => response.write(chunk), everyMs);
      response.on('close', () => {
        clearInterval(timer);
        closed.resolve();
      });
    };
    return { begun: begun.promise, closed: closed.promise };
  }

  it('is one POST with the action, the version, the query and a signature', async () => {
    cloud.respond = (response) => response.end('{"Job":{"JobId":"j&1"}}');
    expect(await call()).to.deep.equal({ Job: { JobId: 'j&1' } });
    expect(cloud.requests).to.have.length(1);
    const { method, url = '', headers } = cloud.requests[0] ?? { headers: {} };
    expect(method).to.equal('POST');
    expect(Object.fromEntries(new URL(url, 'http://host').searchParams)).to.deep.equal({
      ClusterId: 'c 1',
      JobId: 'j&1',
    });
    expect(headers).to.include({ 'x-acs-action': 'GetEdgeTranscodeJob', 'x-acs-version': '2016-11-01' });
    expect(headers.authorization).to.match(/^ACS3-HMAC-SHA256 Credential=LTAI-test,/);
    expect(headers['user-agent']).to.contain('operator/1 (pod)');
    expect(JSON.stringify(headers) + url).not.to.contain('CANARY');
  });

  it('leaves no timer behind, which would hold the request for ten seconds', async () => {
    const sockets: Socket[] = [];
    const listener = (message: unknown) =>
      sockets.push((message as { request: ClientRequest }).request.socket as Socket);
    subscribe('http.client.response.finish', listener);
    await call().finally(() => unsubscribe('http.client.response.finish', listener));
    const timers = Object.getOwnPropertySymbols(sockets[0]).filter(
      ({ description }) => description === 'TIMER::READ_TIMER',
    );
    const stopped = timers.map((name) =>
      Reflect.get(Reflect.get(sockets[0] as Socket, name) as object, '_destroyed'),
    );
    expect(stopped, 'stopped timers, as this version of the SDK names them').to.deep.equal([true]);
  });

  it('carries the security token of a temporary key', async () => {
    await call({ ...KEY, securityToken: 'token-1' });
    expect(cloud.requests[0]?.headers).to.include({ 'x-acs-security-token': 'token-1' });
  });

  it('of STS carries its parameters in the body, and its own version', async () => {
    const body = new Promise<string>((resolve) => {
      cloud.read = resolve;
    });
    await callSts(KEY);
    expect(await body).to.equal('OIDCToken=CANARY%2B%26');
    const { url, headers } = cloud.requests[0] ?? { headers: {} };
    expect(url).to.equal('/');
    expect(headers).to.include({ 'x-acs-action': 'AssumeRole', 'x-acs-version': '2015-04-01' });
    expect(headers.authorization).to.match(/^ACS3-HMAC-SHA256 Credential=LTAI-test,/);
  });

  it('without a key is not signed', async () => {
    await callSts(undefined);
    expect(cloud.requests[0]?.headers).not.to.have.any.keys('authorization', 'x-acs-security-token');
  });

  it('is made once, whatever comes of it', async () => {
    cloud.respond = (response) => response.writeHead(500).end('{"Code":"InternalError"}');
    await rejection(call());
    cloud.respond = (response) => void response.destroy();
    await rejection(call());
    expect(cloud.requests).to.have.length(2);
  });

  it('ends with its deadline when no answer comes', async () => {
    const arrived = new Promise<void>((resolve) => {
      cloud.respond = () => resolve();
    });
    const error = rejection(call());
    await arrived;
    await clock.advance(CALL_DEADLINE_MS - 1);
    expect(await Promise.race([error, 'still waiting'])).to.equal('still waiting');
    await clock.advance(1);
    expect(await error).to.be.instanceOf(DeadlineExceeded);
  });

  it('ends with its deadline also when an answer has begun', async () => {
    const begun = new Promise<void>((resolve) => {
      cloud.respond = (response) => response.write('{"Job":', () => resolve());
    });
    const error = rejection(call());
    await begun;
    await clock.advance(CALL_DEADLINE_MS);
    expect(await error).to.be.instanceOf(DeadlineExceeded);
  });

  it('ends a body that never ends at its deadline', async () => {
    const ended = sendingOn(' ', 20);
    const error = rejection(call());
    await ended.begun;
    await clock.advance(CALL_DEADLINE_MS);
    expect(await error).to.be.instanceOf(DeadlineExceeded);
    await ended.closed;
  });

  it('ends an answer that costs too much before its deadline', async () => {
    const ended = sendingOn(' '.repeat(MOST_OF_A_PAGE / 4), 1);
    const error = await rejection(call());
    expect(error).to.be.instanceOf(UnexpectedBody).with.property('message').that.contains('too long');
    await ended.closed;
  });

  it('does not unpack a compressed answer, and does not request one', async () => {
    cloud.respond = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"Job":{}}'));
    const error = await rejection(call());
    expect(error).to.be.instanceOf(UnexpectedBody).with.property('message').that.contains('compressed');
    expect(cloud.requests[0]?.headers).to.include({ 'accept-encoding': 'identity' });
  });

  for (const [status, body] of [
    [200, '{"Job":{"JobId":"j&1"}}'],
    [404, '{"Code":"JobNotFound"}'],
  ] as const)
    it(`does not take an answer (${status}) that waited while the process was frozen for one of now`, async () => {
      let answer: (() => void) | undefined;
      const arrived = new Promise<void>((resolve) => {
        cloud.respond = (response) => {
          answer = () => response.writeHead(status).end(body);
          resolve();
        };
      });
      const error = rejection(call());
      await arrived;
      // The timers of a process that wakes up may come after what it has received.
      clock.skip(60 * 60_000);
      answer?.();
      expect(await error).to.be.instanceOf(DeadlineExceeded);
    });

  it('leaves no timer behind', async () => {
    await call();
    cloud.respond = (response) => response.writeHead(404).end('{"Code":"JobNotFound"}');
    await rejection(call());
    expect(clock.timers).to.equal(0);
  });
});

function cost(): AnswerCost {
  return new AnswerMemory().open('media', MOST_OF_A_PAGE);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
