/**
 * The world at the start: accounts with their keys and roles, OIDC tokens, and jobs. All of the default is
 * made up.
 */
import type { AccountVerbs, NewAccount, NewKey } from './world/account-world.ts';
import type { JobVerbs, NewJob } from './world/cloud-world.ts';
import type { NewOIDCToken, NewRole, StsVerbs } from './world/sts-world.ts';

export interface Seed {
  readonly accounts: readonly SeedAccount[];
  readonly oidcTokens?: readonly NewOIDCToken[];
  readonly jobs: readonly NewJob[];
}

export interface SeedAccount extends NewAccount {
  readonly keys: readonly Omit<NewKey, 'accountID'>[];
  readonly roles?: readonly Omit<NewRole, 'accountID'>[];
}

/** Makes what a seed describes in an empty world. */
export async function sow(seed: Seed, world: AccountVerbs & StsVerbs & JobVerbs): Promise<void> {
  for (const { keys, roles = [], ...account } of seed.accounts) {
    const { accountID } = account;
    await world.createAccount(account);
    for (const key of keys) await world.addKey({ ...key, accountID });
    for (const role of roles) await world.createRole({ ...role, accountID });
  }
  for (const token of seed.oidcTokens ?? []) await world.addOIDCToken(token);
  for (const job of seed.jobs) await world.createJob(job);
}

/** Works nowhere but here. */
export const DEFAULT_KEY = { accessKeyID: 'LTAIsimulator', accessKeySecret: 'simulator-secret' } as const;

/** A temporary key, as STS gives them; it expires only by a verb. */
export const DEFAULT_TEMPORARY_KEY = {
  accessKeyID: 'STS.simulator',
  accessKeySecret: 'simulator-temporary-secret',
  securityToken: 'simulator-security-token',
} as const;

export const DEFAULT_ACCOUNT_ID = '1000000000000001';
export const DEFAULT_CLUSTER_ID = '7f3e9c3b-4d18-395c-8106-ff21a6000000';

/** What a pod has that may assume a role by its service account (RRSA): the token is in a file of its own. */
export const DEFAULT_RRSA = {
  roleARN: `acs:ram::${DEFAULT_ACCOUNT_ID}:role/job-reader`,
  oidcProviderARN: `acs:ram::${DEFAULT_ACCOUNT_ID}:oidc-provider/simulator`,
  oidcToken: 'simulator.oidc.token',
} as const;

const DEFAULT_ROLE = {
  roleName: 'job-reader',
  trustedAccounts: [DEFAULT_ACCOUNT_ID],
  trustedProviders: [DEFAULT_RRSA.oidcProviderARN],
  permissions: ['live:GetEdgeTranscodeJob', 'live:ListEdgeTranscodeJob'],
} as const;

/** One job in progress, one that ran before, and one that never did; one of each type. */
export const DEFAULT_SEED: Seed = {
  accounts: [
    {
      accountID: DEFAULT_ACCOUNT_ID,
      keys: [DEFAULT_KEY, DEFAULT_TEMPORARY_KEY],
      roles: [DEFAULT_ROLE],
    },
  ],
  oidcTokens: [{ token: DEFAULT_RRSA.oidcToken, providerARN: DEFAULT_RRSA.oidcProviderARN }],
  jobs: [
    {
      clusterID: DEFAULT_CLUSTER_ID,
      jobID: '5ad420b48fb04483915d4f2cd8ac0000',
      name: 'stream1-hd',
      type: 'common',
      status: '1',
      createTime: '2023-07-24T16:44:55Z',
      lastStartAt: '2023-07-25T02:48:58Z',
    },
    {
      clusterID: DEFAULT_CLUSTER_ID,
      jobID: '5ad420b48fb04483915d4f2cd8ac0001',
      name: 'stream2-narrowband',
      type: 'nbhd-2',
      status: '0',
      createTime: '2023-07-24T16:45:10Z',
      lastStartAt: '2023-07-25T02:48:58Z',
      lastStopAt: '2023-07-25T05:48:58Z',
    },
    {
      clusterID: DEFAULT_CLUSTER_ID,
      jobID: '5ad420b48fb04483915d4f2cd8ac0002',
      name: 'stream3-ultra',
      type: 'ultra-hd',
      status: '0',
      createTime: '2023-07-24T16:45:25Z',
    },
  ],
};
