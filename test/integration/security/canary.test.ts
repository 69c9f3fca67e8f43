/**
 * Secrets stay secret: the operator's own keys, keys in Secrets, and the queries of stream URLs appear in no
 * log, status, event, metric or error, whatever fails and however much is logged. The tests use recognizable
 * secrets and search for them everywhere.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Operator } from '../../world/operator.ts';
import { freePort } from '../../world/processes/ports.ts';
import { canary, findCanaries } from '../support/canaries.ts';
import { breakCalls, createJob, type JobIDs, noJob, ONE_BY_ONE } from '../support/cloud-side.ts';
import { install, OPERATOR } from '../support/installed.ts';
import { KEY, ROLE, STREAM_URLS, TROUBLES } from '../support/scenarios/canary-failures.ts';
import { useWorld } from '../support/use-world.ts';
import { requestRefresh, secret } from '../support/user-side.ts';
import { is, job, type Shown, type World } from '../support/world.ts';

const ACCOUNT_ID = '1000000000000001';

/** The key IDs and security tokens of sessions, as the simulated STS makes them. */
const SESSION = /\bSTS\.[\w-]{20}|\bCAIS[\w+/]{40}/;

describe('secrets', function () {
  this.timeout(120_000);
  let closedPort: number;
  let kubeconfig: string;
  let token: string;
  /** What becomes of each object, by name. */
  const outcomes = new Map<string, Promise<Shown>>();
  let left: Left;
  const scene = useWorld({
    prepare: async (world) => {
      closedPort = await freePort();
      kubeconfig = await installWithSecrets(world);
      token = await tokenOf(kubeconfig);
      await world.cloud.admin.addKey({ ...KEY, accountID: ACCOUNT_ID });
      const { roleARN, externalID } = ROLE;
      await world.cloud.admin.modifyRole({ roleARN, externalID });
    },
    operator: () => ({ kubeconfig, ...withOwnKey() }),
  });

  scene.setUp(async () => {
    const { world } = scene;
    for (const [name, { fault, secret, reason }] of Object.entries(TROUBLES)) {
      const ids = await createJob(world, STREAM_URLS);
      if (fault) await breakCalls(world, ids, fault);
      await applyJob(name, ids, secret);
      expectFailing(name, reason);
    }
    await applyJob('own', await createJob(world, STREAM_URLS));
    await applyJob('secret', await createJob(world, STREAM_URLS), {});
    await applyJob('role', await createJob(world, STREAM_URLS), ROLE);
    for (const name of ['own', 'secret', 'role'])
      outcomes.set(
        name,
        world.until(name, (each) => is(each, 'Ready', 'True')),
      );
    await applyJob('closed-port', await createJob(world), { endpoint: `https://127.0.0.1:${closedPort}` });
    expectFailing('closed-port', 'ConnectionFailed');
    await applyJob('unknown-job', noJob(), { regionID: canary('region') });
    expectFailing('unknown-job', 'JobNotFound');
    // The test of each says if it did not come.
    await Promise.allSettled(outcomes.values());
    for (const name of ['own', 'secret', 'wrong-secret', 'denied']) {
      await requestRefresh(world, name, 'again');
      await world.until(name, ({ status }) => status.lastHandledRequestedAt === 'again');
    }
    left = await leave();
  });

  describe('while the operator uses them', () => {
    it('observes with its own key', async () => {
      const { status } = await outcomeOf('own');
      expect(status.job?.streamInput).to.equal(
        'rtmp://REDACTED@push.example.com/app/a?auth_key=REDACTED&x=REDACTED',
      );
      expect(status.job?.streamOutput).to.equal('rtmp://play.example.com/app/a?auth_key=REDACTED');
    });

    it('observes with the key of a Secret', async () => {
      await outcomeOf('secret');
      const calls = await scene.world.cloud.admin.calls();
      expect(calls.calls.some(({ accessKeyID }) => accessKeyID === KEY.accessKeyID)).to.equal(true);
    });

    it('observes with a role, which it assumes with the key of a Secret', async () => {
      await outcomeOf('role');
      const [session] = await scene.world.cloud.admin.sessions();
      expect(session?.roleSessionName).to.equal(ROLE.roleSessionName);
    });

    for (const [name, { reason }] of Object.entries(TROUBLES))
      it(`meets ${reason} (${name})`, () => outcomeOf(name));

    it('meets a closed port, at the endpoint of a Secret', () => outcomeOf('closed-port'));

    it('meets an unknown job, in the region of a Secret', () => outcomeOf('unknown-job'));
  });

  describe('are found nowhere', () => {
    it('in what kubectl shows', () => {
      for (const each of left.shown) none(each, 'wrong-secret');
    });

    it('in events', () => {
      none(left.events, 'AuthenticationFailed');
    });

    it('in anything that was ever written to the API server', () => {
      none(left.audited, '"streamInput":"rtmp://REDACTED@');
    });

    it('in the metrics', () => {
      none(left.metrics, 'code="SignatureDoesNotMatch"');
    });

    it('in what the simulated cloud prints', () => {
      none(scene.world.cloud.process.output(), 'endpoint');
    });

    it('in the log, down to debug, up to its last line', () => {
      const output = scene.operator.process.output();
      for (const { reason } of Object.values(TROUBLES)) expect(output).to.contain(`"kind":"${reason}"`);
      none(output, '"msg":"a call failed"');
      none(output, '"msg":"stopped"');
    });
  });

  describe('in stream URLs with --stream-urls=full', () => {
    let operator: Operator;

    before(async () => {
      const own = withOwnKey();
      operator = await scene.world.operator({
        kubeconfig,
        ...own,
        args: [...own.args, '--stream-urls=full'],
      });
    });

    it('are in the status fields of the URLs, and nowhere else, even when the API server quotes a status', async () => {
      const shown = await scene.world.until(
        'own',
        ({ status }) => status.job?.streamInput === STREAM_URLS.streamInput,
      );
      expect(findCanaries(JSON.stringify(shown))).not.to.deep.equal([]);
      const { streamInput: _in, streamOutput: _out, ...job } = shown.status.job ?? {};
      none(JSON.stringify({ ...shown, status: { ...shown.status, job } }), 'ObservationSucceeded');
      const { world } = scene;
      const rejected = /"the API server rejects the status/;
      const { jobID } = (await world.get('own')).spec;
      await refuseStreamURLs(world);
      await world.cloud.admin.modifyJob({ jobID, streamInput: `${STREAM_URLS.streamInput}&y=2` });
      await operator.process.printed(rejected);
      none(await operator.metrics(), 'edgetranscode_status_writes_total{result="rejected"} 1');
      none(await world.kubectl('get', 'events', '--all-namespaces', '-o', 'json'), 'JobFound');
      await operator.process.stop();
      none(operator.process.output(), 'the API server rejects the status');
    });
  });

  describe('would be found by these checks', () => {
    for (const [form, text] of Object.entries({
      'as they are': KEY.accessKeySecret,
      'in part': `${KEY.accessKeySecret.slice(0, 20)}****`,
      'in capitals': KEY.accessKeyID.toUpperCase(),
      'in Base64': Buffer.from(`{"secret":"${KEY.accessKeySecret}"}`).toString('base64'),
      'in hexadecimal': Buffer.from(KEY.accessKeySecret).toString('hex'),
    }))
      it(form, () => expect(findCanaries(`… ${text} …`)).not.to.deep.equal([]));

    it('in a Secret as kubectl shows it', async () => {
      const shown = await scene.world.kubectl('get', 'secret', 'secret', '-o', 'jsonpath={.data}');
      expect(findCanaries(shown)).to.have.lengthOf.at.least(2 * Object.keys(KEY).length);
    });
  });

  /** @param evidence that this is the text that it is meant to be */
  function none(text: string, evidence: string): void {
    expect(text).to.contain(evidence);
    expect(findCanaries(text)).to.deep.equal([]);
    expect(text.includes(token), "the service account's token").to.equal(false);
    expect(SESSION.test(text), 'a key or a token of a session').to.equal(false);
  }

  /** The operator's, of a service account that may read Secrets. */
  function withOwnKey() {
    return {
      args: ['--log-level=debug', `--allowed-endpoints=*.aliyuncs.com,127.0.0.1:${closedPort}`, ONE_BY_ONE],
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.accessKeyID,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.accessKeySecret,
        ALIBABA_CLOUD_SECURITY_TOKEN: KEY.securityToken,
        EDGETRANSCODE_SECRET: canary('Misnamed'),
      },
    };
  }

  /** @param data of a Secret of its own, besides the key; undefined: it has none */
  async function applyJob(name: string, ids: JobIDs, data?: Readonly<Record<string, string>>): Promise<void> {
    if (!data) return scene.world.apply(job(name, ids));
    const reference = { ...ids, credentialsRef: { name } };
    return scene.world.apply(secret(name, { ...KEY, ...data }), job(name, reference));
  }

  function expectFailing(name: string, reason: string): void {
    outcomes.set(
      name,
      scene.world.until(name, (each) => is(each, 'Ready', 'False', reason)),
    );
  }

  function outcomeOf(name: string): Promise<Shown> {
    return outcomes.get(name) ?? Promise.reject(new Error(`there is no object ${name}`));
  }

  /** Stops the operator. Returns what others show of it, before the operator of another test adds to it. */
  async function leave(): Promise<Left> {
    const { world, operator } = scene;
    const metrics = await operator.metrics();
    await operator.process.stop();
    const all = ['etj', '--all-namespaces'];
    return {
      metrics,
      shown: [
        ...(await Promise.all(
          ['json', 'yaml', 'wide'].map((format) => world.kubectl('get', ...all, '-o', format)),
        )),
        await world.kubectl('describe', ...all),
      ],
      events: await world.kubectl('get', 'events', '--all-namespaces', '-o', 'json'),
      audited: JSON.stringify(await world.controlPlane.auditEvents()),
    };
  }
});

/** What an operator leaves behind besides its log, as text. */
interface Left {
  /** The objects, in each format. */
  readonly shown: readonly string[];
  readonly events: string;
  /** All requests to the API server. */
  readonly audited: string;
  readonly metrics: string;
}

async function installWithSecrets(world: World): Promise<string> {
  const kubeconfig = await install(world.controlPlane);
  const { namespace, name } = OPERATOR;
  const account = `--serviceaccount=${namespace}:${name}`;
  await world.kubectl('create', 'role', 'reads-secrets', '--verb=get', '--resource=secrets');
  await world.kubectl('create', 'rolebinding', 'reads-secrets', '--role=reads-secrets', account);
  return kubeconfig;
}

async function tokenOf(kubeconfig: string): Promise<string> {
  return parse(await readFile(kubeconfig, 'utf8')).users[0].user.token;
}

/**
 * Makes every stream URL invalid. Resolves when the API server refuses a stream URL and quotes it.
 */
async function refuseStreamURLs(world: World): Promise<void> {
  const path =
    '/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/job/properties/streamInput/pattern';
  const patch = JSON.stringify([{ op: 'add', path, value: '^never$' }]);
  await world.kubectl(
    'patch',
    'crd',
    'edgetranscodejobs.edgetranscode.live',
    '--type=json',
    `--patch=${patch}`,
  );
  const status = JSON.stringify({ status: { job: { streamInput: canary('Refused') } } });
  const write = [
    'patch',
    'etj',
    'secret',
    '--subresource=status',
    '--type=merge',
    `--patch=${status}`,
    '--dry-run=server',
  ];
  await world.eventually('a refusal that repeats the value', async () => {
    const { stderr } = await world.controlPlane.kubectl(...write);
    return findCanaries(stderr).length > 0 ? true : undefined;
  });
}
