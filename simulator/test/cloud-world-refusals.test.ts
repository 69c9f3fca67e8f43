/** A verb that cannot be done says why, whichever way in is taken, and repeats no secret. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID } from '../seed.ts';
import { throughEachWayIn } from './ways-in.ts';

const SECRET = 'a-secret-that-must-not-come-back';

throughEachWayIn('the cloud world', (enter) => {
  it('says what it cannot do', async () => {
    const { world } = enter();
    const wrongs: [Promise<unknown>, string][] = [
      [world.startJob({ jobID: 'none' }), 'There is no job none.'],
      [
        world.addKey({ accountID: 'none', accessKeyID: 'k', accessKeySecret: SECRET }),
        'There is no account none.',
      ],
      [
        world.addKey({
          accountID: DEFAULT_ACCOUNT_ID,
          accessKeyID: 'LTAIsimulator',
          accessKeySecret: SECRET,
        }),
        'already',
      ],
      [world.removeKey({ accessKeyID: 'none' }), 'There is no key none.'],
      [world.removeFault({ faultID: 'none' }), 'There is no fault none.'],
      [world.modifyRole({ roleARN: 'none' }), 'There is no role none.'],
      [world.createRole({ roleName: 'job-reader' }), 'already'],
      [world.createRole({ roleName: 'a/b' }), 'a/b is no name for a role'],
      [world.createRole({ roleName: 'r', accountID: 'none' }), 'There is no account none.'],
      [
        world.createRole({ roleName: 'r', maxSessionSeconds: 900 }),
        'maxSessionSeconds is a whole number from 3600',
      ],
      [world.createRole({ roleName: 'r', sessionSeconds: 0.5 }), 'sessionSeconds is a whole number from 0'],
      [world.removeOIDCToken({ token: SECRET }), 'There is no such token.'],
      [
        world.modifyOIDCToken({ token: SECRET, expiresAt: '2020-01-01T00:00:00Z' }),
        'There is no such token.',
      ],
      [world.createJobs({ clusterIDs: ['c'], count: 0 }), 'Jobs are 1 to 100000 at a time, not 0.'],
      [world.createJobs({ clusterIDs: [], count: 1 }), 'clusterIDs is an empty list.'],
      [world.startJobs({ jobIDs: [] }), 'Jobs are 1 to 100000 at a time, not 0.'],
      [world.createAccount({ accountID: DEFAULT_ACCOUNT_ID }), 'already'],
      [world.deny({ action: 'a', code: 'Nope' as 'Forbidden' }), 'not denied with the code Nope'],
      [
        world.modifyKey({ accessKeyID: 'LTAIsimulator', expiresAt: 'never' }),
        'expiresAt is not a time: never',
      ],
    ];
    for (const [done, why] of wrongs) {
      const error = await done.catch((reason: unknown) => reason as Error);
      expect(error).to.have.property('name', 'CloudWorldError');
      expect(error).to.have.property('message').that.contains(why).and.does.not.contain(SECRET);
    }
  });
});
