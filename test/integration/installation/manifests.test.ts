/**
 * The shipped manifests on a real API server: a user can apply them all, twice, and the roles grant what they
 * should.
 */

import { readFile } from 'node:fs/promises';
import type { V1Deployment, V1PodSpec } from '@kubernetes/client-node';
import { expect } from 'chai';
import { manifestsIn, theOnly } from '../../guards/deploy/manifests.ts';
import { type ControlPlane, startControlPlane } from '../../world/control-plane/control-plane.ts';
import type { KubectlResult } from '../../world/control-plane/kubectl.ts';
import { CONTROL_PLANE_WITHIN_MS, crdServed, shipped, succeeding } from '../support/shipped.ts';

const NAMESPACE = 'edge-transcode-system';
const ACCOUNT = `system:serviceaccount:${NAMESPACE}:edge-transcode-job-operator`;
const INSTALL = ['-f', shipped('deploy/install.yaml')];
const SAMPLES = ['--namespace=media', '-f', shipped('deploy/samples')];

/** `verb group/resource[/subresource] [name] [in namespace]`; the core group is empty. */
const ALLOWED = [
  'list edgetranscode.live/edgetranscodejobs',
  'watch edgetranscode.live/edgetranscodejobs',
  'get edgetranscode.live/edgetranscodejobs any in media',
  'patch edgetranscode.live/edgetranscodejobs/status any in media',
  'create events.k8s.io/events in media',
  'get /secrets media-account in media',
  `create coordination.k8s.io/leases in ${NAMESPACE}`,
  `get coordination.k8s.io/leases edge-transcode-job-operator in ${NAMESPACE}`,
  `watch coordination.k8s.io/leases edge-transcode-job-operator in ${NAMESPACE}`,
  `update coordination.k8s.io/leases edge-transcode-job-operator in ${NAMESPACE}`,
];
const FORBIDDEN = [
  'get /secrets other in media',
  'get /secrets media-account in default',
  `get /secrets alibaba-cloud-credentials in ${NAMESPACE}`,
  'list /secrets in media',
  'watch /secrets in media',
  'create edgetranscode.live/edgetranscodejobs in media',
  'patch edgetranscode.live/edgetranscodejobs any in media',
  'delete edgetranscode.live/edgetranscodejobs any in media',
  'update edgetranscode.live/edgetranscodejobs/status any in media',
  'list events.k8s.io/events',
  'patch events.k8s.io/events any in media',
  `get coordination.k8s.io/leases other in ${NAMESPACE}`,
  `update coordination.k8s.io/leases other in ${NAMESPACE}`,
  `delete coordination.k8s.io/leases edge-transcode-job-operator in ${NAMESPACE}`,
  'create coordination.k8s.io/leases in media',
  'create /pods in media',
  'escalate rbac.authorization.k8s.io/clusterroles',
];

describe('the shipped manifests on an API server', function () {
  this.timeout(60_000);
  let api: ControlPlane;
  let installed: KubectlResult;
  /** The same command once more: what it says, and the objects' versions before and after it. */
  let again: { readonly lines: readonly string[]; readonly versions: readonly Record<string, string>[] };

  before(async function () {
    this.timeout(CONTROL_PLANE_WITHIN_MS);
    api = await startControlPlane({ auditLog: false });
    installed = await api.kubectl('apply', ...INSTALL);
    await crdServed(api);
    await succeeding(api, ['create', 'namespace', 'media']);
    await succeeding(api, ['apply', ...SAMPLES]);
    const before = await versions();
    const lines = (await succeeding(api, ['apply', ...INSTALL])).trimEnd().split('\n');
    again = { lines, versions: [before, await versions()] };
  });

  after(async () => {
    await api?.stop();
  });

  it('install on an empty cluster in one command, without a warning', () => {
    expect(installed).to.include({ code: 0, stderr: '' });
    expect(installed.stdout.trimEnd().split('\n')).to.have.lengthOf(15);
  });

  it('do not install the samples', () => {
    expect(installed.stdout).not.to.match(/edgetranscodejob\.|secret/);
  });

  it('change nothing when they are applied again', () => {
    for (const line of again.lines) {
      // kubectl sends the selector of a PodDisruptionBudget each time, and calls that a change.
      expect(line).to.match(/ unchanged$|^poddisruptionbudget.* configured$/);
    }
    expect(again.versions[1]).to.deep.equal(again.versions[0]);
  });

  it('can also be applied server-side, and then change nothing', async () => {
    const onServer = ['apply', '--server-side', '--force-conflicts', ...INSTALL];
    await succeeding(api, onServer);
    const before = await versions();
    await succeeding(api, onServer);
    expect(await versions()).to.deep.equal(before);
  });

  it('have samples that apply together, and change no object when applied again', async () => {
    const jobs = ['get', 'etj', '--namespace=media', '-o', 'json'];
    const before = JSON.parse(await succeeding(api, jobs)).items;
    await succeeding(api, ['apply', ...SAMPLES]);
    expect(JSON.parse(await succeeding(api, jobs)).items).to.deep.equal(before);
    expect(before).to.have.lengthOf(4);
  });

  describe('the pod', () => {
    const { spec } = theOnly<V1Deployment>(manifestsIn('deploy'), 'Deployment');
    const pod = spec?.template.spec as V1PodSpec;

    it('fits the restricted profile that its namespace enforces', async () => {
      expect(await createPod(pod)).to.include({ code: 0, stderr: '' });
    });

    it('would be refused there if it were allowed to run as root', async () => {
      const { runAsNonRoot: _, ...securityContext } = pod.securityContext ?? {};
      const { code, stderr } = await createPod({ ...pod, securityContext });
      expect(code).to.equal(1);
      expect(stderr).to.contain('violates PodSecurity "restricted');
    });

    function createPod(podSpec: V1PodSpec): Promise<KubectlResult> {
      const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried' }, spec: podSpec };
      const args = ['create', '--dry-run=server', `--namespace=${NAMESPACE}`, '-f', '-'];
      return api.kubectlWith({ stdin: JSON.stringify(manifest) }, ...args);
    }
  });

  describe('the operator', () => {
    let verdicts: ReadonlyMap<string, boolean>;

    before(async () => {
      verdicts = await ask([...ALLOWED, ...FORBIDDEN]);
    });

    for (const permission of ALLOWED) {
      it(`may ${permission}`, () => {
        expect(verdicts.get(permission)).to.equal(true);
      });
    }

    for (const permission of FORBIDDEN) {
      it(`may not ${permission}`, () => {
        expect(verdicts.get(permission)).to.equal(false);
      });
    }

    /** The authorizer's answers for the shipped service account; one call for all, as a call takes long. */
    async function ask(permissions: readonly string[]): Promise<Map<string, boolean>> {
      const reviews = permissions.map(accessReview).join('\n---\n');
      const answers = await succeeding(
        api,
        ['create', '-f', '-', '-o', 'jsonpath={.status.allowed} '],
        reviews,
      );
      const verdicts = answers.trim().split(' ');
      expect(verdicts).to.have.lengthOf(permissions.length);
      return new Map(permissions.map((permission, at) => [permission, verdicts[at] === 'true']));
    }
  });

  describe('when they are removed by the label that their header names', () => {
    it('keep the CRD and the objects', async () => {
      const [, selector = ''] =
        /delete -f deploy\/install.yaml --selector '(.+)'/.exec(
          await readFile(shipped('deploy/install.yaml'), 'utf8'),
        ) ?? [];
      // No controller ends a namespace here.
      const args = ['delete', '-f', shipped('deploy/install.yaml'), `--selector=${selector}`, '--wait=false'];
      const { length } = (await succeeding(api, args)).trimEnd().split('\n');
      expect(length).to.equal(14);
      const left = ['get', 'etj', '--namespace=media', '-o', 'name'];
      expect((await succeeding(api, left)).trimEnd().split('\n')).to.have.lengthOf(4);
    });
  });

  /** The resourceVersion of each installed object, by its kind and name. */
  async function versions(): Promise<Record<string, string>> {
    const { items } = JSON.parse(await succeeding(api, ['get', ...INSTALL, '-o', 'json']));
    return Object.fromEntries(
      items.map(
        ({ kind, metadata }: { kind: string; metadata: { name: string; resourceVersion: string } }) => [
          `${kind}/${metadata.name}`,
          metadata.resourceVersion,
        ],
      ),
    );
  }
});

function accessReview(permission: string): string {
  const [what = '', namespace] = permission.split(' in ');
  const [verb, path = '', name] = what.split(' ');
  const [group, resource, subresource] = path.split('/');
  const resourceAttributes = { verb, group, resource, subresource, name, namespace };
  const spec = { user: ACCOUNT, resourceAttributes };
  return JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec });
}
