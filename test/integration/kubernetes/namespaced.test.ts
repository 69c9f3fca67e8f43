/**
 * The operator without a ClusterRole: it watches some namespaces, with the Role that is shipped for each.
 * Five of the namespaces lack one permission each, which must affect no other namespace.
 */
import type { V1Role } from '@kubernetes/client-node';
import { expect } from 'chai';
import { type Manifest, manifestsIn, theOnly } from '../../guards/deploy/manifests.ts';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import type { LogLine, Operator } from '../../world/operator.ts';
import { startTcpProxy, type TcpProxy } from '../../world/tcp-proxy.ts';
import { createJob, type JobIDs } from '../support/cloud-side.ts';
import {
  CREATE_EVENT,
  GET_JOB,
  installNamespaced,
  LIST_JOBS,
  PATCH_STATUS,
  permissionOf,
  Requests,
  through,
  WATCH_JOBS,
} from '../support/installed.ts';
import { useWorld } from '../support/use-world.ts';
import { is, job } from '../support/world.ts';

const LACKING = {
  'no-list': LIST_JOBS,
  'no-watch': WATCH_JOBS,
  'no-patch': PATCH_STATUS,
  'no-get': GET_JOB,
  'no-events': CREATE_EVENT,
} as const;
const WHOLE = 'whole';
const UNWATCHED = 'unwatched';
const WATCHED = [WHOLE, ...Object.keys(LACKING)];

describe('the operator in some namespaces', function () {
  this.timeout(60_000);
  const jobs = new Map<string, JobIDs>();
  let proxy: TcpProxy;
  let requests: Requests;
  /** The metric of a namespace whose list is refused. */
  let refused: number;
  const scene = useWorld({
    prepare: async (world) => {
      proxy = await startTcpProxy(world.controlPlane.port);
      requests = new Requests(world.controlPlane);
      for (const namespace of [...WATCHED, UNWATCHED]) await world.kubectl('create', 'namespace', namespace);
      await Promise.all([...WATCHED, UNWATCHED].map(async (each) => jobs.set(each, await createJob(world))));
      await world.apply(...[...jobs].map(([namespace, ids]) => job('first', ids, namespace)));
    },
    operator: async (world) => {
      const kubeconfig = await installNamespaced(world.controlPlane, WATCHED);
      await world.apply(
        ...Object.entries(LACKING).map(([namespace, permission]) => roleWithout(permission, namespace)),
      );
      return {
        kubeconfig: await through(proxy, kubeconfig),
        args: [`--namespaces=${WATCHED.join()}`, '--log-level=debug'],
        untilReady: false,
      };
    },
  });
  after(() => proxy?.[Symbol.asyncDispose]());

  scene.setUp(async () => {
    for (const namespace of [WHOLE, 'no-watch', 'no-get', 'no-events']) await observed('first', namespace);
    await scene.world.eventually('an event', async () => (await eventsIn(WHOLE)).length > 0 || undefined);
    await logged({ msg: 'listing failed', status: 403 });
    refused = await scene.operator.metric('edgetranscode_watch_refused{namespace="no-list"}');
    await conflict();
  });

  it('observes objects and writes events where it has the whole Role', async () => {
    const { world } = scene;
    await world.apply(job('later', jobs.get(WHOLE), WHOLE));
    await observed('later', WHOLE);
  });

  it('reads no other namespace and nothing cluster-wide', async () => {
    expect((await scene.world.get('first', UNWATCHED)).status).not.to.have.property('job');
    const namespaces = (await requests.all()).map(({ objectRef }) => objectRef?.namespace);
    expect([...new Set(namespaces)]).to.have.members(WATCHED);
  });

  it('is ready although a namespace is refused, as one that was deleted, and a metric names it', async () => {
    await scene.operator.process.ready(() => scene.operator.isReady());
    expect(refused).to.equal(1);
  });

  it('logs in which namespace it may not list, and what to apply there', async () => {
    const line = await logged({ msg: 'listing failed', status: 403 });
    expect(line).to.include({ namespace: 'no-list' });
    expect(line.hint).to.contain(
      'kubectl --namespace no-list apply -f deploy/namespaced/watched-namespace.yaml',
    );
  });

  it('knows the objects of its first list, but no later ones, where it may not watch', async () => {
    await logged({ msg: 'watching failed', status: 403, namespace: 'no-watch' });
    await scene.world.apply(
      job('later', jobs.get('no-watch'), 'no-watch'),
      job('after', jobs.get(WHOLE), WHOLE),
    );
    await observed('after', WHOLE);
    expect((await scene.world.get('later', 'no-watch')).status).not.to.have.property('job');
  });

  it('writes no status where it may not', async () => {
    await logged({ msg: 'writing a status failed', status: 403, namespace: 'no-patch' });
    expect((await scene.world.get('first', 'no-patch')).status).not.to.have.property('job');
  });

  it('writes no event where it may not', async () => {
    await logged({ msg: 'writing an event failed', status: 403, event: 'JobFound' });
    expect(await eventsIn('no-events')).to.deep.equal([]);
  });

  it('reads an object again after a conflict, except where it may not get', async () => {
    await logged({ msg: 'writing a status failed', status: 403, namespace: 'no-get', name: 'first' });
  });

  it('uses every permission of the Role, and no other', async () => {
    const used = (await requests.all()).filter((event) => event.objectRef?.namespace === WHOLE);
    expect(used.filter((event) => !isAllowed(event)).map(permissionOf)).to.deep.equal([]);
    expect([...new Set(used.map(permissionOf))]).to.have.members(Object.values(LACKING));
    expect(watchedRole().rules?.flatMap(({ verbs }) => verbs)).to.have.lengthOf(
      Object.values(LACKING).length,
    );
  });

  it('observes a namespace as soon as its Role is there', async () => {
    const { world, operator } = scene;
    await world.apply({ ...watchedRole(), metadata: { ...watchedRole().metadata, namespace: 'no-list' } });
    await observed('first', 'no-list');
    expect(await operator.metrics()).not.to.contain('edgetranscode_watch_refused{namespace="no-list"');
    expect(operator.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  /** Jobs of two namespaces stop while the watch is held back and their objects change. */
  async function conflict(): Promise<void> {
    const { world } = scene;
    proxy.hold();
    try {
      for (const namespace of [WHOLE, 'no-get']) {
        await world.kubectl('label', 'etj', 'first', 'team=video', `--namespace=${namespace}`);
        await world.cloud.admin.stopJob(jobs.get(namespace) as JobIDs);
      }
      await world.eventually('refused writes', async () => {
        const refused = (await requests.of(PATCH_STATUS)).filter(
          ({ responseStatus }) => responseStatus?.code === 422,
        );
        const namespaces = new Set(refused.map(({ objectRef }) => objectRef?.namespace));
        return namespaces.has(WHOLE) && namespaces.has('no-get') ? true : undefined;
      });
    } finally {
      proxy.release();
    }
    await world.until('first', ({ status }) => status.state === 'NotStarted', { namespace: WHOLE });
  }

  async function observed(name: string, namespace: string): Promise<void> {
    await scene.world.until(name, (each) => is(each, 'Ready', 'True'), { namespace });
  }

  async function eventsIn(namespace: string): Promise<readonly unknown[]> {
    return scene.world.events('first', namespace);
  }

  function logged(fields: Readonly<Record<string, unknown>>): Promise<LogLine> {
    return scene.world.eventually(`a line of ${JSON.stringify(fields)}`, () =>
      lineWith(scene.operator, fields),
    );
  }
});

function lineWith(operator: Operator, fields: Readonly<Record<string, unknown>>): LogLine | undefined {
  return operator
    .log()
    .find((line) => Object.entries(fields).every(([field, value]) => line[field] === value));
}

function watchedRole(): V1Role & Manifest {
  return theOnly(manifestsIn('deploy/namespaced', 'watched-namespace.yaml'), 'Role');
}

function roleWithout(permission: string, namespace: string): object {
  const role = watchedRole();
  const rules = role.rules?.map((rule) => ({
    ...rule,
    verbs: rule.verbs.filter(
      (verb) => `${verb} ${rule.apiGroups?.[0]}/${rule.resources?.[0]}` !== permission,
    ),
  }));
  const metadata = { ...role.metadata, namespace };
  return { ...role, metadata, rules: rules?.filter(({ verbs }) => verbs.length > 0) };
}

function isAllowed({ annotations }: AuditEvent): boolean {
  return annotations?.['authorization.k8s.io/decision'] === 'allow';
}
