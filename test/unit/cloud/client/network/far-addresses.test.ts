// An address that takes longer than Node's 250 ms to connect is a good one.

import dns from 'node:dns';
import { expect } from 'chai';
import { callSdk } from '../../../../../src/cloud/client/alibaba-client.ts';
import { AnswerMemory, MOST_OF_AN_ANSWER } from '../../../../../src/cloud/client/answer-memory.ts';
import { FakeClock } from '../../../kit/fakes/fake-clock.ts';
import { Loopback } from '../loopback.ts';

/** Longer than the 250 ms that Node gives each address but the last. */
const CONNECT_MS = 300;

interface TcpHandle {
  connect(...args: unknown[]): number;
}

/** Makes each connection over IPv4 take longer, and the name `cloud.test` have the addresses. */
function farAway(addresses: readonly dns.LookupAddress[]): () => void {
  const { TCP } = (
    process as unknown as { binding(name: string): { TCP: { prototype: TcpHandle } } }
  ).binding('tcp_wrap');
  const { connect } = TCP.prototype;
  const { lookup } = dns;
  TCP.prototype.connect = function late(...args) {
    setTimeout(() => connect.apply(this, args), CONNECT_MS);
    return 0;
  };
  const found = (_name: string, options: dns.LookupOptions, done: (...args: unknown[]) => void) =>
    options.all ? done(null, addresses) : done(null, addresses[0]?.address, addresses[0]?.family);
  Object.assign(dns, { lookup: found });
  return () => {
    TCP.prototype.connect = connect;
    Object.assign(dns, { lookup });
  };
}

describe('a call to a far endpoint', () => {
  let cloud: Loopback;
  let undo = () => {};
  beforeEach(async () => {
    cloud = new Loopback();
    await cloud.open();
  });
  afterEach(() => {
    undo();
    cloud.close();
  });

  const near = { address: '127.0.0.1', family: 4 };
  /** The documentation prefix of IPv6, to which no route leads. */
  const noRoute = { address: '2001:db8::1', family: 6 };
  for (const addresses of [[near], [near, noRoute]])
    it(`succeeds with ${addresses.length} address(es) of its name`, async () => {
      undo = farAway(addresses);
      const port = cloud.endpoint.host.split(':')[1];
      const answer = await callSdk({
        endpoint: { protocol: 'http', host: `cloud.test:${port}` },
        accessKey: { accessKeyID: 'LTAI-test', accessKeySecret: 'CANARY' },
        action: 'GetEdgeTranscodeJob',
        parameters: {},
        cost: new AnswerMemory().open('media', MOST_OF_AN_ANSWER),
        clock: new FakeClock(),
        userAgent: 'operator/1 (pod)',
      });
      expect(answer).to.deep.equal({});
    });
});
