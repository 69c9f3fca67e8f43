// The control plane is a real one: it keeps objects, checks tokens and roles, records which user made which
// request, has all of it after it was killed and started again, and leaves nothing behind.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { commandLinesWith } from '../processes/ended.ts';
import { freePort } from '../processes/ports.ts';
import { skipBecause } from '../skip.ts';
import { controlPlaneBinaries } from './binaries/binaries.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { firstKeys } from './first-keys.ts';
import type { KubectlResult } from './kubectl.ts';

describe('The control plane', () => {
  let world: ControlPlane;

  before(async () => {
    world = await startControlPlane();
  });

  after(() => world?.stop());

  it('is ready, with the certificate by which clients verify it', async () => {
    const ca = await readFile(world.caFile, 'utf8');
    expect(ca.match(/BEGIN CERTIFICATE/g)).to.have.length(1);
    expect(await bodyOf(`${world.server}/readyz`, ca)).to.equal('ok');
  });

  it('has a version that charts and clients can read', async () => {
    const version = JSON.parse(succeeded(await world.kubectl('version', '--output=json')));
    expect(version.serverVersion.gitVersion).to.match(/^v1\.\d+\.\d+/);
    expect(version.clientVersion.gitVersion).to.match(/^v1\.\d+\.\d+/);
  });

  it('keeps what kubectl applies', async () => {
    await apply(world, configMap('kept'));
    const kept = succeeded(await world.kubectl('get', 'configmap', 'kept', '--output=jsonpath={.data.key}'));
    expect(kept).to.equal('value');
  });

  it('reports a failure of kubectl as its result', async () => {
    const { code, stderr } = await world.kubectl('get', 'configmap', 'missing');
    expect(code).to.equal(1);
    expect(stderr).to.contain('"missing" not found');
  });

  it('knows a service account by its token, and refuses and allows what RBAC says', async () => {
    await apply(world, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } });
    const kubeconfig = await world.kubeconfigForServiceAccount('default', 'reader');
    const asReader = (...args: string[]) => world.kubectlWith({ kubeconfig }, ...args);

    const whoami = await asReader('auth', 'whoami', '--output=jsonpath={.status.userInfo.username}');
    expect(succeeded(whoami)).to.equal('system:serviceaccount:default:reader');
    expect((await asReader('get', 'configmaps')).stderr).to.contain('cannot list resource "configmaps"');

    succeeded(await world.kubectl('create', 'role', 'read', '--verb=list', '--resource=configmaps'));
    succeeded(
      await world.kubectl('create', 'rolebinding', 'read', '--role=read', '--serviceaccount=default:reader'),
    );
    // The server's authorizer learns of a binding by a watch of its own.
    while ((await asReader('get', 'configmaps')).code !== 0);

    const reads = (await world.auditEvents()).filter(
      ({ user, objectRef }) =>
        user.username === 'system:serviceaccount:default:reader' && objectRef?.resource === 'configmaps',
    );
    expect(reads[0]).to.deep.include({ verb: 'list', stage: 'ResponseComplete', level: 'Metadata' });
    expect(reads[0]?.userAgent).to.match(/^kubectl/);
    expect(reads[0]?.objectRef).to.include({ resource: 'configmaps', namespace: 'default' });
    expect(reads[0]?.responseStatus?.code).to.equal(403);
    expect(reads[0]?.annotations).to.include({ 'authorization.k8s.io/decision': 'forbid' });
    expect(reads.at(-1)?.responseStatus?.code).to.equal(200);
    expect(reads.at(-1)?.annotations?.['authorization.k8s.io/reason']).to.contain(
      'RoleBinding "read/default"',
    );
  });

  it('has a request in its audit log once it is answered, and no body of a Secret', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { key: 'canary' },
    };
    await apply(world, secret);
    const writes = (await world.auditEvents()).filter(({ objectRef }) => objectRef?.resource === 'secrets');
    expect(writes.map(({ verb }) => verb)).to.deep.equal(['get', 'create']);
    expect(JSON.stringify(writes)).not.to.contain('canary').and.not.to.contain(btoa('canary'));
  });

  it('has the bodies of writes to events in its audit log, as an operator makes them', async () => {
    await apply(world, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'found' },
      eventTime: '2026-01-02T03:04:05.000000Z',
      action: 'Observe',
      reason: 'JobFound',
      type: 'Normal',
      reportingController: 'test',
      reportingInstance: 'test-1',
      regarding: { kind: 'ConfigMap', name: 'kept', namespace: 'default' },
    });
    const write = (await world.auditEvents()).find(
      ({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'events',
    );
    expect(write?.requestObject).to.include({ reason: 'JobFound' });
  });

  it('stops answering when its API server is killed, and returns on the same port with data and tokens', async () => {
    await apply(world, configMap('before-the-kill'));
    succeeded(await world.kubectl('create', 'serviceaccount', 'lister'));
    succeeded(await world.kubectl('create', 'role', 'list', '--verb=list', '--resource=configmaps'));
    const lister = ['--role=list', '--serviceaccount=default:lister'];
    succeeded(await world.kubectl('create', 'rolebinding', 'list', ...lister));
    const kubeconfig = await world.kubeconfigForServiceAccount('default', 'lister');
    const before = await world.auditEvents();

    await world.stopApiServer();
    expect((await world.kubectl('get', 'configmap', 'before-the-kill')).stderr).to.contain('refused');
    await world.startApiServer();

    succeeded(await world.kubectl('get', 'configmap', 'before-the-kill'));
    succeeded(await world.kubectlWith({ kubeconfig }, 'get', 'configmaps'));
    expect((await world.auditEvents()).slice(0, before.length)).to.deep.equal(before);
  });

  it('refuses to start an API server that runs', async () => {
    const error = await world.startApiServer().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message', 'the API server is running');
  });

  it('begins with what an API server stores at its first start, but not with what that one said of itself', async function () {
    if (process.env.KUBEBUILDER_ASSETS)
      skipBecause(this, 'no keys are kept for the programs of KUBEBUILDER_ASSETS');
    await using second = await startControlPlane({ auditLog: false });
    const uid = ['namespace', 'default', '--output=jsonpath={.metadata.uid}'];
    const [first, other] = await Promise.all([world, second].map((plane) => plane.kubectl('get', ...uid)));
    expect(first?.stdout)
      .to.match(/^\S{36}$/)
      .and.to.equal(other?.stdout);
    const pairs = await firstKeys(await controlPlaneBinaries(), () => undefined);
    const keys = pairs.map(({ key }) => Buffer.from(key, 'base64').toString());
    expect(keys).to.include('/registry/namespaces/default');
    expect(keys.filter((key) => /lease/.test(key))).to.deep.equal(['/registry/namespaces/kube-node-lease']);
  });

  it('runs beside another one on other ports, and leaves nothing behind', async () => {
    const picks = [world.port, await freePort(), world.port, await freePort()];
    await using second = await startControlPlane({
      auditLog: false,
      pickPort: async () => picks.shift() ?? freePort(),
    });
    expect(picks).to.have.length(0);
    expect(second.port).not.to.equal(world.port);
    await apply(world, configMap('beside'));
    expect((await second.kubectl('get', 'configmap', 'beside')).stderr).to.contain('not found');
    expect(await commandLinesWith(second.directory)).to.have.length(2);

    await second.stop();
    expect(await commandLinesWith(second.directory)).to.deep.equal([]);
    expect(existsSync(second.directory)).to.equal(false);
    succeeded(await world.kubectl('get', 'configmap', 'beside'));
  });
});

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { key: 'value' } };
}

async function apply(world: ControlPlane, object: object): Promise<void> {
  succeeded(await world.kubectlWith({ stdin: stringify(object) }, 'apply', '--filename=-'));
}

function succeeded(result: KubectlResult): string {
  expect(result.code, result.stderr).to.equal(0);
  return result.stdout;
}

function bodyOf(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, async (response) => resolve((await response.toArray()).join(''))).on(
      'error',
      reject,
    );
  });
}
