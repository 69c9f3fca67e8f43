// Which job is asked where, and what is told of it.

import { expect } from 'chai';
import type { Endpoint } from '../../../../src/base/endpoint.ts';
import type { Credential } from '../../../../src/cloud/client/credential.ts';
import { JobCall, type JobCallOptions } from '../../../../src/cloud/client/job-call.ts';

import type { Reference } from '../../../../src/job/model/cloud-port.ts';
import { FakeClock } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';
import { Loopback } from './loopback.ts';

const REFERENCE: Reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID: 'j' };
const CREDENTIAL: Credential = {
  identity: 'media/account',
  accessKey: { accessKeyID: 'CANARY-id', accessKeySecret: 'CANARY-secret', securityToken: 'CANARY-token' },
  version: '1',
};

describe('where a reference leads to', () => {
  const OPERATORS: Endpoint = { protocol: 'https', host: 'operator.example' };
  const SECRETS: Endpoint = { protocol: 'https', host: 'secret.example' };

  function asked(reference: Partial<Reference>, credential: Partial<Credential>, endpoint?: Endpoint) {
    return callOf({ endpoint }).destinationOf(
      { ...REFERENCE, ...reference },
      { ...CREDENTIAL, ...credential },
    );
  }

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

describe('a call for a job', () => {
  let cloud: Loopback;
  beforeEach(async () => {
    cloud = new Loopback();
    await cloud.open();
  });
  afterEach(() => cloud.close());

  it('asks for region, cluster and job, and gives what it finds', async () => {
    cloud.respond = (response) => response.end('{"Job":{"JobId":"j","Status":"1"}}');
    const { answer, failed } = await callOf({ endpoint: cloud.endpoint }).make(REFERENCE, CREDENTIAL);
    expect(failed).to.equal(undefined);
    expect(answer).to.deep.include({ kind: 'observed', job: { jobID: 'j', status: '1' } });
    const { searchParams } = new URL(cloud.requests[0]?.url ?? '', 'http://host');
    expect(Object.fromEntries(searchParams)).to.deep.equal({
      RegionId: 'cn-shanghai',
      ClusterId: 'c',
      JobId: 'j',
    });
  });

  it('tells of each call once, how it ended and how long it took', async () => {
    const told: unknown[] = [];
    const clock = new FakeClock();
    const observer = { called: (...all: unknown[]) => told.push(all), waited: () => undefined };
    const call = callOf({ endpoint: cloud.endpoint, observer, clock });
    cloud.respond = (response) => void clock.advance(250).then(() => response.end('{"Job":{"JobId":"j"}}'));
    await call.make(REFERENCE, CREDENTIAL);
    cloud.respond = (response) => response.writeHead(404).end('{"Code":"JobNotFound"}');
    await call.make(REFERENCE, CREDENTIAL);
    expect(told).to.deep.equal([
      ['GetEdgeTranscodeJob', 'OK', 0.25],
      ['GetEdgeTranscodeJob', 'JobNotFound', 0],
    ]);
  });

  it('that fails leaves a line to find it by, with the request ID and no secret', async () => {
    const logger = new RecordingLogger();
    cloud.respond = (response) =>
      response.writeHead(403).end('{"Code":"NoPermission","Message":"CANARY","RequestId":"R-7"}');
    const { answer } = await callOf({ endpoint: cloud.endpoint, logger }).make(REFERENCE, {
      ...CREDENTIAL,
      regionID: 'CANARY-region',
    });
    expect(answer).to.include({ kind: 'failed', requestID: 'R-7' });
    expect(logger.lines).to.have.length(1);
    expect(logger.lines[0]?.fields).to.include({ code: 'NoPermission', requestID: 'R-7', jobID: 'j' });
    expect(JSON.stringify([logger.lines, 'failure' in answer && answer.failure])).not.to.contain('CANARY');
  });
});

function callOf(options: Partial<JobCallOptions>): JobCall {
  return new JobCall({
    endpoint: undefined,
    regionID: 'cn-shanghai',
    userAgent: 'test',
    clock: new FakeClock(),
    logger: new RecordingLogger(),
    ...options,
  });
}
