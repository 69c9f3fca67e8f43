// What each kind of failure means for an object.

import { expect } from 'chai';
import { FAILURE_KINDS, type FailureKind } from '../../../../src/job/model/failures.ts';
import { POLICIES, policyOf } from '../../../../src/job/model/policies.ts';

const MINUTE = 60_000;

/** The kinds that are definitive and stalled: a person has to act. */
const DEFINITIVE: readonly FailureKind[] = [
  'JobNotFound',
  'InvalidReference',
  'OperationDenied',
  'PermissionDenied',
  'AuthenticationFailed',
  'CredentialsNotFound',
];

describe('the policies', () => {
  it('exist for every kind of failure, and for nothing else', () => {
    expect(Object.keys(POLICIES)).to.have.members([...FAILURE_KINDS]);
  });

  it('are definitive and Stalled exactly where a person has to act', () => {
    expect(FAILURE_KINDS.filter((kind) => policyOf(kind).definitive)).to.have.members([...DEFINITIVE]);
    expect(FAILURE_KINDS.filter((kind) => policyOf(kind).stalled)).to.have.members([...DEFINITIVE]);
  });

  it('count only "there is no such job" as an observation', () => {
    expect(FAILURE_KINDS.filter((kind) => policyOf(kind).observation)).to.deep.equal(['JobNotFound']);
  });

  it('poll slowly what only a person can repair, and a wrong reference hourly', () => {
    const paces = FAILURE_KINDS.filter((kind) => policyOf(kind).minIntervalMs > 0).map(
      (kind) => [kind, policyOf(kind).minIntervalMs / MINUTE] as const,
    );
    expect(Object.fromEntries(paces)).to.deep.equal({
      JobNotFound: 5,
      OperationDenied: 5,
      PermissionDenied: 5,
      InvalidReference: 60,
    });
  });

  it('confirm only that a job is missing, before its polls slow down', () => {
    const confirmed = FAILURE_KINDS.filter((kind) => policyOf(kind).confirmForMs > 0);
    expect(confirmed.map((kind) => [kind, policyOf(kind).confirmForMs / MINUTE])).to.deep.equal([
      ['JobNotFound', 2],
    ]);
  });

  it('retry soon what is repaired for all objects of a credential', () => {
    const soon = FAILURE_KINDS.filter((kind) => Number.isFinite(policyOf(kind).retryWithinMs)).map(
      (kind) => [kind, policyOf(kind).retryWithinMs / 1_000] as const,
    );
    expect(Object.fromEntries(soon)).to.deep.equal({ AuthenticationFailed: 20, CredentialsNotFound: 30 });
  });
});
