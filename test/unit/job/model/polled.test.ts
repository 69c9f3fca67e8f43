// Which objects are polled, and why the others are not.

import { expect } from 'chai';
import { obstacleOf } from '../../../../src/job/model/polled.ts';
import { aJob } from '../../kit/samples/a-job.ts';

describe('the obstacle to polling', () => {
  it('is none for an object whose spec can be used', () => {
    expect(obstacleOf(aJob().build())).to.equal(undefined);
    expect(obstacleOf(aJob().build(), () => true)).to.equal(undefined);
  });

  it('is the suspension, the invalid spec, or keys that the namespace may not use', () => {
    expect(obstacleOf(aJob().suspended().build())).to.equal('suspended');
    expect(obstacleOf(aJob().invalid('no').build())).to.equal('invalid');
    expect(obstacleOf(aJob().build(), () => false)).to.equal('forbidden');
  });

  it('is looked for with the credential that the object names', () => {
    const job = aJob().withSecret('account').build();
    expect(obstacleOf(job, ({ namespace, name }) => namespace === 'media' && name === 'account')).to.equal(
      undefined,
    );
  });

  it('is the suspension first: a suspended object is not judged', () => {
    expect(obstacleOf(aJob().suspended().invalid('no').build(), () => false)).to.equal('suspended');
  });
});
