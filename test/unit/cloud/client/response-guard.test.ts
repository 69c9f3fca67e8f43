// The answer to one request, from Node's diagnostics channel.

import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { CallAbort } from '../../../../src/cloud/client/call-abort.ts';
import { guarded, NONCE_HEADER } from '../../../../src/cloud/client/response-guard.ts';

describe('a call that listens for its answer', () => {
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

  function hearAnswer<T>(
    nonce: string,
    call: () => Promise<T>,
    onAnswer: (answer: IncomingMessage) => void,
  ): Promise<T> {
    return guarded(nonce, new CallAbort(), onAnswer, call);
  }

  it('receives its own answer, and no other', async () => {
    const heard: string[] = [];
    const calls = ['1', '2', '3'].map((wait) =>
      hearAnswer(
        `nonce ${wait}`,
        () => ask(`nonce ${wait}`, wait),
        ({ headers }) => heard.push(`${wait}: ${headers['x-acs-retry-after']}`),
      ),
    );
    await Promise.all(calls);
    expect(heard).to.have.members(['1: 1', '2: 2', '3: 3']);
  });

  it('stops listening when the call has ended, with or without success', async () => {
    const heard: unknown[] = [];
    await hearAnswer(
      'a',
      async () => undefined,
      (answer) => heard.push(answer),
    );
    await hearAnswer(
      'a',
      () => Promise.reject(new Error('as planned')),
      (answer) => heard.push(answer),
    ).catch(() => undefined);
    await ask('a', '5');
    expect(heard).to.deep.equal([]);
  });

  it('stops listening after its answer, even if the call never ends', async () => {
    const heard: unknown[] = [];
    const hear = () =>
      hearAnswer(
        'a',
        () => new Promise(() => undefined),
        (answer) => heard.push(answer),
      );
    void hear();
    await ask('a', '5');
    await ask('a', '5');
    expect(heard).to.have.lengthOf(1);
  });
});
