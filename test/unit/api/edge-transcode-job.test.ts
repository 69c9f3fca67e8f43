// The names that users write.

import { expect } from 'chai';
import { API_VERSION, REQUESTED_AT_ANNOTATION } from '../../../src/api/edge-transcode-job.ts';
import { REASONS } from '../../../src/api/reasons.ts';
import { FAILURE_KINDS } from '../../../src/job/model/failures.ts';

describe('the resource', () => {
  it('has the names that manifests use', () => {
    expect(API_VERSION).to.equal('edgetranscode.live/v1alpha1');
    expect(REQUESTED_AT_ANNOTATION).to.equal('edgetranscode.live/requested-at');
  });

  it('has a reason for every kind of failure, by the same name', () => {
    expect(REASONS).to.include.members([...FAILURE_KINDS]);
  });

  it('has no reason twice', () => {
    expect(new Set(REASONS).size).to.equal(REASONS.length);
  });
});
