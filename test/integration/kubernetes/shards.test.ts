/**
 * Two shards and an operator without a shard on one API server, under the shipped service account. The API
 * server's audit log shows their watches and writes, the simulated cloud their calls.
 */
import { expect } from 'chai';
import { REQUESTED_AT_ANNOTATION, SHARD_LABEL } from '../../../src/api/edge-transcode-job.ts';
import { leaseNameOf } from '../../../src/api/shard.ts';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import type { Operator } from '../../world/operator.ts';
import { callsAbout, createJob, furtherCalls, type JobIDs, now } from '../support/cloud-side.ts';
import { install, LIST_JOBS, OPERATOR, permissionOf, Requests, WATCH_JOBS } from '../support/installed.ts';
import { LEASE_ARGS } from '../support/scenarios/lease-scenarios.ts';
import { identityOf, statusWritesOf } from '../support/terms.ts';
import { useWorld } from '../support/use-world.ts';
import { is, job, type Shown } from '../support/world.ts';

const SHARDS = ['sports', 'news', undefined] as const;
type Shard = (typeof SHARDS)[number];

const OBJECTS_EACH = 3;
const INTERVAL_MS = 5_000;
/** What a call of a busy machine may be late. */
const LATE_MS = 1_500;
const MOVES = 12;

describe('shards', function () {
  this.timeout(90_000);
  const operators = new Map<Shard, Operator>();
  const jobs = new Map<string, JobIDs>();
  let requests: Requests;
  let kubeconfig: string;
  let isReadyWithoutLease: boolean;
  const scene = useWorld({
    prepare: async (world) => {
      kubeconfig = await install(world.controlPlane);
      requests = new Requests(world.controlPlane);
      for (const shard of SHARDS)
        for (let index = 0; index < OBJECTS_EACH; index += 1)
          jobs.set(`${shard ?? 'unnamed'}-${index}`, await createJob(world));
      await world.apply(
        ...[...jobs].map(([name, ids]) => {
          const shard = shardNamed(name);
          return labelled(job(name, ids), shard);
        }),
      );
    },
    operator: 'none',
  });

  scene.setUp(async () => {
    const sports = await start('sports');
    await sports.process.printed(/docs\/scaling\.md/);
    isReadyWithoutLease = await sports.isReady();
    await grant('sports');
    await sports.process.ready(() => sports.isReady());
    await grant('news');
    await start('news');
    await start(undefined);
    for (const name of jobs.keys()) await scene.world.until(name, isObserved);
  });

  it('wait for the permission on their Lease, and log where it is documented', () => {
    expect(isReadyWithoutLease).to.equal(false);
  });

  it('elect one leader each', async () => {
    for (const shard of SHARDS) {
      const operator = of(shard);
      await operator.process.ready(() => operator.isReady());
      await operator.process.ready(async () => (await operator.metric(series('leading', shard))) === 1);
      const name = shard === undefined ? OPERATOR.name : `${OPERATOR.name}-${shard}`;
      const holder = await scene.world.kubectl(
        'get',
        'lease',
        name,
        `--namespace=${OPERATOR.namespace}`,
        '-o=jsonpath={.spec.holderIdentity}',
      );
      expect(holder).to.equal(identityOf(operator));
    }
  });

  it('observe each object once', async () => {
    const since = await now(scene.world);
    await Promise.all([...jobs.values()].map((ids) => furtherCalls(scene.world, ids, 3, { since })));
    for (const ids of jobs.values()) {
      const times = (await callsAbout(scene.world, ids, since)).map(({ time }) => time);
      for (const [index, time] of times.slice(1).entries())
        expect(time - (times[index] as number)).to.be.above(INTERVAL_MS - LATE_MS);
    }
  });

  it('receive only their own objects, which the API server selects', async () => {
    for (const shard of SHARDS) {
      const { userAgent, selectors } = await followed(of(shard));
      const expected = shard === undefined ? `!${SHARD_LABEL}` : `${SHARD_LABEL}=${shard}`;
      expect([...selectors], userAgent).to.deep.equal([expected]);
      const states = series('jobs', shard, 'state="Running"');
      expect(await of(shard).metric(states)).to.equal(OBJECTS_EACH);
    }
  });

  it('are named in every log line and every metric', async () => {
    for (const shard of SHARDS) {
      for (const line of of(shard).log()) expect(line.shard).to.equal(shard);
      const text = await of(shard).metrics();
      const own = text.split('\n').filter((line) => line.startsWith('edgetranscode_'));
      for (const line of own) expect(/shard="(\w+)"/.exec(line)?.[1]).to.equal(shard);
    }
  });

  it('take over an object whose label changes, without a gap or a write', async () => {
    const { world } = scene;
    const name = 'sports-0';
    const ids = jobs.get(name) as JobIDs;
    const before = await world.get(name);
    const since = await now(world);
    await furtherCalls(world, ids, 1, { since });
    await move(name, 'news');
    const asksFor = (shard: Shard) => of(shard).metric(observedSeries(name, shard));
    const movedAt = Date.now() / 1_000;
    await of('news').process.ready(async () => (await asksFor('news')) > movedAt + INTERVAL_MS / 1_000);
    expect(await of('sports').metrics()).not.to.contain(`name="${name}"`);
    const after = await world.get(name);
    expect(after.status).to.deep.equal(before.status);
    const writes = statusWritesOf(await world.controlPlane.auditEvents());
    const asNews = writes.filter(
      ({ object, writer }) => object === name && writer === identityOf(of('news')),
    );
    expect(asNews, 'nothing new, nothing written').to.deep.equal([]);
    expect(await longestGap(ids, since)).to.be.below(2 * INTERVAL_MS + LATE_MS);
    await moveBack(name, 'news');
  });

  it('never write to a version of an object that belongs to another shard, however often it moves', async () => {
    const { world } = scene;
    const name = 'sports-1';
    const ids = jobs.get(name) as JobIDs;
    const since = await now(world);
    /** The owner of the object from each version on. */
    const owners: { readonly version: number; readonly owner: Shard }[] = [];
    for (let round = 0; round < MOVES; round += 1) {
      const owner = SHARDS[round % SHARDS.length];
      await (round % 2 === 0 ? world.cloud.admin.stopJob(ids) : world.cloud.admin.startJob(ids));
      // At the moment of the move either shard, the old or the new, has something new to write.
      const [version] = await Promise.all([move(name, owner), requestNow(name, `round ${round}`)]);
      owners.push({ version, owner });
      const isServed = ({ status }: Shown) => status.lastHandledRequestedAt === `round ${round}`;
      await world.until(name, isServed);
    }
    const identities = new Map(SHARDS.map((shard) => [identityOf(of(shard)), shard]));
    const from = owners[0]?.version ?? 0;
    const writes = statusWritesOf(await world.controlPlane.auditEvents()).filter(
      ({ object, version }) => object === name && version >= from,
    );
    expect(new Set(writes.map(({ writer }) => writer)).size).to.equal(SHARDS.length);
    for (const { writer, version } of writes) {
      const owner = owners.findLast((each) => each.version <= version)?.owner;
      expect(identities.get(writer), `writer of version ${version}`).to.equal(owner);
    }
    expect(await longestGap(ids, since)).to.be.below(2 * INTERVAL_MS + LATE_MS);
    await moveBack(name, owners.at(-1)?.owner);
  });

  it('log no error', () => {
    for (const operator of operators.values())
      expect(operator.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  async function start(shard: Shard): Promise<Operator> {
    const named = shard === undefined ? [] : [`--shard=${shard}`];
    const operator = await scene.world.operator({
      kubeconfig,
      name: `operator-${shard ?? 'unnamed'}`,
      args: [...LEASE_ARGS, ...named],
      untilReady: false,
    });
    operators.set(shard, operator);
    return operator;
  }

  function of(shard: Shard): Operator {
    return operators.get(shard) as Operator;
  }

  /** Grants the Lease of a shard as the chart does, but to the service account of all. */
  async function grant(shard: string): Promise<void> {
    const name = leaseNameOf(OPERATOR.name, shard);
    const named = JSON.stringify([{ op: 'add', path: '/rules/1/resourceNames/-', value: name }]);
    const role = ['patch', 'role', `${OPERATOR.name}-lease`, `--namespace=${OPERATOR.namespace}`];
    await scene.world.kubectl(...role, '--type=json', `--patch=${named}`);
  }

  async function followed(
    operator: Operator,
  ): Promise<{ userAgent: string | undefined; selectors: Set<string | null> }> {
    const isIts = ({ userAgent }: AuditEvent) => userAgent?.includes(identityOf(operator));
    const follow = (await requests.all()).filter(
      (event) => [LIST_JOBS, WATCH_JOBS].includes(permissionOf(event)) && isIts(event),
    );
    expect(new Set(follow.map(permissionOf)).size).to.equal(2);
    const selectors = follow.map(({ requestURI }) =>
      new URL(requestURI, 'https://server').searchParams.get('labelSelector'),
    );
    return { userAgent: follow[0]?.userAgent, selectors: new Set(selectors) };
  }

  /** @returns the version from which on it is the other's */
  async function move(name: string, shard: Shard): Promise<number> {
    const metadata = { labels: { [SHARD_LABEL]: shard ?? null } };
    return patch(name, { metadata });
  }

  /** Moves an object of sports back. Resolves when both shards have noticed. */
  async function moveBack(name: string, from: Shard): Promise<void> {
    await move(name, 'sports');
    const has = async (shard: Shard) => (await of(shard).metric(observedSeries(name, shard))) > 0;
    await of('sports').process.ready(() => has('sports'));
    await of(from).process.ready(async () => !(await has(from)));
  }

  async function requestNow(name: string, token: string): Promise<void> {
    await patch(name, { metadata: { annotations: { [REQUESTED_AT_ANNOTATION]: token } } });
  }

  async function patch(name: string, body: object): Promise<number> {
    const { world } = scene;
    const args = ['patch', 'edgetranscodejob', name, '--type=merge', `--patch=${JSON.stringify(body)}`];
    return Number(await world.kubectl(...args, '-o=jsonpath={.metadata.resourceVersion}'));
  }

  async function longestGap(ids: JobIDs, since: number): Promise<number> {
    const times = (await callsAbout(scene.world, ids, since)).map(({ time }) => time);
    expect(times).to.have.length.above(1);
    return Math.max(...times.slice(1).map((time, index) => time - (times[index] as number)));
  }
});

function shardNamed(name: string): Shard {
  return SHARDS.find((shard) => shard !== undefined && name.startsWith(shard));
}

function labelled(manifest: object, shard: Shard): object {
  const { metadata } = manifest as { metadata: object };
  return shard === undefined
    ? manifest
    : { ...manifest, metadata: { ...metadata, labels: { [SHARD_LABEL]: shard } } };
}

function isObserved(shown: Shown): boolean {
  return is(shown, 'Ready', 'True', 'ObservationSucceeded');
}

function observedSeries(name: string, shard: Shard): string {
  const labels = `namespace="default",name="${name}"`;
  return series('job_last_observation_timestamp_seconds', shard, labels);
}

/** The name of a series as Prometheus' text has it: the shard is the last label. */
function series(name: string, shard: Shard, labels = ''): string {
  const all = [labels, shard === undefined ? '' : `shard="${shard}"`].filter(Boolean).join();
  return `edgetranscode_${name}${all && `{${all}}`}`;
}
