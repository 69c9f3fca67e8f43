// How long an answer says to wait.

import { expect } from 'chai';
import { retryAfterOf } from '../../../../src/cloud/client/response-guard.ts';

describe('the time to wait', () => {
  const cases: readonly (readonly [Record<string, string>, number | undefined])[] = [
    [{}, undefined],
    [{ 'x-acs-retry-after': '250' }, 250],
    [{ 'x-acs-retry-after': '0' }, 0],
    [{ 'x-acs-retry-after': '86400000' }, 60_000],
    [{ 'x-acs-retry-after': 'soon' }, undefined],
    [{ 'x-acs-retry-after': '-1' }, undefined],
    [{ 'x-ratelimit-user-api': 'Limit:6000,Remain:0,TimeLeft:1500' }, 1_500],
    [{ 'x-ratelimit-user': 'Limit:6000,Remain:0,TimeLeft:2500' }, 2_500],
    [{ 'x-acs-retry-after': '10', 'x-ratelimit-user': 'TimeLeft:2500' }, 10],
    [{ 'x-ratelimit-user': 'Limit:6000' }, undefined],
  ];
  for (const [headers, ms] of cases)
    it(`is ${ms} ms for ${JSON.stringify(headers)}`, () => expect(retryAfterOf(headers)).to.equal(ms));
});
