/** A seed file is read as it is, or refused without a word of what is in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSeed } from './seed-file.ts';

describe('a seed file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'live-simulator-'));
  });
  after(() => rm(folder, { recursive: true }));

  const read = async (content: string) => {
    const path = join(folder, 'seed.json');
    await writeFile(path, content);
    return readSeed(path);
  };

  it('has accounts with keys and roles, OIDC tokens and jobs', async () => {
    const seed = {
      accounts: [
        {
          accountID: 'a',
          keys: [{ accessKeyID: 'k', accessKeySecret: 's' }],
          roles: [{ roleName: 'r', trustedAccounts: ['a'] }],
        },
      ],
      oidcTokens: [{ token: 't', providerARN: 'p' }],
      jobs: [{ clusterID: 'c' }],
    };
    expect(await read(JSON.stringify(seed))).to.deep.equal(seed);
  });

  it('may do without roles and tokens', async () => {
    const seed = { accounts: [{ accountID: 'a', keys: [] }], jobs: [] };
    expect(await read(JSON.stringify(seed))).to.deep.equal(seed);
  });

  for (const [content, why] of [
    ['"canary', 'this is not JSON'],
    ['{"accounts": "canary", "jobs": []}', 'accounts is not a list'],
    ['{"accounts": [{"accountID": "a", "keys": ["canary"]}], "jobs": []}', 'addKey takes no'],
    ['{"accounts": [{"accountID": "a", "keys": [], "roles": "canary"}], "jobs": []}', 'roles is not a list'],
    [
      '{"accounts": [{"accountID": "a", "keys": [], "roles": [{"externalID": "canary"}]}], "jobs": []}',
      'createRole needs roleName',
    ],
    ['{"accounts": [], "oidcTokens": [{"token": "canary"}], "jobs": []}', 'addOIDCToken needs providerARN'],
    ['{"accounts": [], "jobs": [{"clusterID": ["canary"]}]}', 'createJob takes clusterID as a string'],
  ] as const) {
    it(`is refused where ${why}`, async () => {
      const error = await read(content).catch((reason: unknown) => reason as Error);
      expect(error)
        .to.have.property('message')
        .that.contains(`seed.json: ${why}`)
        .and.does.not.contain('canary');
    });
  }
});
