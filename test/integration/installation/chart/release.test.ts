/**
 * A release on a real API server: installed, upgraded, rolled back, uninstalled and installed again by Helm,
 * which waits for the Deployment. No kubelet runs here: the test starts the operator that the Deployment
 * describes, and reports its readiness as the controllers of a cluster would.
 */
import type { V1Deployment, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { inOrder } from '../../../../scripts/test/in-order.ts';
import { MissingToolError } from '../../../world/builds/go-build.ts';
import { served } from '../../../world/control-plane/served.ts';
import { monitoringCrds } from '../../../world/crds-of-others/crds-of-others.ts';
import { skipBecause } from '../../../world/skip.ts';
import {
  CHART,
  type HelmResult,
  NAMESPACE,
  RELEASE,
  useHelm,
  type Values,
} from '../../support/release/helm.ts';
import { Pods } from '../../support/release/pods.ts';
import { useWorld } from '../../support/use-world.ts';
import { is, job } from '../../support/world.ts';

const WAIT = ['--wait', '--timeout=60s'];
const SECRET = 'alibaba-cloud-credentials';
const RESTRICTED = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);

describe('a release of the chart', function () {
  this.timeout(120_000);
  // Each step needs the one before.
  inOrder(this);
  const tool = useHelm();
  let pods: Pods;
  let values: Values;
  const scene = useWorld({
    crd: false,
    operator: 'none',
    prepare: async (world) => {
      const { cloud } = world;
      pods = new Pods(world);
      await world.kubectl('create', 'namespace', NAMESPACE);
      await world.kubectl('label', 'namespace', NAMESPACE, ...RESTRICTED);
      const secret: V1Secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: SECRET, namespace: NAMESPACE },
        stringData: { ...cloud.accessKey },
      };
      await world.apply(secret);
      values = {
        config: { interval: '5s', endpoint: cloud.endpoint, stsEndpoint: cloud.stsEndpoint },
        credentials: { existingSecret: { name: SECRET } },
      };
    },
  });

  it('installs without a warning, and is there when the operator that it describes is ready', async () => {
    const result = await withPods(['install', RELEASE, CHART, ...WAIT]);
    expect(result).to.include({ code: 0, stderr: '' });
    expect(result.stdout).to.contain('STATUS: deployed');
    expect(result.stdout).to.contain(`create secret generic ${SECRET}`);
    expect(result.stdout).to.contain('helm uninstall keeps the CRD');
  });

  it('observes an object with the credentials of its Secret', async () => {
    await scene.world.apply(job('first'));
    await scene.world.until('first', (each) => is(each, 'Ready', 'True'));
  });

  it('is upgraded with an object of its own, for which Helm waits until it is Ready', async () => {
    const config = { ...(values.config as Values), interval: '30s' };
    const extraObjects = [job('of-the-chart')];
    const result = await withPods(['upgrade', RELEASE, CHART, ...WAIT], { ...values, config, extraObjects });
    expect(result).to.include({ code: 0, stderr: '' });
    expect((await deployment()).spec?.template.spec?.containers[0]?.args).to.include('--interval=30s');
    expect(is(await scene.world.get('of-the-chart'), 'Ready', 'True')).to.equal(true);
  });

  it('is rolled back to what it was', async () => {
    const result = await withPods(['rollback', RELEASE, '1', ...WAIT]);
    expect(result).to.include({ code: 0, stderr: '' });
    expect((await deployment()).spec?.template.spec?.containers[0]?.args).to.include('--interval=5s');
    expect((await scene.world.list()).map(({ metadata }) => metadata.name)).to.deep.equal(['first']);
  });

  it('adds monitors and alerts that the Prometheus Operator accepts, and a dashboard', async function () {
    const crds = await monitoringCrds(['servicemonitors', 'podmonitors', 'prometheusrules']).catch(
      (error: Error) => {
        if (error instanceof MissingToolError) return skipBecause(this, error.message);
        throw error;
      },
    );
    const on = { enabled: true, additionalLabels: { release: 'prometheus' } };
    const withoutCrds = await helm(['upgrade', RELEASE, CHART], { ...values, serviceMonitor: on });
    expect(withoutCrds.stderr).to.contain('no matches for kind "ServiceMonitor"');
    await scene.world.kubectl('apply', '--server-side', ...crds.map((crd) => `--filename=${crd}`));
    for (const crd of crds) await served(scene.world.controlPlane, /_(\w+)\.yaml$/.exec(crd)?.[1] ?? '');
    for (const monitor of ['serviceMonitor', 'podMonitor']) {
      const monitored = {
        ...values,
        [monitor]: { ...on, interval: '30s' },
        prometheusRule: on,
        grafanaDashboard: on,
      };
      expect(await helm(['upgrade', RELEASE, CHART], monitored)).to.include({ code: 0, stderr: '' });
      const kinds = `${monitor},prometheusrule,configmap`;
      const found = await scene.world.kubectl(
        'get',
        kinds,
        `-n=${NAMESPACE}`,
        '-l=release=prometheus',
        '-o=name',
      );
      expect(found.trim().split('\n')).to.have.lengthOf(3);
    }
    expect(await helm(['upgrade', RELEASE, CHART])).to.include({ code: 0, stderr: '' });
  });

  it('is upgraded to one pod without leader election, and back', async () => {
    const alone = { ...values, replicaCount: 1, leaderElection: { enabled: false } };
    expect(await helm(['upgrade', RELEASE, CHART], alone)).to.include({ code: 0, stderr: '' });
    expect((await deployment()).spec?.strategy?.rollingUpdate?.maxSurge).to.equal(0);
    expect(await helm(['upgrade', RELEASE, CHART])).to.include({ code: 0, stderr: '' });
    expect((await deployment()).spec?.strategy?.rollingUpdate?.maxSurge).to.equal('25%');
  });

  it('stands beside a second release for a shard', async () => {
    const shard = {
      ...values,
      shard: { name: 'sports' },
      crds: { install: false },
      rbac: { userRoles: false },
      objectSizePolicy: { enabled: false },
    };
    expect(await helm(['install', 'sports', CHART], shard)).to.include({ code: 0, stderr: '' });
    expect(await helm(['uninstall', 'sports'])).to.include({ code: 0 });
    expect(is(await scene.world.get('first'), 'Ready', 'True')).to.equal(true);
  });

  it('is uninstalled, and leaves the CRD and the objects', async () => {
    const before = await scene.world.get('first');
    await pods.stop();
    const { code, stdout, stderr } = await helm(['uninstall', RELEASE, ...WAIT]);
    expect(code, stderr).to.equal(0);
    expect(stdout + stderr).to.contain('edgetranscodejobs.edgetranscode.live');
    expect((await scene.world.get('first')).metadata.uid).to.equal(before.metadata.uid);
    const kinds =
      'deployment,service,serviceaccount,clusterrole,clusterrolebinding,validatingadmissionpolicy';
    const left = await scene.world.kubectl(
      'get',
      kinds,
      '-A',
      '-o=name',
      `-l=app.kubernetes.io/instance=${RELEASE}`,
    );
    expect(left).to.equal('');
  });

  it('is installed again, and takes over the CRD and the objects', async () => {
    const result = await withPods(['install', RELEASE, CHART, ...WAIT]);
    expect(result).to.include({ code: 0, stderr: '' });
    const { metadata } = await scene.world.get('first');
    await scene.world.kubectl('annotate', 'etj', 'first', 'edgetranscode.live/requested-at=again');
    await scene.world.until(
      'first',
      ({ status, metadata: { uid } }) => uid === metadata.uid && status.lastHandledRequestedAt === 'again',
    );
  });

  it('installs under another name over the CRD that is there with --take-ownership, as the notes say', async () => {
    await pods.stop();
    await helm(['uninstall', RELEASE]);
    const refused = await helm(['install', 'other', CHART]);
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain('invalid ownership metadata');
    expect(await helm(['install', 'other', CHART, '--take-ownership'])).to.include({ code: 0 });
  });

  function helm(args: readonly string[], given: Values = values): Promise<HelmResult> {
    const all = [...args, `--namespace=${NAMESPACE}`];
    const takesValues = /install|upgrade/.test(args[0] ?? '') && args[0] !== 'uninstall';
    return tool.helm.run(takesValues ? [...all, '--values=-'] : all, {
      values: given,
      kubeconfig: scene.world.controlPlane.kubeconfig,
    });
  }

  /** Runs Helm while the Deployment's next generation gets its pods. */
  async function withPods(args: readonly string[], given: Values = values): Promise<HelmResult> {
    const [result] = await Promise.all([helm(args, given), pods.rollOut(NAMESPACE, RELEASE)]);
    return result;
  }

  async function deployment(): Promise<V1Deployment> {
    return JSON.parse(await scene.world.kubectl('get', 'deployment', RELEASE, `-n=${NAMESPACE}`, '-o=json'));
  }
});
