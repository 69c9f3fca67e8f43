// One signed call, and not a moment longer than its deadline.

import { expect } from 'chai';
import { type AccessKey, AlibabaClient, CALL_DEADLINE_MS } from '../../../src/cloud/alibaba-client.ts';
import { DeadlineExceeded } from '../../../src/cloud/map-error.ts';
import { FakeClock } from '../kit/fake-clock.ts';
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
    const client = new AlibabaClient({
      endpoint: cloud.endpoint,
      accessKey,
      clock,
      userAgent: 'operator/1 (pod)',
    });
    return client.call('GetEdgeTranscodeJob', { ClusterId: 'c 1', JobId: 'j&1' });
  }

  function callSts(accessKey: AccessKey | undefined): Promise<unknown> {
    const { endpoint } = cloud;
    const client = new AlibabaClient({ api: 'sts', endpoint, accessKey, clock, userAgent: 'operator/1' });
    return client.call('AssumeRole', { OIDCToken: 'CANARY+&' });
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

  it('leaves no timer behind', async () => {
    await call();
    cloud.respond = (response) => response.writeHead(404).end('{"Code":"JobNotFound"}');
    await rejection(call());
    expect(clock.timers).to.equal(0);
  });
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
