/** Each fault as a bare client sees it, and as the SDK reports it. */
import { expect } from 'chai';
import { type Simulator, startSimulator } from '../simulator.ts';
import {
  type BareOptions,
  callBare,
  callWithSdk,
  codeOf,
  knock,
  queryOf,
  STOPPED_JOB_ID,
} from '../test/test-client.ts';
import type { NewFault } from '../world/cloud-world.ts';

describe('a fault', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  const answered = async (fault: NewFault, options: BareOptions = {}) => {
    await cloud.addFault(fault);
    const answer = await callBare(cloud, options);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const failed = async (fault: NewFault): Promise<string> => {
    const outcome = answered(fault).then(
      ({ status }) => `answered ${status}`,
      (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.message,
    );
    return await outcome;
  };

  describe('of the kind', () => {
    it('error is any status and code, in the JSON of the vendor', async () => {
      const { status, text } = await answered({
        kind: 'error',
        status: 503,
        code: 'ServiceUnavailable',
        message: 'Later.',
      });
      expect(status).to.equal(503);
      expect(JSON.parse(text)).to.include({
        Code: 'ServiceUnavailable',
        Message: 'Later.',
        HostId: cloud.host,
      });
      expect(JSON.parse(text)).to.have.all.keys('Code', 'Message', 'RequestId', 'HostId', 'Recommend');
    });

    it('throttle is flow control, with the wait', async () => {
      const { status, headers, text } = await answered({
        kind: 'throttle',
        code: 'Throttling.Api',
        retryAfter: 250,
      });
      expect([status, JSON.parse(text).Code]).to.deep.equal([400, 'Throttling.Api']);
      expect(headers.get('x-acs-retry-after')).to.equal('250');
      expect(headers.get('x-ratelimit-user-api')).to.equal('Limit:6000,Remain:0,TimeLeft:250');
    });

    for (const body of [{}, { Job: null }, { Job: { Status: 1 } }, [], 'text', null]) {
      it(`body is ${JSON.stringify(body)} in place of the answer`, async () => {
        const { status, text } = await answered({ kind: 'body', body });
        expect([status, JSON.parse(text)]).to.deep.equal([200, body]);
      });
    }

    it('other-job is the right answer under another ID', async () => {
      const { text } = await answered({ kind: 'other-job', answeredJobID: 'another' });
      expect(JSON.parse(text).Job).to.include({ JobId: 'another', Name: 'stream1-hd' });
    });

    it('html is the page of a proxy', async () => {
      const { status, headers, text } = await answered({ kind: 'html' });
      expect([status, headers.get('content-type')]).to.deep.equal([502, 'text/html']);
      expect(text).to.contain('<html>');
      await cloud.clearFaults();
      expect(await answered({ kind: 'html', status: 200, page: '<p>' })).to.include({
        status: 200,
        text: '<p>',
      });
    });

    it('empty is no body', async () => {
      expect(await answered({ kind: 'empty' })).to.include({ status: 200, text: '' });
      await cloud.clearFaults();
      expect(await answered({ kind: 'empty', status: 504 })).to.include({ status: 504, text: '' });
    });

    it('truncated, honest, is half a JSON text that ends as it should', async () => {
      const { status, headers, text } = await answered({ kind: 'truncated', contentLength: 'honest' });
      expect([status, headers.get('content-length')]).to.deep.equal([200, `${text.length}`]);
      expect(text).to.match(/^\{"Job":\{/);
      expect(() => JSON.parse(text)).to.throw(SyntaxError);
    });

    it('truncated, dishonest, ends before the length it promised', async () => {
      expect(await failed({ kind: 'truncated', contentLength: 'dishonest' })).to.equal('UND_ERR_SOCKET');
    });

    it('reset ends the connection', async () => {
      expect(await failed({ kind: 'reset' })).to.equal('ECONNRESET');
    });

    it('hang never answers, which the client has to end', async () => {
      await cloud.addFault({ kind: 'hang', calls: 1 });
      const abort = new AbortController();
      const hanging = callBare(cloud, { signal: abort.signal }).then(
        () => 'answered',
        (error: Error) => error.name,
      );
      await cloud.awaitCalls({ count: 1 });
      expect(await codeOf(callBare(cloud))).to.equal('OK');
      abort.abort();
      expect(await hanging).to.equal('AbortError');
    });

    it('latency holds the answer back, whatever it is, and adds up', async () => {
      await cloud.addFault({ kind: 'latency', milliseconds: 30 });
      await cloud.addFault({ kind: 'latency', milliseconds: 30 });
      const started = performance.now();
      const { status } = await answered({ kind: 'html' });
      expect(status).to.equal(502);
      // Timers of Node may fire up to 1 ms early, each.
      expect(performance.now() - started).to.be.greaterThan(57);
    });

    it('latency delivers the answer of the moment when the call came', async () => {
      await cloud.addFault({ kind: 'latency', milliseconds: 100 });
      const slow = callBare(cloud, { query: queryOf(STOPPED_JOB_ID) });
      await cloud.awaitCalls({ count: 1 });
      await cloud.startJob({ jobID: STOPPED_JOB_ID });
      const { Job } = (await (await slow).json()) as { Job: { Status: string } };
      expect(Job.Status).to.equal('0');
    });
  });

  describe('as the SDK reports it', () => {
    const errorOf = async (fault: NewFault): Promise<Error> => {
      await cloud.addFault(fault);
      return await callWithSdk(cloud).then(
        () => new Error('answered'),
        (error: Error) => error,
      );
    };

    it('is a SyntaxError for HTML, a cut body', async () => {
      expect(await errorOf({ kind: 'html', calls: 1 })).to.be.instanceOf(SyntaxError);
      expect(await errorOf({ kind: 'truncated', contentLength: 'honest', calls: 1 })).to.be.instanceOf(
        SyntaxError,
      );
    });

    it('is a connection error for a reset, and for a body that ends too soon', async () => {
      expect(await errorOf({ kind: 'reset', calls: 1 })).to.include({ code: 'ECONNRESET' });
      expect(await errorOf({ kind: 'truncated', contentLength: 'dishonest', calls: 1 })).to.include({
        code: 'ECONNRESET',
      });
    });
  });
});

describe('an endpoint that refuses connections', () => {
  it('drops those it has, and listens again on the same port', async () => {
    const cloud = await startSimulator();
    const { url } = cloud;
    try {
      await cloud.addFault({ kind: 'hang', calls: 1 });
      const hanging = callWithSdk(cloud).catch((error: { code: string }) => error.code);
      await cloud.awaitCalls({ count: 1 });
      await cloud.refuseConnections();
      await cloud.refuseConnections();
      expect(await hanging).to.equal('ECONNRESET');
      expect(await knock(url)).to.equal('ECONNREFUSED');
      await cloud.acceptConnections();
      await cloud.acceptConnections();
      expect(cloud.url).to.equal(url);
      expect((await callWithSdk(cloud)).code).to.equal('OK');
    } finally {
      await cloud.close();
    }
  });
});
