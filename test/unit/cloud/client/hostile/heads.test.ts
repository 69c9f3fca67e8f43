// Heads that a hostile endpoint sends before its answer, or in place of one.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { CALL_DEADLINE_MS, callSdk } from '../../../../../src/cloud/client/alibaba-client.ts';
import { AnswerMemory, MOST_OF_AN_ANSWER } from '../../../../../src/cloud/client/answer-memory.ts';
import { DeadlineExceeded, UnexpectedBody } from '../../../../../src/cloud/client/call-errors.ts';
import { FakeClock } from '../../../kit/fakes/fake-clock.ts';

const EARLY_HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

describe('a call through the SDK', () => {
  const clock = new FakeClock();
  let server: Server;
  let connected: Promise<Socket>;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    connected = once(server, 'connection').then(([socket]) =>
      (socket as Socket).on('error', () => undefined).resume(),
    );
    await once(server, 'listening');
  });
  afterEach(async () => {
    (await connected).destroy();
    server.close();
  });

  function call(): Promise<unknown> {
    return callSdk({
      endpoint: { protocol: 'http', host: `127.0.0.1:${(server.address() as AddressInfo).port}` },
      accessKey: { accessKeyID: 'LTAI-test', accessKeySecret: 'CANARY' },
      clock,
      userAgent: 'operator/1',
      action: 'GetEdgeTranscodeJob',
      parameters: { ClusterId: 'c', JobId: 'j' },
      cost: new AnswerMemory().open('media', MOST_OF_AN_ANSWER),
    });
  }

  it('takes an answer after a few informational heads', async () => {
    const answer = call();
    (await connected).write(EARLY_HINTS.repeat(3) + ANSWER);
    expect(await answer).to.deep.equal({});
  });

  it('ends when informational heads come without end', async () => {
    const answer = call();
    const socket = await connected;
    const closed = once(socket, 'close');
    socket.write(EARLY_HINTS.repeat(100));
    const error = await answer.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UnexpectedBody).with.property('message').that.contains('too many heads');
    await closed;
  });

  it('closes its connection at its deadline, although the head of its answer has begun', async () => {
    const answer = call();
    const socket = await connected;
    const closed = once(socket, 'close');
    await new Promise((resolve) => socket.write('HTTP/1.1 200 OK\r\nx-more: 1\r\n', resolve));
    const error = answer.catch((reason: unknown) => reason);
    await clock.advance(CALL_DEADLINE_MS);
    expect(await error).to.be.instanceOf(DeadlineExceeded);
    await closed;
  });
});
