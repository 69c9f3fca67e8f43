/**
 * Whether an object is polled. Every part of the domain asks this function, so that a new reason not to poll
 * is added once.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { CredentialReference } from './cloud-port.ts';
import { credentialOf } from './reference.ts';

/**
 * Why an object is not polled: `spec.suspend`, a spec that cannot be used, or keys that its namespace may not
 * use.
 */
export type Obstacle = 'suspended' | 'invalid' | 'forbidden';

/**
 * Returns why the object is not polled; undefined when it is.
 *
 * @param mayUse whether a namespace may use a credential. Default: it may, for callers that let the cloud
 *   answer why it may not.
 */
export function obstacleOf(
  object: EdgeTranscodeJob,
  mayUse: (credential: CredentialReference) => boolean = () => true,
): Obstacle | undefined {
  if (object.spec.suspend) return 'suspended';
  if (object.invalid !== undefined) return 'invalid';
  return mayUse(credentialOf(object)) ? undefined : 'forbidden';
}
