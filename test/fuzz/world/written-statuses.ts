/** Statuses of hostile objects, written to a real API server, which must refuse none of them. */
import { join } from 'node:path';
import type { EdgeTranscodeJobStatus } from '../../../src/api/edge-transcode-job.ts';
import { objectKey } from '../../../src/base/object-key.ts';
import { KubeClient } from '../../../src/kube/client/kube-client.ts';
import { loadKubeConfig, PooledKubeConfig } from '../../../src/kube/client/kube-config.ts';
import { ROOT } from '../../guards/deploy/manifests.ts';
import { type ControlPlane, startControlPlane } from '../../world/control-plane/control-plane.ts';
import type { Border } from '../kit/border.ts';
import { type ObjectInput, objects, writtenFor } from '../objects.ts';

/** A write takes 5 ms, and each input makes a few. */
const MOST = 5_000;

const OBJECT = `{"apiVersion":"edgetranscode.live/v1alpha1","kind":"EdgeTranscodeJob",
"metadata":{"name":"stream1","namespace":"default"},"spec":{"clusterID":"c","jobID":"j"}}`;

export const writtenStatuses: Border<ObjectInput> = {
  name: 'written-statuses',
  most: MOST,
  inputs: objects.inputs,
  open,
};

async function open() {
  const controlPlane = await startControlPlane({ auditLog: false });
  await prepared(controlPlane);
  const config = loadKubeConfig(new PooledKubeConfig(), { path: controlPlane.kubeconfig, environment: {} });
  const client = new KubeClient(config, 'fuzz');
  const write = (value: EdgeTranscodeJobStatus) =>
    client.patchStatus(objectKey('default', 'stream1'), [{ op: 'add', path: '/status', value }]);
  return {
    take: async (input: ObjectInput) => {
      for (const status of await writtenFor(input)) await write(status);
    },
    close: () => controlPlane.stop(),
  };
}

async function prepared(controlPlane: ControlPlane): Promise<void> {
  const crd = join(ROOT, 'crds');
  await succeeding(controlPlane.kubectl('apply', '-f', crd));
  const served = ['wait', '--for=condition=Established', '--timeout=60s', '-f', crd];
  await succeeding(controlPlane.kubectl(...served));
  await succeeding(controlPlane.kubectlWith({ stdin: OBJECT }, 'create', '-f', '-'));
}

async function succeeding(command: ReturnType<ControlPlane['kubectl']>): Promise<void> {
  const { code, stderr } = await command;
  if (code !== 0) throw new Error(stderr);
}
