/** Sessions are bounded in memory: the oldest are forgotten. */
import { expect } from 'chai';
import { Accounts } from '../accounts/accounts.ts';
import { Roles } from '../accounts/roles.ts';
import { StsSessions } from './sts-sessions.ts';

describe('the sessions that STS issued', () => {
  it('are the newest 10,000, also where a verb removed the key of an older one', () => {
    const accounts = new Accounts();
    const role = new Roles().create(accounts.create({ accountID: 'a' }), { roleName: 'r' });
    const sessions = new StsSessions(accounts);
    const issue = () => sessions.issue(role, 'session', 900, 0);
    const [first, second, third] = [issue(), issue(), issue()];
    accounts.removeKey(first.accessKeyID);
    for (let session = 0; session < 9_999; session++) issue();
    expect(sessions.list()).to.have.length(10_000);
    expect(accounts.findKey(second.accessKeyID)).to.equal(undefined);
    expect(accounts.findKey(third.accessKeyID)).to.equal(third);
    expect(sessions.list()[0]).to.include({ accessKeyID: third.accessKeyID });
  });
});
