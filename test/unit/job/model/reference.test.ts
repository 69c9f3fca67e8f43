// The job that an object means, and the target of an observation, as short hashes.

import { expect } from 'chai';
import {
  canonicalID,
  endpointHash,
  identityOf,
  namespaceOfIdentity,
  parseTarget,
  referenceHash,
  referenceOf,
} from '../../../../src/job/model/reference.ts';
import { aJob, CLUSTER_ID, JOB_ID } from '../../kit/samples/a-job.ts';
import { DESTINATION } from '../../kit/samples/answers.ts';

const hashOf = (job: ReturnType<typeof aJob>) => referenceHash(referenceOf(job.build()));

describe('a reference', () => {
  it("is what the user wrote, for the object's namespace", () => {
    expect(referenceOf(aJob().build())).to.deep.equal({
      credential: { namespace: 'media' },
      clusterID: CLUSTER_ID,
      jobID: JOB_ID,
    });
    expect(referenceOf(aJob().withSecret('account').inRegion('cn-beijing').build())).to.deep.equal({
      credential: { namespace: 'media', name: 'account' },
      clusterID: CLUSTER_ID,
      jobID: JOB_ID,
      regionID: 'cn-beijing',
    });
  });

  it('differs with another region or credential', () => {
    const hashes = [
      aJob(),
      aJob().inRegion('cn-beijing'),
      aJob().withSecret('account'),
      aJob().withSecret('account').named('stream1', 'other'),
    ].map(hashOf);
    expect(new Set(hashes).size).to.equal(4);
  });

  it('is the same when anything else of the spec changes', () => {
    const others = [aJob().every('5s'), aJob().suspended(), aJob().expecting('Running'), aJob().named('b')];
    for (const other of others) expect(hashOf(other)).to.equal(hashOf(aJob()));
  });

  it('hashes its parts so that none can be mistaken for another', () => {
    const one = referenceHash({ credential: { namespace: 'a' }, clusterID: 'xy', jobID: 'z' });
    const other = referenceHash({ credential: { namespace: 'a' }, clusterID: 'x', jobID: 'yz' });
    expect(one).to.not.equal(other);
  });
});

describe('the ID of a job', () => {
  it('means the same in either case where all of it is hexadecimal', () => {
    expect(canonicalID('5AD4-20B4')).to.equal('5ad4-20b4');
    for (const other of ['Xad4', 'AD4X', '']) expect(canonicalID(other)).to.equal(other);
  });

  it('in lower case has the hash that earlier versions stored', () => {
    const reference = { credential: { namespace: 'media' }, clusterID: 'c' };
    const stored = ['5ad4-20b4', 'A-Test'].map((jobID) => referenceHash({ ...reference, jobID }));
    expect(stored).to.deep.equal(['9574321e', 'df71e357']);
    expect(referenceHash({ ...reference, jobID: '5AD4-20B4' })).to.equal(stored[0]);
  });
});

describe('an identity', () => {
  it('is the name of a Secret, never a key', () => {
    expect(identityOf({ namespace: 'media', name: 'account' })).to.equal('media/account');
    expect(identityOf({ namespace: 'media' })).to.equal('default');
    expect(namespaceOfIdentity('media/account')).to.equal('media');
    expect(namespaceOfIdentity('default')).to.equal('');
  });
});

describe('an endpoint', () => {
  it('differs with another host or region', () => {
    const hashes = [
      DESTINATION,
      { ...DESTINATION, endpoint: 'https://other.example' },
      { ...DESTINATION, regionID: 'cn-beijing' },
    ].map(endpointHash);
    expect(new Set(hashes).size).to.equal(3);
  });
});

describe('a stored target', () => {
  it('is split into its one or two hashes', () => {
    const [reference, endpoint] = [hashOf(aJob()), endpointHash(DESTINATION)];
    expect(parseTarget(reference)).to.deep.equal({ referenceHash: reference });
    expect(parseTarget(`${reference}-${endpoint}`)).to.deep.equal({ referenceHash: reference, endpoint });
  });

  for (const text of [undefined, '', '-', 'abc', 'not-hashes', '0123456789abcdef', '01234567-', '0123456g'])
    it(`is none in ${JSON.stringify(text)}`, () => {
      expect(parseTarget(text)).to.equal(undefined);
    });
});
