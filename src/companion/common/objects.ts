/** The objects that a command is about: listed once, or followed. */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { systemClock } from '../../base/clock.ts';
import { printable } from '../../base/foreign-text.ts';
import type { Logger } from '../../base/logger.ts';
import { TooLargeError } from '../../kube/client/bounded-body.ts';
import { decodeJob } from '../../kube/informer/decode.ts';
import { limitAfterTooLarge } from '../../kube/informer/page-limit.ts';
import { type OnChange, Store } from '../../kube/informer/store.ts';
import { Watchers } from '../../kube/informer/watchers.ts';
import type { Connection } from './connection.ts';
import { explained } from './failure.ts';

/** Objects of a page, as kubectl requests them. */
const PAGE = 500;

/** Lists all objects of the command's namespaces, but for those that are being deleted. @throws Unable */
export async function listJobs({ client, namespace, server }: Connection): Promise<EdgeTranscodeJob[]> {
  const jobs: EdgeTranscodeJob[] = [];
  let limit = PAGE;
  let next: string | undefined;
  let isComplete = false;
  while (!isComplete) {
    try {
      const page = await client.list(next, { namespace }, limit);
      for (const job of page.items.map(decodeJob)) if (job && !job.isDeleting) jobs.push(job);
      next = page.next;
      isComplete = next === undefined;
    } catch (error) {
      if (!(error instanceof TooLargeError) || limit === 1)
        throw explained(error, { what: 'list edgetranscodejobs', namespace, server });
      limit = limitAfterTooLarge(limit);
    }
  }
  return jobs;
}

export interface Following {
  readonly store: Store;
  /** Ends when the signal is aborted. */
  readonly ended: Promise<void>;
}

/**
 * Keeps a store equal to the API server until the signal is aborted. An interruption is tried again.
 *
 * @param warn receives a sentence about an interruption
 */
export function followJobs(
  { client, watch, namespace }: Connection,
  onChange: OnChange,
  warn: (sentence: string) => void,
  signal: AbortSignal,
): Following {
  const sources = [namespace];
  const store = new Store(sources);
  store.subscribe(onChange);
  const logger = loggerTo(warn);
  const watchers = new Watchers({ sources, lister: client, watch, clock: systemClock, logger });
  return { store, ended: watchers.run((event, source) => store.take(event, source), signal) };
}

function loggerTo(warn: (sentence: string) => void): Logger {
  const say: Logger['warn'] = (message, { reason, hint } = {}) =>
    warn(printable([message, reason, hint].filter(Boolean).join(': ')));
  const logger: Logger = { debug: () => {}, info: () => {}, warn: say, error: say, with: () => logger };
  return logger;
}
