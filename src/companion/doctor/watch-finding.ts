/** The check of `doctor` that opens a watch, as the operator and `status --watch` do. */
import { apiFailure } from '../../kube/client/api-error.ts';
import { collectionPath } from '../../kube/client/kube-client.ts';
import type { Connection } from '../common/connection.ts';
import { explained } from '../common/failure.ts';
import type { Finding } from './findings.ts';

export interface WatchTimes {
  /** How long the API server keeps the watch open, ms. An event is there at once, if there is an object. */
  readonly openMs: number;
  /** How much later than requested the end of a watch may arrive, ms. */
  readonly leewayMs: number;
}

const TIMES: WatchTimes = { openMs: 3_000, leewayMs: 5_000 };

type Events = Pick<Connection['watch'], 'events'>;

const NO_EVENT =
  'no event comes, and the watch does not end at its time; check the proxies before the API server';

/**
 * Opens a watch and takes the first event: the API server begins with the objects that exist. A proxy that
 * holds the answer back until its end delivers it when the watch is over.
 *
 * @param hasObjects else no event comes, and the watch is opened only
 */
export async function watchFinding(
  { watch, namespace, server }: Pick<Connection, 'namespace' | 'server'> & { watch: Events },
  hasObjects: boolean,
  { openMs, leewayMs }: WatchTimes = TIMES,
): Promise<Finding> {
  const check = 'watch';
  const lastsMs = hasObjects ? openMs : Math.min(openMs, 1_000);
  const query = { resourceVersion: '0', timeoutSeconds: Math.ceil(lastsMs / 1_000) };
  const deadline = AbortSignal.timeout(lastsMs + leewayMs);
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
  const isHeldBack = performance.now() - began >= openMs;
  return isHeldBack
    ? {
        check,
        verdict: 'wrong',
        text: 'events come only when the watch ends; configure the proxy before the API server to pass them on at once',
      }
    : { check, verdict: 'ok', text: 'events come at once' };
}
