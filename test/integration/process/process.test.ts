/**
 * The operator as a process in a cluster: its start with missing parts, its stop, and the effect of its
 * options.
 */
import { expect } from 'chai';
import type { Operator } from '../../world/operator.ts';
import { breakCalls, createJob, furtherCalls, type JobIDs } from '../support/cloud-side.ts';
import { install, OPERATOR } from '../support/installed.ts';
import { applyCrd } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';
import { observedAt } from '../support/user-side.ts';
import { is, job } from '../support/world.ts';

const CRD = 'crd/edgetranscodejobs.edgetranscode.live';
const STOPPED = { code: 0, signal: null };
/** The watch is tried again after 8 s at most; discovery of a new resource takes the API server a moment. */
const BACK = { withinMs: 30_000 };

describe('the operator as a process', function () {
  this.timeout(120_000);
  const scene = useWorld({ operator: 'none', crd: false });
  let operator: Operator | undefined;

  afterEach(async () => {
    scene.world.controlPlane.resumeApiServer();
    await operator?.process.stop();
    operator = undefined;
  });

  it('waits for the CRD, logs what to apply, and starts once it is there', async () => {
    const { world } = scene;
    await world.kubectl('delete', '--ignore-not-found', CRD);
    const started = await start({ untilReady: false });
    await started.process.printed(/kubectl apply -f crds/);
    const [line] = started.log().filter(({ level }) => level === 'warn');
    expect(line).to.include({ msg: 'listing failed', status: 404 });
    expect(line?.hint).to.equal('the CRD is not installed: kubectl apply -f crds/');
    await expectAnswers(started, { livez: [200, 'ok'], readyz: [503, /first list .* has not arrived yet/] });
    await applyCrd(world.controlPlane);
    await started.process.ready(() => started.isReady());
    await world.apply(job('late', await createJob(world)));
    await world.until('late', (each) => is(each, 'Ready', 'True'), BACK);
    await expectAnswers(started, { livez: [200, 'ok'], readyz: [200, 'ok'] });
  });

  it('waits for the permission to list, logs what to apply, and starts once it has it', async () => {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    const kubeconfig = await install(world.controlPlane);
    await world.kubectl('delete', 'clusterrolebinding', OPERATOR.name);
    const started = await start({ kubeconfig, untilReady: false });
    await started.process.printed(/kubectl apply -f deploy/);
    const [line] = started.log().filter(({ level }) => level === 'warn');
    expect(line).to.include({ msg: 'listing failed', status: 403 });
    await expectAnswers(started, { livez: [200, 'ok'], readyz: [503, /first list .* has not arrived yet/] });
    await install(world.controlPlane);
    await started.process.ready(() => started.isReady());
    await world.apply(job('permitted', await createJob(world)));
    await world.until('permitted', (each) => is(each, 'Ready', 'True'), BACK);
  });

  it('survives the deletion of the CRD, and forgets its objects', async () => {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    const started = await start();
    const [first, second] = [await createJob(world), await createJob(world)];
    await world.apply(job('outlived', first));
    await world.until('outlived', (each) => is(each, 'Ready', 'True'));
    await world.kubectl('delete', CRD);
    await started.process.printed(/kubectl apply -f crds/);
    await applyCrd(world.controlPlane);
    await world.apply(job('outlived', second));
    await world.until('outlived', ({ status }) => status.job?.jobID === second.jobID, BACK);
    expect(started.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('waits for an API server that is down', async () => {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    const ids = await createJob(world);
    await world.apply(job('waiting', ids));
    await world.controlPlane.stopApiServer();
    const started = await start({ untilReady: false });
    await started.process.printed(/ECONNREFUSED/);
    await expectAnswers(started, { livez: [200, 'ok'], readyz: [503, /first list/] });
    await world.controlPlane.startApiServer();
    await started.process.ready(() => started.isReady());
    await world.until('waiting', (each) => is(each, 'Ready', 'True'), BACK);
  });

  it('exits with 0 within 5 s of SIGTERM even when a call hangs', async () => {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    const started = await start();
    const ids = await createJob(world);
    await breakCalls(world, ids, { kind: 'hang' });
    await world.apply(job('hanging', ids));
    await furtherCalls(world, ids, 1, { since: 0 });
    expect(await started.process.stop(5_000)).to.deep.equal(STOPPED);
    expect(started.log().at(-1)).to.include({ level: 'info', msg: 'stopped' });
    expect((await world.get('hanging')).status).to.deep.equal({ observedGeneration: -1, state: 'Unknown' });
  });

  it('exits with 0 within 5 s while the API server does not answer the first list', async () => {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    world.controlPlane.pauseApiServer();
    const started = await start({ untilReady: false });
    await expectAnswers(started, { readyz: [503, /first list/] });
    expect(await started.process.stop(5_000)).to.deep.equal(STOPPED);
  });

  it('writes the pending statuses before it stops', async () => {
    const { world } = scene;
    // Few: pending statuses get one second, and at a load of 11 twenty took longer. The unit test of the term
    // has more of them than are written at a time.
    const { names, started } = await withStatusesInHand(4);
    started.process.kill('SIGTERM');
    await started.process.printed(/"msg":"stopping"/);
    world.controlPlane.resumeApiServer();
    expect(await started.process.stop(5_000)).to.deep.equal(STOPPED);
    for (const name of names) expect((await world.get(name)).status.state, name).to.equal('NotStarted');
  });

  it('stops in time, and logs it, when pending statuses cannot be written', async () => {
    const { started } = await withStatusesInHand(20);
    expect(await started.process.stop(5_000)).to.deep.equal(STOPPED);
    const warnings = started.log().filter(({ level }) => level === 'warn');
    expect(warnings.at(-1)).to.include({ msg: 'stopped with statuses unwritten', count: 20 });
  });

  it('applies changed options to existing objects', async () => {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    const streamInput = 'rtmp://push.example.com/app/stream?auth_key=1-0-0-secret';
    await world.apply(job('streaming', { ...(await createJob(world, { streamInput })), interval: '5s' }));
    const first = await start({ args: ['--stream-urls=full', '--min-interval=6s'] });
    const full = await world.until('streaming', (each) => is(each, 'Ready', 'True'));
    expect(full.status.job?.streamInput).to.equal(streamInput);
    expect(full.status.effectiveInterval).to.equal('6s');
    await first.process.stop();
    await start({ env: { EDGETRANSCODE_STREAM_URLS: 'omit' } });
    const { status } = await world.until('streaming', (each) => each.status.effectiveInterval === undefined);
    expect(status.job).to.not.have.any.keys('streamInput', 'streamOutput');
  });

  it('answers probes and metrics over HTTP, and nothing else', async () => {
    await applyCrd(scene.world.controlPlane);
    const started = await start();
    await expectAnswers(started, { livez: [200, 'ok'], readyz: [200, 'ok'], other: [404, /.*/] });
    const metrics = await fetch(`${started.url}/metrics`);
    expect(metrics.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(`${started.url}/metrics`, { method: 'POST' })).status).to.equal(405);
  });

  /** Operators of this file are ended with the test that started them. */
  async function start(options: Parameters<typeof scene.world.operator>[0] = {}): Promise<Operator> {
    operator = await scene.world.operator(options);
    return operator;
  }

  /** Decided while the API server keeps silent. A namespace has 16 writes under way: more wait. */
  async function withStatusesInHand(count: number): Promise<{ names: string[]; started: Operator }> {
    const { world } = scene;
    await applyCrd(world.controlPlane);
    await world.kubectl('delete', 'edgetranscodejobs', '--all');
    const started = await start();
    const jobs: JobIDs[] = [];
    for (let index = 0; index < count; index++) jobs.push(await createJob(world));
    const names = jobs.map((_, index) => `in-hand-${index}`);
    await world.apply(...names.map((name, index) => job(name, jobs[index])));
    for (const name of names) await world.until(name, (each) => is(each, 'Ready', 'True'));
    world.controlPlane.pauseApiServer();
    for (const ids of jobs) await world.cloud.admin.stopJob(ids);
    const stopped = Date.now() / 1_000;
    for (const name of names)
      await started.process.ready(async () => (await observedAt(started, name)) > stopped);
    return { names, started };
  }

  async function expectAnswers(
    { url }: Operator,
    wanted: Readonly<Record<string, readonly [status: number, text: string | RegExp]>>,
  ): Promise<void> {
    for (const [path, [status, text]] of Object.entries(wanted)) {
      const response = await fetch(`${url}/${path}`);
      expect(response.status, path).to.equal(status);
      expect((await response.text()).trimEnd(), path).to.match(
        typeof text === 'string' ? RegExp(`^${text}$`) : text,
      );
    }
  }
});
