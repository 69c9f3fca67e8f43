/**
 * The shipped manifests on a control plane, applied as a user would.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeTranscodeJobStatus } from '../../../src/api/edge-transcode-job.ts';
import type { ControlPlane } from '../../world/control-plane/control-plane.ts';
import { served } from '../../world/control-plane/served.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** What starting a control plane may take on a busy machine; 4 s is usual. */
export const CONTROL_PLANE_WITHIN_MS = 60_000;

/** The absolute path of a file or folder of the repository. */
export function shipped(path: string): string {
  return join(ROOT, path);
}

/** Standard output of a kubectl call that must succeed; throws with what kubectl said otherwise. */
export async function succeeding(
  api: ControlPlane,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  const { code, stdout, stderr } = await api.kubectlWith(stdin === undefined ? {} : { stdin }, ...args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${code}: ${stderr}`);
  return stdout;
}

/** Applies the CRD and waits until it is served. */
export async function applyCrd(api: ControlPlane): Promise<void> {
  await succeeding(api, ['apply', '-f', shipped('crds')]);
  await crdServed(api);
}

/** Resolves when the API server serves our resource. */
export async function crdServed(api: ControlPlane): Promise<void> {
  await served(api, 'edgetranscodejobs');
}

/** An EdgeTranscodeJob as JSON, which kubectl reads as YAML. */
export function jobManifest(name: string, spec: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    apiVersion: 'edgetranscode.live/v1alpha1',
    kind: 'EdgeTranscodeJob',
    metadata: { name },
    spec,
  });
}

/** Writes a whole status as the operator does: whatever was there before is replaced. */
export async function writeStatus(
  api: ControlPlane,
  namespace: string,
  name: string,
  status: EdgeTranscodeJobStatus,
): Promise<void> {
  const file = join(api.directory, `status-${namespace}-${name}.json`);
  await writeFile(file, JSON.stringify([{ op: 'add', path: '/status', value: status }]));
  const target = ['patch', 'edgetranscodejob', name, `--namespace=${namespace}`, '--subresource=status'];
  await succeeding(api, [...target, '--type=json', `--patch-file=${file}`]);
}
