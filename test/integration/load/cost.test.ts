/**
 * The operator's cost for the API server, counted in the audit log and by a proxy between the two.
 */
import { expect } from 'chai';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import { startTcpProxy, type TcpProxy } from '../../world/tcp-proxy.ts';
import { callsAbout } from '../support/cloud-side.ts';
import {
  CREATE_EVENT,
  GET_JOB,
  install,
  PATCH_STATUS,
  permissionOf,
  Requests,
  through,
  WATCH_JOBS,
} from '../support/installed.ts';
import { createCloudJobs, jobIDOf, nameOf, storeReferences } from '../support/many/references.ts';
import { useWorld } from '../support/use-world.ts';
import { changeSpec } from '../support/user-side.ts';
import { CLUSTER_ID, is } from '../support/world.ts';

const OBJECTS = 20;
/** Each of them is polled every 5 s. */
const ROUND_WITHIN_MS = 15_000;

describe('the cost of the operator', function () {
  this.timeout(120_000);
  let proxy: TcpProxy;
  let requests: Requests;
  let atStart: { readonly writes: number; readonly connections: number };
  const scene = useWorld({
    prepare: async (world) => {
      proxy = await startTcpProxy(world.controlPlane.port);
      requests = new Requests(world.controlPlane);
      await createCloudJobs(world, OBJECTS);
      await storeReferences(world, OBJECTS, '5s');
    },
    operator: async ({ controlPlane }) => ({ kubeconfig: await through(proxy, await install(controlPlane)) }),
  });
  before(async () => {
    await scene.operator.process.ready(allReady);
    await scene.operator.process.ready(async () => (await requests.of(CREATE_EVENT)).length === OBJECTS);
    atStart = { writes: (await requests.of(PATCH_STATUS)).length, connections: proxy.opened };
  });
  after(() => proxy?.[Symbol.asyncDispose]());

  it('is one connection for requests and one for the watch at the start', () => {
    expect(atStart).to.deep.equal({ writes: OBJECTS, connections: 2 });
  });

  it('is no request to the API server when polls find nothing new', async () => {
    await requests.restart();
    await polls(3);
    expect(await requestsMade()).to.deep.equal([]);
  });

  it('is no write in an outage that is shorter than the freshness window', async () => {
    await requests.restart();
    await scene.world.cloud.admin.addFault({ kind: 'error', status: 503, code: 'ServiceUnavailable' });
    await polls(3);
    await scene.world.cloud.admin.clearFaults();
    await polls(1);
    const failed =
      'edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="ServiceUnavailable"}';
    expect(await scene.operator.metric(failed)).to.be.at.least(2 * OBJECTS);
    expect(await requestsMade()).to.deep.equal([]);
    expect(await allReady()).to.equal(true);
  });

  it('is one status write and one event when a job stops', async () => {
    await requests.restart();
    await scene.world.cloud.admin.stopJob({ clusterID: CLUSTER_ID, jobID: jobIDOf(0) });
    await scene.world.until(nameOf(0), ({ status }) => status.state === 'NotStarted');
    await polls(1);
    expect(await requestsMade()).to.have.members([
      `${PATCH_STATUS} ${nameOf(0)} 200`,
      `${CREATE_EVENT} ${nameOf(0)} 201`,
    ]);
  });

  it('is one connection for many concurrent writes after an idle time', async () => {
    await scene.operator.process.ready(() => proxy.open === 1);
    await requests.restart();
    const before = proxy.opened;
    // Held back, so that the operator learns of all suspensions in one moment.
    proxy.hold();
    await suspend(true);
    proxy.release();
    await scene.operator.process.ready(async () => (await requests.of(PATCH_STATUS)).length === OBJECTS);
    const watches = await requests.of(WATCH_JOBS);
    expect(proxy.opened - before).to.equal(1 + watches.length);
    await suspend(false);
    await scene.operator.process.ready(allReady);
  });

  describe('of a status write that conflicts with another change', () => {
    /** The watch is held back, so that the operator decides on an object that has changed since. */
    async function conflict(name: string, change: () => Promise<unknown>): Promise<void> {
      await scene.operator.process.ready(() => proxy.open === 1);
      await requests.restart();
      proxy.hold();
      try {
        await change();
        await scene.operator.process.ready(async () =>
          (await outcomes(name)).includes(`${PATCH_STATUS} ${name} 200`),
        );
      } finally {
        proxy.release();
      }
    }

    it('is one read and one more write of the status, without another poll', async () => {
      const name = nameOf(1);
      const conflicts = 'edgetranscode_status_writes_total{result="conflict"}';
      const before = await scene.operator.metric(conflicts);
      await conflict(name, async () => {
        await scene.world.kubectl('label', 'etj', name, 'team=video');
        await scene.world.cloud.admin.stopJob({ clusterID: CLUSTER_ID, jobID: jobIDOf(1) });
      });
      await scene.world.until(name, ({ status }) => status.state === 'NotStarted');
      expect(
        await scene.world.kubectl('get', 'etj', name, '-o', 'jsonpath={.metadata.labels.team}'),
      ).to.equal('video');
      expect(await outcomes(name)).to.deep.equal([
        `${PATCH_STATUS} ${name} 422`,
        `${GET_JOB} ${name} 200`,
        `${PATCH_STATUS} ${name} 200`,
      ]);
      expect((await scene.operator.metric(conflicts)) - before).to.equal(1);
      const [refusedAt = 0, , writtenAt = 0] = (await about(name)).map(timeOf);
      const calls = await callsAbout(scene.world, { clusterID: CLUSTER_ID, jobID: jobIDOf(1) });
      expect(calls.filter(({ time }) => time > refusedAt && time < writtenAt)).to.deep.equal([]);
    });

    it('loses neither the change of the spec nor the answer of the cloud', async () => {
      const name = nameOf(2);
      await conflict(name, async () => {
        await changeSpec(scene.world, name, { expectedState: 'NotStarted' });
        await scene.world.cloud.admin.stopJob({ clusterID: CLUSTER_ID, jobID: jobIDOf(2) });
      });
      const shown = await scene.world.until(name, (each) => is(each, 'AsExpected', 'True'));
      expect(shown.status.state).to.equal('NotStarted');
      expect(shown.status.observedGeneration).to.equal(shown.metadata.generation);
    });
  });

  async function suspend(suspended: boolean): Promise<void> {
    const names = Array.from({ length: OBJECTS }, (_, index) => nameOf(index));
    const patch = JSON.stringify({ spec: { suspend: suspended } });
    await scene.world.kubectl('patch', 'etj', ...names, '--type=merge', `--patch=${patch}`);
  }

  async function allReady(): Promise<boolean> {
    return (await scene.world.list()).every((each) => is(each, 'Ready', 'True', 'ObservationSucceeded'));
  }

  /** Resolves when every object has been polled that number of times. */
  async function polls(rounds: number): Promise<void> {
    const { last } = await scene.world.cloud.admin.calls({ limit: 1 });
    const polled = async () => {
      const times = new Map<string | undefined, number>();
      for (const { jobID } of (await scene.world.cloud.admin.calls({ since: last })).calls)
        times.set(jobID, (times.get(jobID) ?? 0) + 1);
      return times.size === OBJECTS && [...times.values()].every((each) => each >= rounds);
    };
    await scene.operator.process.ready(polled, rounds * ROUND_WITHIN_MS);
  }

  /** Everything but watching, as `permission name code`; an event's name is that of its object. */
  async function requestsMade(): Promise<string[]> {
    return (await requests.all()).filter((event) => permissionOf(event) !== WATCH_JOBS).map(outcomeOf);
  }

  /** The requests about one object, apart from events. */
  async function about(name: string): Promise<AuditEvent[]> {
    return (await requests.all()).filter(({ objectRef }) => objectRef?.name === name);
  }

  async function outcomes(name: string): Promise<string[]> {
    return (await about(name)).map(outcomeOf);
  }
});

function outcomeOf(event: AuditEvent): string {
  return `${permissionOf(event)} ${event.objectRef?.name?.split('.')[0]} ${event.responseStatus?.code}`;
}

function timeOf({ requestReceivedTimestamp }: AuditEvent): number {
  return Date.parse(requestReceivedTimestamp);
}
