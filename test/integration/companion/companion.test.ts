/** `kubectl etj` before the real API server, operator and simulated cloud, in several contexts. */
import { expect } from 'chai';
import type { Finding } from '../../../src/companion/findings.ts';
import { createAccount, createJob, type JobIDs, noJob } from '../support/cloud-side.ts';
import { applyCrd } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';
import { changeSpec, secret, secretData } from '../support/user-side.ts';
import { CLUSTER_ID, is, job } from '../support/world.ts';
import { Etj, fieldsOf } from './etj.ts';

describe('kubectl etj', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: 'none', crd: false });
  let etj: Etj;
  let running: JobIDs;

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

  for (const [what, args, complaint] of [
    ['an unknown context', ['status', '--context=none'], 'it has no context none'],
    ['an unknown command', ['statsu'], "unknown command 'statsu'"],
    ['an unknown format', ['status', '-o', 'xml'], 'Allowed choices are'],
    ['nothing to refresh', ['refresh'], 'name objects, or use --all'],
  ] as const)
    it(`refuses ${what} as bad usage`, async () => {
      const { code, stderr } = await etj.run(...args);
      expect(stderr).to.contain(complaint);
      expect(code).to.equal(2);
    });

  describe('with objects in two namespaces', () => {
    scene.setUp(async () => {
      const { world } = scene;
      await applyCrd(world.controlPlane);
      await world.kubectl('create', 'namespace', 'news');
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
      await world.operator();
      await world.until('running', (each) => is(each, 'Ready', 'True'));
      await world.until('stopped', (each) => is(each, 'AsExpected', 'False'), { namespace: 'news' });
      await world.until('missing', (each) => is(each, 'Ready', 'False'), { namespace: 'news' });
    });

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

    it('refreshes an object that is due tomorrow, and shows what changed', async () => {
      await scene.world.cloud.admin.stopJob(running);
      const { code, stdout, stderr } = await etj.run('refresh', 'running');
      expect(stderr).to.equal('');
      expect(stdout).to.equal('default/running Running -> NotStarted\n');
      expect(code).to.equal(0);
    });

    it('refreshes all objects', async () => {
      const { code, stdout } = await etj.run('refresh', '--all', '-A');
      expect(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.split(';')[0]),
      ).to.have.members([
        'default/running NotStarted (unchanged)',
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

    it('says by doctor what is well, and what to do about the rest', async () => {
      const { world } = scene;
      const key = await createAccount(world);
      await world.apply(secret('key', secretData(key)));
      const { endpoint, stsEndpoint } = world.cloud;
      const cloud = [`--endpoint=${endpoint}`, `--sts-endpoint=${stsEndpoint}`, `--cluster=${CLUSTER_ID}`];
      const checked = async (...args: string[]) => {
        const { code, stdout } = await etj.run('doctor', ...args, '-o=json');
        const { items } = JSON.parse(stdout) as { items: Finding[] };
        return { code, found: new Map(items.map((each) => [each.check, each])) };
      };
      const admin = await checked('--secret=key', ...cloud);
      for (const check of ['API server', 'clock', 'CRD', 'you may list', 'you may create', 'objects', 'STS'])
        expect(admin.found.get(check), check).to.include({ verdict: 'ok' });
      expect(admin.found.get('STS')?.text).to.contain(`of account ${key.accountID}`);
      expect(admin.found.get('leader')?.text).to.contain('without --leader-elect');
      // Nothing of another account is in its list.
      expect(admin.found.get('Live')).to.include({ check: 'Live' });
      const guest = await checked('--context=guest');
      expect(guest.found.get('you may list')).to.include({ verdict: 'wrong' });
      expect(guest.found.get('CRD')).to.include({ verdict: 'unknown' });
      expect([admin.code, guest.code]).to.deep.equal([1, 1]);
    });

    it('imports the jobs of a cluster once, also those with Chinese names', async () => {
      const { world } = scene;
      const { accountID, ...key } = await createAccount(world);
      await world.kubectl('create', 'namespace', 'imported');
      await world.apply(secret('key', secretData({ accountID, ...key }), 'imported'));
      for (const name of ['直播间', 'Main HD', 'referenced'])
        await createJob(world, { name, accountID, clusterID: 'imported-cluster' });
      const args = [
        'import',
        'imported-cluster',
        '-n=imported',
        '--secret=key',
        `--endpoint=${world.cloud.endpoint}`,
      ];
      const dry = await etj.run(...args, '-o=json');
      expect(dry.stderr)
        .to.contain('3 jobs in cluster imported-cluster: 0 have an object')
        .and.contain('180 days');
      const { items } = JSON.parse(dry.stdout);
      const names = items.map(({ metadata }: { metadata: { name: string } }) =>
        metadata.name.replace(/-[0-9a-f]{8}$/, ''),
      );
      expect(names).to.have.members(['job', 'main-hd', 'referenced']);
      expect(await etj.run('status', '-n=imported', '-o=name')).to.include({ stdout: '' });
      const applied = await etj.run(...args, '--apply');
      expect(applied.stdout.match(/ created$/gm)).to.have.lengthOf(3);
      const again = await etj.run(...args, '--apply');
      expect(again.stdout).to.equal('');
      expect(again.stderr).to.contain('3 have an object in namespace imported, 0 have none');
    });

    it('prints changes as they come, and ends with the state at its end', async () => {
      const followed = await etj.start('status', '--watch');
      await followed.printed(/1 object: 1 fine/);
      await changeSpec(scene.world, 'running', { expectedState: 'Running' });
      await followed.printed(/^running +NotAsExpected /m);
      followed.kill('SIGINT');
      expect((await followed.exited).code).to.equal(1);
    });

    it('says of a suspended object that no refresh wakes it', async () => {
      await changeSpec(scene.world, 'running', { suspend: true });
      const { code, stderr } = await etj.run('refresh', 'running');
      expect(stderr).to.contain('default/running is suspended');
      expect(code).to.equal(1);
    });

    it('gives up waiting after the timeout', async () => {
      const { world } = scene;
      await world.operators[0]?.[Symbol.asyncDispose]();
      const { code, stderr } = await etj.run('refresh', 'stopped', '-n=news', '--timeout=300ms');
      expect(stderr).to.contain('news/stopped was not observed within 0.3s');
      expect(code).to.equal(1);
    });
  });
});
