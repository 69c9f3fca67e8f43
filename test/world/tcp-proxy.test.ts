/**
 * The proxy forwards everything, and holds or cuts connections on demand.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

describe('the TCP proxy', () => {
  let server: Server;
  let proxy: TcpProxy;

  beforeEach(async () => {
    // What it hears, it says.
    server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening');
    proxy = await startTcpProxy((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
  });

  it('forwards what both sides send', async () => {
    const client = await connected();
    expect(await answerTo(client, 'hello')).to.equal('hello');
  });

  it('counts connections', async () => {
    const clients = [await connected(), await connected()];
    for (const client of clients) await answerTo(client, 'hello');
    expect([proxy.opened, proxy.open]).to.deep.equal([2, 2]);
    clients[0]?.end();
    await once(clients[0] as Socket, 'close');
    expect([proxy.opened, proxy.open]).to.deep.equal([2, 1]);
  });

  it('holds back what the server sends until it is released, and loses nothing', async () => {
    const held = await connected();
    await answerTo(held, 'first');
    proxy.hold();
    const heard = once(held, 'data');
    held.write('second');
    // The answers to a later connection are proof that the time for one has passed.
    const free = await connected();
    for (let times = 0; times < 3; times++) await answerTo(free, 'meanwhile');
    expect(held.bytesRead).to.equal('first'.length);
    proxy.release();
    expect(String(await heard)).to.equal('second');
    let heardOnce = '';
    free.on('data', (text) => (heardOnce += text));
    for (const text of ['a', 'b', 'c']) await answerTo(free, text);
    expect(heardOnce).to.equal('abc');
  });

  it('cuts connections, and accepts new ones', async () => {
    const cut = await connected();
    await answerTo(cut, 'hello');
    const ended = once(cut, 'error');
    proxy.cut();
    expect((await ended)[0]).to.include({ code: 'ECONNRESET' });
    expect(await answerTo(await connected(), 'again')).to.equal('again');
  });

  for (const by of ['FIN', 'RST'] as const)
    it(`ends connections that are silent, by ${by}, and no others`, async () => {
      await using cutting = await startTcpProxy((server.address() as AddressInfo).port, { afterMs: 100, by });
      const [silent, talking] = [await connected(cutting), await connected(cutting)];
      await answerTo(silent, 'hello');
      const ended = once(silent, by === 'FIN' ? 'end' : 'error').then(([error]) => error?.code ?? 'FIN');
      let isOver = false;
      void ended.then(() => (isOver = true));
      while (!isOver) await answerTo(talking, 'hello');
      expect(await ended).to.equal(by === 'FIN' ? 'FIN' : 'ECONNRESET');
      expect([cutting.silenced, await answerTo(talking, 'still there')]).to.deep.equal([1, 'still there']);
    });

  it('gives a server ten times as long for its answer', async () => {
    const idle = createServer(() => undefined);
    await once(idle.listen({ host: '127.0.0.1', port: 0 }), 'listening');
    await using cutting = await startTcpProxy((idle.address() as AddressInfo).port, {
      afterMs: 50,
      by: 'FIN',
    });
    const client = await connected(cutting);
    const asked = performance.now();
    client.write('hello');
    await once(client, 'close');
    expect(performance.now() - asked).to.be.at.least(500);
    idle.close();
  });

  it('ends a client whose server cannot be reached', async () => {
    server.close();
    const client = connect({ host: '127.0.0.1', port: proxy.port });
    await once(client, 'close');
    expect(proxy.open).to.equal(0);
  });

  async function connected({ port } = proxy): Promise<Socket> {
    const client = connect({ host: '127.0.0.1', port });
    await once(client, 'connect');
    // The end of each test resets it.
    client.on('error', () => {});
    return client;
  }

  async function answerTo(client: Socket, text: string): Promise<string> {
    const answer = once(client, 'data');
    client.write(text);
    return String((await answer)[0]);
  }
});
