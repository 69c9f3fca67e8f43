/** The admin port explains itself, takes the verbs over HTTP, and refuses what is none. */
import { expect } from 'chai';
import { DEFAULT_CLUSTER_ID } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { type AdminServer, startAdmin } from './admin.ts';
import { VERBS } from './verbs.ts';

const SECRET = 'a-secret-that-must-not-come-back';

describe('the admin port', () => {
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
      ['faults', '{"since": 1}', 'faults takes no since; it takes nothing.'],
      ['startJobs', '{"jobIDs": "j"}', 'startJobs takes jobIDs as a list of strings.'],
      ['startJobs', '{"jobIDs": ["j", 5]}', 'startJobs takes jobIDs as a list of strings.'],
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
