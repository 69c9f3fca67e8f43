// Which objects an operator of a shard serves.

import { expect } from 'chai';
import { isOfShard, labelSelectorOf, leaseNameOf } from '../../../../src/api/shard.ts';
import { aJob } from '../../kit/samples/a-job.ts';

describe('a shard', () => {
  it('has the objects whose label names it', () => {
    expect(labelSelectorOf('sports')).to.equal('edgetranscode.live/shard=sports');
    expect(isOfShard(aJob().ofShard('sports').build(), 'sports')).to.equal(true);
    expect(isOfShard(aJob().ofShard('news').build(), 'sports')).to.equal(false);
    expect(isOfShard(aJob().build(), 'sports')).to.equal(false);
  });

  it('without a name has the objects without the label', () => {
    expect(labelSelectorOf(undefined)).to.equal('!edgetranscode.live/shard');
    expect(isOfShard(aJob().build(), undefined)).to.equal(true);
    // An empty label is still a label.
    expect(isOfShard(aJob().ofShard('').build(), undefined)).to.equal(false);
  });

  it('has a Lease of its own', () => {
    expect(leaseNameOf('operator', 'sports')).to.equal('operator-sports');
    expect(leaseNameOf('operator', undefined)).to.equal('operator');
  });
});
