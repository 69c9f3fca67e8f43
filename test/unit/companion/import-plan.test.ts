import { expect } from 'chai';
import { manifestOf, objectName, unreferenced } from '../../../src/companion/import-plan.ts';
import { aJob, CLUSTER_ID, JOB_ID } from '../kit/samples/a-job.ts';

const OTHER_ID = 'ffffffffffffffffffffffffffff0001';

describe('the import of cloud jobs', () => {
  it('leaves out jobs that an object of the cluster references, in either case', () => {
    const jobs = [{ jobID: JOB_ID.toUpperCase() }, { jobID: OTHER_ID }];
    const objects = [aJob().about(JOB_ID).build(), aJob().about(OTHER_ID, 'another-cluster').build()];
    expect(unreferenced(jobs, objects, CLUSTER_ID)).to.deep.equal([{ jobID: OTHER_ID }]);
  });

  it('gives names that Kubernetes accepts, whatever the cloud has', () => {
    const names = ['直播间 1', 'Main_HD (new)', '--', '', 'x'.repeat(300), `${'a'.repeat(49)}--b`, '\u202e'];
    for (const name of names)
      expect(objectName(name, CLUSTER_ID, JOB_ID)).to.match(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    expect(objectName('Main_HD (new)', CLUSTER_ID, JOB_ID)).to.match(/^main-hd-new-[0-9a-f]{12}$/);
    expect(objectName('直播间', CLUSTER_ID, JOB_ID)).to.match(/^job-[0-9a-f]{12}$/);
  });

  it('gives one job the same name each time, and another job another name', () => {
    const name = objectName('直播间', CLUSTER_ID, JOB_ID);
    expect(objectName('直播间', CLUSTER_ID.toUpperCase(), JOB_ID.toUpperCase())).to.equal(name);
    expect(objectName('renamed', CLUSTER_ID, JOB_ID)).to.equal(name.replace('job-', 'renamed-'));
    expect(objectName('直播间', CLUSTER_ID, OTHER_ID)).to.not.equal(name);
    expect(objectName('直播间', 'another-cluster', JOB_ID)).to.not.equal(name);
  });

  it('gives each of 100,000 jobs another name, although none has a letter for it', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => objectName('直播间', CLUSTER_ID, `${index}`));
    expect(new Set(names).size).to.equal(names.length);
  });

  it('names the Secret and the region in each object, if there are any', () => {
    const purpose = { namespace: 'media', cluster: CLUSTER_ID, secret: 'key', region: 'cn-beijing' };
    const ids = { clusterID: CLUSTER_ID, jobID: JOB_ID };
    expect(manifestOf({ jobID: JOB_ID }, purpose).spec).to.deep.equal({
      ...ids,
      regionID: 'cn-beijing',
      credentialsRef: { name: 'key' },
    });
    const own = { ...purpose, secret: undefined, region: undefined };
    expect(manifestOf({ jobID: JOB_ID }, own).spec).to.deep.equal(ids);
  });
});
