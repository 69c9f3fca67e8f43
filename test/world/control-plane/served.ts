/** Waits until the API server serves a custom resource. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';

/** Usually a second; the server does it in the background. */
const SERVED_WITHIN_MS = 30_000;
/** Leaves the processor to the API server: kubectl without a pause would take as much of it. */
const ASK_EVERY_MS = 250;

/**
 * Resolves when objects of the resource can be created and explained. The condition Established is not
 * enough: discovery and OpenAPI, by which kubectl finds a resource, are published a moment after it. And
 * `kubectl wait` fails for a CRD so new that it has no conditions.
 *
 * @param resource in the plural, such as `edgetranscodejobs`
 */
export async function served(api: Pick<ControlPlane, 'kubectl'>, resource: string): Promise<void> {
  const deadline = performance.now() + SERVED_WITHIN_MS;
  for (;;) {
    const { code, stderr } = await api.kubectl('explain', `${resource}.spec`);
    if (code === 0) return;
    if (performance.now() > deadline) throw new Error(`${resource} are not served: ${stderr}`);
    await delay(ASK_EVERY_MS);
  }
}
