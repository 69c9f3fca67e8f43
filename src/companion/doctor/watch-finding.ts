/** The check of `doctor` that opens a watch, as the operator and `status --watch` do. */
import { apiFailure } from '../../kube/client/api-error.ts';
import { collectionPath } from '../../kube/client/kube-client.ts';
import type { Connection } from '../common/connection.ts';
import { explained } from '../common/failure.ts';
import type { Finding } from './findings.ts';

/** How long the API server keeps the watch open, s. An event is there at once, if there is an object. */
const OPEN_SECONDS = 3;

/** How much later than requested the end of a watch may arrive, s. */
const LEEWAY_SECONDS = 5;

const NO_EVENT =
  'no event comes, and the watch does not end at its time; check the proxies before the API server';

/**
 * Opens a watch and takes the first event: the API server begins with the objects that exist. A proxy that
 * holds the answer back until its end delivers it when the watch is over.
 *
 * @param hasObjects else no event comes, and the watch is opened only
 */
export async function watchFinding(
  { watch, namespace, server }: Connection,
  hasObjects: boolean,
): Promise<Finding> {
  const check = 'watch';
  const timeoutSeconds = hasObjects ? OPEN_SECONDS : 1;
  const query = { resourceVersion: '0', timeoutSeconds };
  const deadline = AbortSignal.timeout((timeoutSeconds + LEEWAY_SECONDS) * 1_000);
  const began = performance.now();
  try {
    for await (const _ of watch.events(collectionPath(namespace), query, deadline)) break;
  } catch (error) {
    if (deadline.aborted) return { check, verdict: 'wrong', text: NO_EVENT };
    const { status, reason } = apiFailure(error);
    const request = { what: 'watch edgetranscodejobs', namespace, server };
    if (status !== undefined) return { check, verdict: 'wrong', text: explained(error, request).message };
    return {
      check,
      verdict: 'wrong',
      text: `a watch was cut: ${reason}; check the proxies before the API server`,
    };
  }
  if (!hasObjects)
    return { check, verdict: 'ok', text: 'a watch opens; without objects no event can be seen' };
  const isHeldBack = performance.now() - began >= OPEN_SECONDS * 1_000;
  return isHeldBack
    ? {
        check,
        verdict: 'wrong',
        text: 'events come only when the watch ends; configure the proxy before the API server to pass them on at once',
      }
    : { check, verdict: 'ok', text: 'events come at once' };
}
