/**
 * `kubectl etj` before the real API server, operator and simulated cloud, in several contexts. With
 * PICTURES=1 it also draws the recording of the docs.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EdgeTranscodeJobSpec } from '../../../src/api/edge-transcode-job.ts';
import { widthOf } from '../../../src/companion/common/output.ts';
import type { Finding } from '../../../src/companion/doctor/findings.ts';
import { type CloudKey, createAccount, createJob, type JobIDs, noJob } from '../support/cloud-side.ts';
import { applyCrd } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';
import { secret, secretData } from '../support/user-side.ts';
import { is, job } from '../support/world.ts';
import { Etj, fieldsOf } from './etj.ts';
import { drawRecording, type Scene } from './recording/drawing.ts';

const COLUMNS = 168;

/** Where the shipped manifests install the operator, and `doctor` looks for its Lease. */
const LEASE_NAMESPACE = 'edge-transcode-system';

/** The namespace of objects that a test changes, and then removes. */
const CHANGING = 'changing';

/** A change is printed within a second of its observation; a busy machine takes many times as long. */
const PRINTED_WITHIN_MS = 30_000;

/** Whether the picture of the docs is replaced. */
const PICTURE = Boolean(process.env.PICTURES);

describe('kubectl etj', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: 'none', crd: false });
  let etj: Etj;
  let running: JobIDs;
  /** Must be in nothing that is printed. */
  const secrets = ['CANARY'];

  scene.setUp(async () => {
    const { world } = scene;
    etj = await Etj.installed(world);
    const config = (...args: string[]) => world.kubectl('config', ...args);
    await config('set-context', 'news', '--cluster=test', '--user=admin', '--namespace=news');
    await config('set-cluster', 'away', '--server=https://127.0.0.1:1');
    await config('set-context', 'away', '--cluster=away', '--user=admin');
    await world.kubectl('create', 'serviceaccount', 'guest');
    const token = await world.kubectl('create', 'token', 'guest');
    await config('set-credentials', 'guest', `--token=${token.trim()}`);
    await config('set-context', 'guest', '--cluster=test', '--user=guest');
  });

  it('says without the CRD what to install', async () => {
    const { code, stdout, stderr } = await etj.run('status');
    expect(stderr).to.contain('install the CRD: kubectl apply -f crds/');
    expect([code, stdout]).to.deep.equal([2, '']);
  });

  it('says without network which server it tried', async () => {
    const { code, stderr } = await etj.run('status', '--context=away');
    expect(stderr).to.equal(
      'error: the API server https://127.0.0.1:1 cannot be reached: ECONNREFUSED; check the network and --context\n',
    );
    expect(code).to.equal(2);
  });

  describe('with objects in two namespaces', () => {
    scene.setUp(async () => {
      const { world } = scene;
      await applyCrd(world.controlPlane);
      await world.kubectl('create', 'namespace', 'news');
      await world.kubectl('create', 'namespace', CHANGING);
      await world.kubectl('create', 'namespace', LEASE_NAMESPACE);
      running = await createJob(world, {
        name: '直播间 \u202e1',
        streamInput: 'rtmp://push.example.com/CANARY',
      });
      const stopped = await createJob(world, { name: 'stopped-hd', status: '0' });
      await world.apply(
        job('running', { ...running, interval: '24h' }),
        job('stopped', { ...stopped, expectedState: 'Running' }, 'news'),
        job('missing', noJob(), 'news'),
      );
      await world.operator({ args: ['--leader-elect', `--lease-namespace=${LEASE_NAMESPACE}`] });
      await world.until('running', (each) => is(each, 'Ready', 'True'));
      await world.until('stopped', (each) => is(each, 'AsExpected', 'False'), { namespace: 'news' });
      await world.until('missing', (each) => is(each, 'Ready', 'False'), { namespace: 'news' });
    });

    /** Runs a command on a terminal. */
    async function recorded(command: string): Promise<Scene> {
      const began = performance.now();
      const { stdout: written } = await etj.onTerminal(COLUMNS, command);
      return { command, written, seconds: (performance.now() - began) / 1_000 };
    }

    /** Refreshes the object on a terminal while its job does not run. */
    async function recordedChange(): Promise<Scene> {
      const { admin } = scene.world.cloud;
      await admin.stopJob(running);
      const change = await recorded('kubectl etj refresh running');
      await admin.startJob(running);
      await etj.run('refresh', 'running');
      return change;
    }

    /** Applies an object to the namespace of changes. Resolves once it is Ready. */
    async function changingObject(name: string, spec: Partial<EdgeTranscodeJobSpec>): Promise<void> {
      await scene.world.apply(job(name, { interval: '24h', ...spec }, CHANGING));
      await scene.world.until(name, (each) => is(each, 'Ready', 'True'), { namespace: CHANGING });
    }

    function removeAll(namespace: string): Promise<string> {
      return scene.world.kubectl('delete', 'etj', '--all', `--namespace=${namespace}`);
    }

    it('shows those of a namespace, with exit code 0 when all are fine', async () => {
      const { code, stdout, stderr } = await etj.run('status');
      const [head, line, ...others] = stdout.trimEnd().split('\n');
      expect(fieldsOf(head)).to.deep.equal([
        ...['NAME', 'PROBLEM', 'JOB', 'STATE', 'SINCE', 'OBSERVED', 'EXPECTED', 'REASON', 'MESSAGE'],
      ]);
      expect(fieldsOf(line).slice(0, 4)).to.deep.equal(['running', '-', '直播间 \uFFFD1', 'Running']);
      expect(others).to.deep.equal([]);
      expect(stderr).to.equal('1 object: 1 fine\n');
      expect(code).to.equal(0);
    });

    it('shows the worst of all namespaces first, with exit code 1', async () => {
      const { code, stdout, stderr } = await etj.run('status', '-A');
      const names = stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => fieldsOf(line).slice(0, 3));
      expect(names).to.deep.equal([
        ['news', 'stopped', 'NotAsExpected'],
        ['news', 'missing', 'NotReady'],
        ['default', 'running', '-'],
      ]);
      expect(stderr).to.equal('3 objects: 1 not as expected, 1 not ready, 1 fine\n');
      expect(code).to.equal(1);
    });

    it('takes the namespace from the context', async () => {
      const { stdout } = await etj.run('status', '--context=news', '-o=name');
      expect(stdout).to.equal(
        'edgetranscodejob.edgetranscode.live/stopped\nedgetranscodejob.edgetranscode.live/missing\n',
      );
      expect((await etj.run('status', '--context=news', '-n=default', '-o=name')).stdout).to.equal(
        'edgetranscodejob.edgetranscode.live/running\n',
      );
    });

    it('gives the same as data, without streams and without what a terminal obeys', async () => {
      const { stdout } = await etj.run('status', '-A', '-o=json');
      const { items } = JSON.parse(stdout);
      expect(
        items.map(({ name, problem, alarming }: Record<string, unknown>) => [name, problem, alarming]),
      ).to.deep.equal([
        ['stopped', 'NotAsExpected', true],
        ['missing', 'NotReady', true],
        ['running', 'None', false],
      ]);
      expect(items[2].jobName).to.equal('直播间 \uFFFD1');
      expect(stdout).to.not.contain('\u202e').and.not.contain('CANARY');
      expect((await etj.run('status', '-o=yaml')).stdout).to.contain('    jobName: ');
    });

    it('says without permissions which role to ask for', async () => {
      const { code, stderr } = await etj.run('status', '--context=guest');
      expect(stderr).to.equal(
        'error: you may not list edgetranscodejobs in namespace default; ask for the ClusterRole edge-transcode-job-operator-viewer\n',
      );
      expect(code).to.equal(2);
    });

    it('colours problems on a terminal only, where the line ends with it', async () => {
      const { written: coloured } = await recorded('kubectl etj status -A');
      const plain = await etj.onTerminal(COLUMNS, 'NO_COLOR=1 kubectl etj status -A');
      expect(coloured).to.contain('\u001b[31m');
      expect(plain.stdout).to.contain('NotReady').and.not.contain('\u001b');
      expect(plain.stdout).to.contain('credentialsRef');
      for (const each of plain.stdout.trimEnd().split('\r\n')) expect(widthOf(each)).to.be.at.most(COLUMNS);
    });

    it('refreshes an object that is due tomorrow, and shows what changed', async () => {
      const { written } = await recordedChange();
      expect(written).to.equal('default/running Running -> NotStarted\r\n');
    });

    it('refreshes all objects', async () => {
      const { code, stdout } = await etj.run('refresh', '--all', '-A');
      expect(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.split(';')[0]),
      ).to.have.members([
        'default/running Running (unchanged)',
        'news/stopped NotStarted (unchanged)',
        'news/missing NotFound (unchanged)',
      ]);
      expect(code).to.equal(0);
    });

    it('refuses to refresh what is not there', async () => {
      const { code, stderr } = await etj.run('refresh', 'running', 'absent');
      expect(stderr).to.equal('error: there is no EdgeTranscodeJob default/absent\n');
      expect(code).to.equal(2);
    });

    let key: CloudKey;
    let cloud: string[];
    let roleARN: string;

    scene.setUp(async () => {
      const { world } = scene;
      key = await createAccount(world);
      secrets.push(key.accessKeySecret);
      const { accountID } = key;
      ({ roleARN } = await world.cloud.admin.createRole({
        accountID,
        roleName: 'reader',
      }));
      cloud = [`--endpoint=${world.cloud.endpoint}`, `--sts-endpoint=${world.cloud.stsEndpoint}`];
      await world.kubectl('create', 'namespace', 'imported');
      const away = 'http://127.0.0.1:1';
      await world.apply(
        ...['default', 'imported'].map((each) => secret('key', secretData(key), each)),
        secret('role', { ...secretData(key), roleARN, endpoint: away }, 'imported'),
      );
      for (const name of ['直播间', 'Main HD', 'referenced'])
        await createJob(world, { name, accountID, clusterID: 'imported-cluster' });
    });

    async function checked(variables: NodeJS.ProcessEnv, ...args: string[]) {
      const { code, stdout } = await etj.runWith(variables, 'doctor', ...args, '-o=json');
      const { items } = JSON.parse(stdout) as { items: Finding[] };
      return { code, found: new Map(items.map((each) => [each.check, each])) };
    }

    it('says by doctor what is well', async () => {
      const { code, found } = await checked({}, '--secret=key', ...cloud, '--cluster=imported-cluster');
      for (const check of [
        ...['API server', 'clock', 'CRD', 'you may list', 'you may create', 'watch', 'objects'],
        ...['credentials', 'STS', 'Live'],
      ])
        expect(found.get(check), check).to.include({ verdict: 'ok' });
      expect(found.get('CRD')?.text).to.match(/created \d+s ago$/);
      expect(found.get('watch')?.text).to.equal('events come at once');
      expect(found.get('STS')?.text).to.contain(`of account ${key.accountID}`);
      expect(found.get('Live')?.text).to.contain('lists 3 jobs');
      expect(found.get('leader')?.text).to.contain(' leads, and renewed its Lease');
      expect(code).to.equal(0);
    });

    it('checks by doctor the credentials of the environment, and without any says so', async () => {
      const { accessKeyID, accessKeySecret } = key;
      const good = {
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyID,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
      };
      const [of, wrong, half, none] = await Promise.all([
        checked(good, ...cloud),
        checked({ ...good, ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'another' }, ...cloud),
        checked({ ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyID }, ...cloud),
        checked({}),
      ]);
      expect(of.found.get('credentials')?.text).to.contain('ALIBABA_CLOUD_ACCESS_KEY_ID of the environment');
      expect(of.found.get('STS')).to.include({ verdict: 'ok' });
      expect(of.found.get('Live')).to.include({ verdict: 'skipped' });
      expect(wrong.found.get('STS')?.text).to.contain('did not accept the credentials of the environment');
      expect(half.found.get('credentials')).to.include({ verdict: 'wrong' });
      expect(none.found.get('credentials')).to.include({ verdict: 'skipped' });
    });

    it('says by doctor what a guest may not do', async () => {
      const { code, found } = await checked({}, '--context=guest', '--lease-name=another');
      expect(found.get('you may list')).to.include({ verdict: 'wrong' });
      expect(found.get('CRD')).to.include({ verdict: 'skipped' });
      expect(found.get('leader')).to.include({ verdict: 'unknown' });
      expect(code).to.equal(1);
    });

    const imported = (...args: string[]) => etj.run('import', 'imported-cluster', '-n=imported', ...args);

    it('imports the jobs of a cluster once, also those with Chinese names', async () => {
      const dry = await imported('--secret=key', ...cloud, '-o=json');
      expect(dry.stderr)
        .to.contain('3 jobs in cluster imported-cluster: 0 have an object')
        .and.contain('180 days');
      const { items } = JSON.parse(dry.stdout);
      const names = items.map(({ metadata }: { metadata: { name: string } }) =>
        metadata.name.replace(/-[0-9a-f]{12}$/, ''),
      );
      expect(names).to.have.members(['job', 'main-hd', 'referenced']);
      expect(await etj.run('status', '-n=imported', '-o=name')).to.include({ stdout: '' });
      const applied = await imported('--secret=key', ...cloud, '--apply');
      expect(applied.stdout.match(/ created$/gm)).to.have.lengthOf(3);
      const again = await imported('--secret=key', ...cloud, '--apply');
      expect(again.stdout).to.equal('');
      expect(again.stderr).to.contain('3 have an object in namespace imported, 0 have none');
      await removeAll('imported');
    });

    it('imports with the role of a Secret, and asks before it uses an endpoint of a Secret', async () => {
      const { admin } = scene.world.cloud;
      const refused = await imported('--secret=role', cloud[1] as string);
      expect(refused.stderr).to.equal(
        "error: Secret imported/role names the endpoint http://127.0.0.1:1, which is not the cloud's own; if you trust it, repeat with --endpoint=http://127.0.0.1:1\n",
      );
      expect(refused.code).to.equal(2);
      const { code, stderr } = await imported('--secret=role', ...cloud);
      expect(stderr).to.contain('3 jobs in cluster imported-cluster');
      expect(code).to.equal(0);
      expect(await admin.sessions({ roleARN })).to.have.lengthOf(1);
      await admin.modifyRole({ roleARN, trusted: false });
      const untrusted = await imported('--secret=role', ...cloud);
      expect(untrusted.stderr).to.contain('the role may not be assumed');
    });

    it('completes commands, options, and names from the cluster', async () => {
      const [commands, objects, everywhere, namespaces, contexts, formats] = await Promise.all([
        etj.completed('re'),
        etj.completed('refresh', '-n', 'news', ''),
        etj.completed('refresh', '-A', 'default/'),
        etj.completed('status', '--namespace', 'ne'),
        etj.completed('status', '--context', ''),
        etj.completed('doctor', '-o', ''),
      ]);
      expect(commands[0]).to.match(/^refresh\tRequest an observation/);
      expect(objects).to.deep.equal(['missing', 'stopped', ':4']);
      expect(everywhere).to.deep.equal(['default/running', ':4']);
      expect(namespaces).to.deep.equal(['news', ':4']);
      expect(contexts).to.include.members(['news', 'away', 'guest']);
      expect(formats).to.deep.equal(['table', 'json', 'yaml', ':4']);
      // Nothing that goes wrong disturbs the user's line.
      expect(await etj.completed('status', '--context', 'away', '-n', '')).to.deep.equal([':4']);
    });

    it('ends quietly when the reader of its pipe ends', async () => {
      const { stderr } = await etj.inShell('kubectl etj status -A -o json 2>&1 | true');
      expect(stderr).to.equal('');
    });

    it('prints changes as they come, and ends with the state at its end', async () => {
      const ids = await createJob(scene.world);
      await changingObject('followed', ids);
      const following = await etj.start('status', '--watch', `-n=${CHANGING}`);
      await following.printed(/1 object: 1 fine/);
      await changingObject('followed', { ...ids, expectedState: 'NotStarted' });
      await following.printed(/^followed +NotAsExpected /m, PRINTED_WITHIN_MS);
      following.kill('SIGINT');
      expect((await following.exited).code).to.equal(1);
      await removeAll(CHANGING);
    });

    it('says of a suspended object that no refresh wakes it', async () => {
      await changingObject('suspended', { suspend: true });
      const { code, stderr } = await etj.run('refresh', 'suspended', `-n=${CHANGING}`);
      expect(stderr).to.contain('changing/suspended is suspended');
      expect(code).to.equal(1);
      await removeAll(CHANGING);
    });

    it('gives up waiting after the timeout', async () => {
      const operator = scene.world.operators[0]?.process;
      operator?.kill('SIGSTOP');
      const { code, stderr } = await etj.run('refresh', 'stopped', '-n=news', '--timeout=300ms');
      operator?.kill('SIGCONT');
      expect(stderr).to.contain('news/stopped was not observed within 0.3s');
      expect(code).to.equal(1);
    });

    it('draws its recording', async () => {
      // The picture is shown where nothing explains U+FFFD.
      await scene.world.cloud.admin.modifyJob({ ...running, name: '直播间 1' });
      await etj.run('refresh', 'running');
      const scenes = [await recorded('kubectl etj status -A'), await recordedChange()];
      if (PICTURE)
        for (const command of ['doctor', 'budget -A']) scenes.push(await recorded(`kubectl etj ${command}`));
      const drawing = drawRecording(scenes, COLUMNS);
      expect(drawing)
        .to.contain('>kubectl etj status -A<')
        .and.contain('>直播间<')
        .and.contain('class="red"');
      expect(drawing).to.contain('default/running Running -&gt; NotStarted');
      if (PICTURE)
        await writeFile(join(import.meta.dirname, '../../../docs/images/kubectl-etj.svg'), drawing);
    });

    it('has printed no key and no stream in all this', async () => {
      await etj.run('status', '-A', '-o=yaml');
      await etj.run('refresh', 'running');
      expect(etj.written).to.contain('default/running');
      for (const each of secrets) expect(etj.written).to.not.contain(each);
    });
  });
});
