// One budget and one circuit for each credential, while it is in use.

import { expect } from 'chai';
import type { Credential } from '../../../src/cloud/secret-credential.ts';
import { Sessions } from '../../../src/cloud/sessions.ts';
import { FakeClock } from '../kit/fake-clock.ts';

const REFUSED = { kind: 'AuthenticationFailed', message: 'not this key' } as const;
const WANTED = new AbortController().signal;
const MINUTE = 60_000;

function credential(identity: string, version = 'one'): Credential {
  return { identity, version, accessKey: { accessKeyID: 'id', accessKeySecret: 'secret' } };
}

describe('sessions', () => {
  let clock: FakeClock;
  let sessions: Sessions;
  beforeEach(() => {
    clock = new FakeClock();
    sessions = new Sessions({ callsPerMinute: 60, clock });
  });
  afterEach(() => {
    for (const [, { budget }] of sessions) budget.close();
  });

  it('are one for each credential, and the same for the same', () => {
    const session = sessions.of(credential('media/a'));
    expect(sessions.of(credential('media/a'))).to.equal(session);
    expect(sessions.of(credential('media/b')).circuit).not.to.equal(session.circuit);
    expect(sessions.of(credential('media/b')).budget).not.to.equal(session.budget);
    expect([...sessions].map(([identity]) => identity)).to.deep.equal(['media/a', 'media/b']);
  });

  it('try a changed Secret anew, on the same budget', async () => {
    const { circuit, budget } = sessions.of(credential('media/a'));
    const entrance = await circuit.enter(WANTED);
    if ('pass' in entrance) circuit.failed(entrance.pass, REFUSED);
    expect(await sessions.of(credential('media/a')).circuit.enter(WANTED)).to.have.property('refused');
    const changed = sessions.of(credential('media/a', 'two'));
    expect(await changed.circuit.enter(WANTED)).to.have.property('pass');
    expect(changed.budget).to.equal(budget);
    expect(changed.version).to.equal('two');
  });

  it('are forgotten when nobody has used them for long, unless somebody waits', async () => {
    const { budget } = sessions.of(credential('media/waiting'));
    const nothing = { ready: () => true, call: async () => undefined, dismissed: () => undefined };
    budget.add({ lane: 'due', deadline: 0, withdrawn: false, waitingSince: 0, ...nothing });
    sessions.of(credential('media/unused'));
    await clock.advance(6 * MINUTE);
    sessions.of(credential('media/used'));
    await clock.advance(6 * MINUTE);
    sessions.of(credential('media/new'));
    expect([...sessions].map(([identity]) => identity)).to.deep.equal([
      'media/waiting',
      'media/used',
      'media/new',
    ]);
  });
});
