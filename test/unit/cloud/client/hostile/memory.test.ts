// What the answers of a hostile endpoint cost the process.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { callSdk } from '../../../../../src/cloud/client/alibaba-client.ts';
import { AnswerMemory, MOST_OF_A_PAGE } from '../../../../../src/cloud/client/answer-memory.ts';
import { FakeClock } from '../../../kit/fakes/fake-clock.ts';
import { heapInUse, MEASURING_MS } from '../../../kit/heap.ts';
import { chunks, flood, HEAD, RawServer } from './raw-server.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, 'calling-child.ts');
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`;
const MIB = 2 ** 20;

describe('the memory of answers', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = new RawServer();
    await server.open();
  });
  afterEach(() => server.close());

  async function child(calls: number): Promise<{ mostKiB: number; ends: string[] }> {
    const { stdout } = await run(process.execPath, [CHILD, server.endpoint.host, `${calls}`]);
    return JSON.parse(stdout);
  }

  it('does not grow with bodies in chunks of one byte, however long they are', async function () {
    this.timeout(60_000);
    const usual = await child(40);
    expect(usual.ends).to.deep.equal(['answered']);
    server.respond = (socket) => {
      socket.write(CHUNKED);
      return flood(socket, chunks(10_000, 1));
    };
    const { mostKiB, ends } = await child(40);
    expect(ends).to.deep.equal(['UnexpectedBody']);
    expect((mostKiB - usual.mostKiB) / 1_024, 'MiB more than with short answers').to.be.lessThan(32);
  });

  for (const [size, count] of [
    [1, 900],
    [700, 400],
    [16_384, 30],
  ] as const)
    it(`is no more than their cost in chunks of ${size} bytes`, async function () {
      this.timeout(MEASURING_MS);
      const memory = new AnswerMemory();
      const calls = 20;
      server.respond = (socket) => {
        socket.setNoDelay();
        socket.write(CHUNKED);
        socket.write(chunks(count, size));
      };
      const before = (await heapInUse()) + process.memoryUsage().arrayBuffers;
      const clock = new FakeClock();
      const ends = Array.from({ length: calls }, () => hold(clock, memory));
      const expected = calls * count * (size + 512);
      while (memory.cost < expected) await new Promise((resolve) => setImmediate(resolve));
      const held = (await heapInUse()) + process.memoryUsage().arrayBuffers - before;
      expect(memory.cost, 'with the heads, and chunks that the network divides').to.be.below(expected * 1.05);
      if (process.env.SHOW) console.log({ held: held / calls, cost: memory.cost / calls });
      // Everything else of a call in flight: the request, the socket, the SDK's objects.
      expect(held / MIB).to.be.lessThan((memory.cost + calls * 64 * 1_024) / MIB);
      await clock.advance(10_000);
      await Promise.all(ends);
      expect(memory.cost).to.equal(0);
    });

  async function hold(clock: FakeClock, memory: AnswerMemory): Promise<void> {
    const { endpoint } = server;
    const accessKey = { accessKeyID: 'id', accessKeySecret: 'secret' };
    const cost = memory.open('media', MOST_OF_A_PAGE);
    const call = { endpoint, accessKey, action: 'ListEdgeTranscodeJob', parameters: {}, cost, clock };
    await callSdk({ ...call, userAgent: 'test' }).catch(() => undefined);
    cost.close();
  }
});
