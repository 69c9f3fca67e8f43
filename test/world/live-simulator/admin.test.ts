/** The admin port does all that the verbs do in the same process, and says so. */
import { expect } from 'chai';
import { type AdminServer, startAdmin } from './admin.ts';
import { AdminClient } from './admin-client.ts';
import type { CloudWorld } from './cloud-world.ts';
import { DEFAULT_ACCOUNT_ID, DEFAULT_CLUSTER_ID } from './seed.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { callWithSdk, knock, NEVER_STARTED_JOB_ID, queryOf, RUNNING_JOB_ID } from './test-client.ts';
import { VERBS } from './verbs.ts';

const SECRET = 'a-secret-that-must-not-come-back';

let simulator: Simulator;
let admin: AdminServer;
before(async () => {
  simulator = await startSimulator();
  admin = await startAdmin(simulator);
});
after(async () => {
  await admin.close();
  await simulator.close();
});

const waysIn: Record<string, () => CloudWorld> = {
  'in the same process': () => simulator,
  'over the admin port': () => new AdminClient(admin.url),
};

for (const [way, enter] of Object.entries(waysIn)) {
  describe(`the cloud world, ${way}`, () => {
    let world: CloudWorld;
    beforeEach(async () => {
      world = enter();
      await world.reset();
    });

    it('makes, starts, stops, changes, lists and removes jobs', async () => {
      const made = await world.createJob({ clusterID: 'c', jobID: 'j', name: 'made', type: 'ultra-hd' });
      expect(made).to.include({ clusterID: 'c', jobID: 'j', accountID: DEFAULT_ACCOUNT_ID, status: '0' });
      expect(await world.startJob({ jobID: 'j' })).to.include({ status: '1' });
      expect(await world.stopJob({ clusterID: 'c', jobID: 'j' })).to.include({ status: '0' });
      expect(await world.modifyJob({ jobID: 'j', name: 'changed' })).to.include({ name: 'changed' });
      expect((await world.jobs({ clusterID: 'c' })).map(({ jobID }) => jobID)).to.deep.equal(['j']);
      await world.removeJob({ jobID: 'j' });
      expect(await world.jobs({ clusterID: 'c' })).to.deep.equal([]);
      expect(await world.jobs()).to.have.length(3);
    });

    it('makes accounts and keys that can call, and takes them away', async () => {
      const credentials = { accessKeyID: 'STS.new', accessKeySecret: SECRET, securityToken: 'token' };
      const codeOf = async () => (await callWithSdk(simulator, { credentials, query: queryOf('none') })).code;
      await world.createAccount({ accountID: 'new', callsPerMinute: 4 });
      await world.addKey({ accountID: 'new', ...credentials, expiresAt: '2999-01-01T00:00:00Z' });
      expect(await codeOf()).to.equal('JobNotFound');
      await world.deny({ action: 'GetEdgeTranscodeJob', accountID: 'new', code: 'Forbidden.RAM' });
      expect(await codeOf()).to.equal('Forbidden.RAM');
      await world.allow({});
      await world.modifyAccount({ accountID: 'new', enabled: false });
      expect(await codeOf()).to.equal('OperationDenied');
      await world.spendQuota({ accountID: 'new', calls: 1 });
      expect(await codeOf()).to.equal('Throttling.User');
      await world.modifyKey({ accessKeyID: 'STS.new', active: false });
      expect(await codeOf()).to.equal('InvalidAccessKeyId.Inactive');
      await world.removeKey({ accessKeyID: 'STS.new' });
      expect(await codeOf()).to.equal('InvalidAccessKeyId.NotFound');
    });

    it('sets faults, lists and removes them', async () => {
      const { faultID } = await world.addFault({ kind: 'body', body: { Job: null }, jobID: 'j', calls: 2 });
      expect(await world.faults()).to.deep.equal([
        { kind: 'body', body: { Job: null }, jobID: 'j', calls: 2, faultID },
      ]);
      await world.removeFault({ faultID });
      await world.addFault({ kind: 'hang' });
      await world.clearFaults();
      expect(await world.faults()).to.deep.equal([]);
    });

    it('counts calls, waits for them and forgets them', async () => {
      const waiting = world.awaitCalls({ count: 1 });
      await callWithSdk(simulator);
      expect((await waiting).calls).to.have.length(1);
      expect((await world.calls({ limit: 1 })).calls[0]).to.include({ jobID: RUNNING_JOB_ID, code: 'OK' });
      expect((await world.counts()).byOperation).to.deep.equal({ GetEdgeTranscodeJob: { OK: 1 } });
      await world.resetCounts();
      expect((await world.counts()).calls).to.equal(0);
      const { calls } = await world.awaitCalls({ count: 1, milliseconds: 1 });
      expect(calls).to.deep.equal([]);
    });

    it('refuses and accepts connections', async () => {
      await world.refuseConnections();
      expect(await knock(simulator.url)).to.equal('ECONNREFUSED');
      await world.acceptConnections();
      expect(await knock(simulator.url)).to.equal(400);
    });

    it('is as it was at the start after a reset', async () => {
      await world.createAccount({ accountID: 'new' });
      await world.removeJob({ jobID: RUNNING_JOB_ID });
      await world.startJob({ jobID: NEVER_STARTED_JOB_ID });
      await world.addFault({ kind: 'hang' });
      await world.deny({ action: 'GetEdgeTranscodeJob' });
      await world.refuseConnections();
      await world.reset();
      expect(await world.jobs()).to.have.length(3);
      expect((await callWithSdk(simulator)).code).to.equal('OK');
      expect((await callWithSdk(simulator, { query: queryOf(NEVER_STARTED_JOB_ID) })).body.Job).to.include({
        Status: '0',
      });
      await world.createAccount({ accountID: 'new' });
    });

    it('says what it cannot do', async () => {
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
}

describe('the admin port', () => {
  const post = async (verb: string, body: string) => {
    const answer = await fetch(`${admin.url}/${verb}`, { method: 'POST', body });
    return { status: answer.status, text: await answer.text() };
  };

  it('explains itself, every verb and every argument', async () => {
    const text = await (await fetch(admin.url)).text();
    for (const [verb, { takes }] of Object.entries(VERBS)) {
      expect(text).to.contain(`\n  ${verb}: `);
      for (const name of Object.keys(takes)) expect(text).to.match(new RegExp(`[ [,]${name}[\\],\\n]`));
    }
    expect(text).to.contain(`curl ${admin.url}/jobs`);
  });

  it('takes a verb without arguments by GET', async () => {
    const jobs = (await (await fetch(`${admin.url}/jobs`)).json()) as { clusterID: string }[];
    expect(jobs.map(({ clusterID }) => clusterID)).to.include(DEFAULT_CLUSTER_ID);
  });

  it('answers 404 for a verb that does not exist', async () => {
    for (const verb of ['nonsense', 'constructor', '__proto__', 'close']) {
      expect(await post(verb, '{}')).to.include({ status: 404 });
    }
  });

  it('answers 400 for arguments that a verb does not take, does not get or that are of another type', async () => {
    for (const [verb, body, why] of [
      ['startJob', '{}', 'startJob needs jobID.'],
      ['startJob', '{"jobID": 5}', 'startJob takes jobID as a string.'],
      ['startJob', '{"jobID": "j", "force": true}', 'startJob takes no force; it takes [clusterID], jobID.'],
      ['startJob', '["j"]', 'Arguments are one JSON object.'],
      ['startJob', 'null', 'Arguments are one JSON object.'],
      ['counts', '{"since": 1}', 'counts takes no since; it takes nothing.'],
    ] as const) {
      expect(await post(verb, body)).to.deep.equal({
        status: 400,
        text: `${JSON.stringify({ error: why })}\n`,
      });
    }
  });

  it('repeats no secret that it was sent wrongly', async () => {
    for (const body of [
      `{"accessKeySecret": "${SECRET}"}`,
      `{"accessKeySecret": "${SECRET}`,
      `{"accessKeySecret": ["${SECRET}"]}`,
    ]) {
      const { status, text } = await post('addKey', body);
      expect(status).to.equal(400);
      expect(text).not.to.contain(SECRET);
    }
  });
});
