// The destination and the parameters of each call, and what is counted and logged of it.

import { expect } from 'chai';
import type { Endpoint } from '../../../../src/base/endpoint.ts';
import { MOST_OF_A_PAGE } from '../../../../src/cloud/client/answer-memory.ts';
import {
  type CallResult,
  getJob,
  LiveClient,
  type LiveClientOptions,
  listJobs,
  type Operation,
} from '../../../../src/cloud/client/live-client.ts';
import type { Credential } from '../../../../src/credentials/credential.ts';
import type { ClusterReference } from '../../../../src/job/model/cloud-port.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { Loopback } from './loopback.ts';

const CLUSTER: ClusterReference = { credential: { namespace: 'media' }, clusterID: 'c' };
const CREDENTIAL: Credential = {
  identity: 'media/account',
  accessKey: { accessKeyID: 'CANARY-id', accessKeySecret: 'CANARY-secret', securityToken: 'CANARY-token' },
  version: '1',
};

describe('the destination of a call', () => {
  const OPERATORS: Endpoint = { protocol: 'https', host: 'operator.example' };
  const SECRETS: Endpoint = { protocol: 'https', host: 'secret.example' };

  function asked(about: Partial<ClusterReference>, credential: Partial<Credential>, endpoint?: Endpoint) {
    return clientOf({ endpoint }).destinationOf(about, { ...CREDENTIAL, ...credential });
  }

  it('is the same object for the same place, as each waiting request holds one', () => {
    const client = clientOf({});
    const first = client.destinationOf(CLUSTER, CREDENTIAL);
    expect(client.destinationOf({ regionID: 'cn-shanghai' }, CREDENTIAL)).to.equal(first);
    expect(client.destinationOf({ regionID: 'cn-beijing' }, CREDENTIAL)).not.to.equal(first);
    for (let index = 0; index < 2_000; index += 1)
      client.destinationOf({ regionID: `r-${index}` }, CREDENTIAL);
    expect(client.destinationOf(CLUSTER, CREDENTIAL)).to.deep.equal(first);
  });

  it('is the region of the object, else of the Secret, else of the operator', () => {
    expect(asked({ regionID: 'eu-central-1' }, { regionID: 'ap-southeast-1' }).regionID).to.equal(
      'eu-central-1',
    );
    expect(asked({}, { regionID: 'ap-southeast-1' }).regionID).to.equal('ap-southeast-1');
    expect(asked({}, {}).regionID).to.equal('cn-shanghai');
  });

  it('is the endpoint of the Secret, else of the operator, else of the region', () => {
    expect(asked({}, { endpoint: SECRETS }, OPERATORS).endpoint).to.equal('https://secret.example');
    expect(asked({}, {}, OPERATORS).endpoint).to.equal('https://operator.example');
    expect(asked({}, {}).endpoint).to.equal('https://live.aliyuncs.com');
    expect(asked({ regionID: 'eu-central-1' }, {}).endpoint).to.equal(
      'https://live.eu-central-1.aliyuncs.com',
    );
    expect(asked({}, { regionID: 'ap-southeast-3' }).endpoint).to.equal(
      'https://live.ap-southeast-1.aliyuncs.com',
    );
  });
});

describe('a call', () => {
  let cloud: Loopback;
  beforeEach(async () => {
    cloud = new Loopback();
    await cloud.open();
  });
  afterEach(() => cloud.close());

  function call<T>(
    operation: Operation<T>,
    options: Partial<LiveClientOptions> = {},
  ): Promise<CallResult<T>> {
    return clientOf({ endpoint: cloud.endpoint, ...options }).call(operation, CLUSTER, CREDENTIAL);
  }

  function parameters(): object {
    return Object.fromEntries(new URL(cloud.requests[0]?.url ?? '', 'http://host').searchParams);
  }

  function answer(status: number, body: string): void {
    cloud.respond = (response) => response.writeHead(status).end(body);
  }

  it('for a job names region, cluster and job, and returns what the cloud says of it', async () => {
    const body = '{"Job":{"JobId":"j","Status":"1"}}';
    answer(200, body);
    const clock = new FakeClock(5);
    const result = await call(getJob('j'), { clock });
    expect(result).to.deep.equal({
      kind: 'answered',
      value: { jobID: 'j', status: '1' },
      destination: clientOf({ endpoint: cloud.endpoint }).destinationOf(CLUSTER, CREDENTIAL),
      sentAt: 5,
      // One chunk.
      work: body.length + 64,
    });
    expect(parameters()).to.deep.equal({ RegionId: 'cn-shanghai', ClusterId: 'c', JobId: 'j' });
  });

  it('for a page of a list names region, cluster and page, the oldest jobs first, and returns the page', async () => {
    answer(200, '{"TotalCount":1,"JobList":{"Job":[{"JobId":"j","Status":"1"}]}}');
    const result = await call(listJobs(3));
    expect(parameters()).to.deep.equal({
      RegionId: 'cn-shanghai',
      ClusterId: 'c',
      PageNo: '3',
      PageSize: '100',
      SortBy: 'asc',
    });
    expect(result.kind === 'answered' && [result.value.total, ...result.value.jobs.keys()]).to.deep.equal([
      1,
      'j',
    ]);
  });

  it('is counted once, with how it ended and how long it took', async () => {
    const counted: unknown[] = [];
    const clock = new FakeClock();
    const observer = { called: (...all: unknown[]) => counted.push(all), waited: () => undefined };
    cloud.respond = (response) => void clock.advance(250).then(() => response.end('{"Job":{"JobId":"j"}}'));
    await call(getJob('j'), { observer, clock });
    answer(404, '{"Code":"JobNotFound"}');
    await call(getJob('j'), { observer, clock });
    expect(counted).to.deep.equal([
      ['GetEdgeTranscodeJob', 'OK', 0.25, 'known'],
      ['GetEdgeTranscodeJob', 'JobNotFound', 0, 'known'],
    ]);
  });

  it('to an endpoint that a Secret names is counted as one whose codes may be made up', async () => {
    const counted: unknown[] = [];
    const observer = { called: (...all: unknown[]) => counted.push(all.at(-1)), waited: () => undefined };
    answer(404, '{"Code":"MadeUp"}');
    const client = clientOf({ observer });
    await client.call(getJob('j'), CLUSTER, { ...CREDENTIAL, endpoint: cloud.endpoint });
    expect(counted).to.deep.equal(['tenant']);
  });

  it('that fails returns the failure, and how long the answer said to wait', async () => {
    cloud.respond = (response) =>
      response.writeHead(429, { 'x-acs-retry-after': '250' }).end('{"Code":"Throttling.User"}');
    const result = await call(getJob('j'));
    expect(result).to.deep.include({ kind: 'failed', retryAfterMs: 250, isOnlyListing: false });
    expect(result.kind === 'failed' && result.failed.failure.kind).to.equal('Throttled');
  });

  for (const [status, body, isOnlyListing] of [
    [403, '{"Code":"NoPermission"}', true],
    [404, '{"Code":"JobNotFound"}', true],
    [400, '{"Code":"Unheard.Of"}', true],
    [200, '{"an unknown":"page"}', true],
    [200, 'no JSON', false],
    [503, '{"Code":"ServiceUnavailable"}', false],
    [429, '{"Code":"Throttling.User"}', false],
    [403, '{"Code":"InvalidAccessKeyId.NotFound"}', false],
  ] as const)
    it(`for a list that is answered ${status} ${body} ${isOnlyListing ? 'is' : 'is not'} a refusal of listing alone`, async () => {
      answer(status, body);
      expect(await call(listJobs(1))).to.include({ kind: 'failed', isOnlyListing });
      expect(await call(getJob('j'))).to.include({ kind: 'failed', isOnlyListing: false });
    });

  it('for a page that is too long is a refusal of listing alone, as Get names one job', async () => {
    answer(200, JSON.stringify({ TotalCount: 1, JobList: { Job: [{ JobId: 'x'.repeat(MOST_OF_A_PAGE) }] } }));
    const page = await call(listJobs(1));
    expect(page).to.include({ kind: 'failed', isOnlyListing: true });
    expect(page.kind === 'failed' && page.failed.failure.kind).to.equal('UnexpectedResponse');
    expect(await call(getJob('j'))).to.include({ kind: 'failed', isOnlyListing: false });
  });

  it('whose answer the operator fails to read is logged as an error of its own, and blames no proxy', async () => {
    const logger = new RecordingLogger();
    answer(200, '{"Job":{"JobId":"CANARY"}}');
    const error = new TypeError('a bug');
    const read = (): never => {
      throw error;
    };
    const result = await call({ ...getJob('j'), read }, { logger });
    const { failure, code } = (result.kind === 'failed' && result.failed) || {};
    expect([failure?.kind, code]).to.deep.equal(['UnexpectedResponse', 'OperatorError']);
    expect(failure?.message).to.contain('the operator failed').and.not.contain('proxy');
    const errors = logger.lines.filter(({ level }) => level === 'error');
    expect(errors.map(({ fields }) => fields?.error)).to.deep.equal([error]);
    expect(JSON.stringify(errors)).not.to.contain('CANARY');
  });

  it('that fails leaves a line to find it by, with the request ID and no secret', async () => {
    const logger = new RecordingLogger();
    answer(403, '{"Code":"NoPermission","Message":"CANARY","RequestId":"R-7"}');
    const client = clientOf({ endpoint: cloud.endpoint, logger });
    const result = await client.call(getJob('j'), CLUSTER, { ...CREDENTIAL, regionID: 'CANARY-region' });
    const failed = result.kind === 'failed' ? result.failed : undefined;
    expect(failed).to.include({ requestID: 'R-7' });
    expect(logger.lines).to.have.length(1);
    expect(logger.lines[0]?.fields).to.include({ code: 'NoPermission', requestID: 'R-7', jobID: 'j' });
    expect(JSON.stringify([logger.lines, failed])).not.to.contain('CANARY');
  });
});

function clientOf(options: Partial<LiveClientOptions>): LiveClient {
  return new LiveClient({
    endpoint: undefined,
    regionID: 'cn-shanghai',
    userAgent: 'test',
    clock: new FakeClock(),
    logger: new RecordingLogger(),
    ...options,
  });
}
