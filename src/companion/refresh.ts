/** `kubectl etj refresh`: requests observations, waits until they are made, and shows what changed. */
import { type EdgeTranscodeJob, REQUESTED_AT_ANNOTATION } from '../api/edge-transcode-job.ts';
import { systemClock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { printable } from '../base/foreign-text.ts';
import { type ObjectKey, objectKey, splitKey } from '../base/object-key.ts';
import { collectionPath } from '../kube/client/kube-client.ts';
import { rowOf } from '../overview/row.ts';
import type { Connection } from './common/connection.ts';
import { EXIT, type ExitCode, explained, Unable } from './common/failure.ts';
import { followJobs, listJobs } from './common/objects.ts';
import type { Output } from './common/output.ts';

export interface RefreshOptions {
  /** Names in the command's namespace; with all namespaces `namespace/name`. */
  readonly names: readonly string[];
  /** Every object of the command's namespaces, instead of `names`. */
  readonly all: boolean;
  readonly timeoutMs: number;
}

/** Requests under way at the same time. */
const AT_ONCE = 10;

/** @throws Unable */
export async function refresh(
  connection: Connection,
  options: RefreshOptions,
  output: Output,
  stop: AbortSignal,
): Promise<ExitCode> {
  const { refreshed, skipped } = chosen(await listJobs(connection), options, connection.namespace);
  for (const { key } of skipped)
    output.note(`${key} is suspended, so it is not observed; spec.suspend=false resumes it`);
  if (refreshed.length === 0) {
    if (skipped.length === 0) output.note('No EdgeTranscodeJobs to refresh.');
    return skipped.length === 0 ? EXIT.fine : EXIT.wrong;
  }
  const before = new Map(refreshed.map((job) => [job.key, job]));
  // One token for all: a request is of this run.
  const token = systemClock.date().toISOString();
  const answers = new Answers(token);
  const end = new AbortController();
  const patience = new AbortController();
  const timer = systemClock.after(options.timeoutMs, () => patience.abort());
  const { ended } = followJobs(
    connection,
    (key, { after }) => {
      const known = before.get(key);
      if (!known || (after && !answers.include(after, known))) return;
      before.delete(key);
      output.print(printable(after ? changeOf(known, after) : `${key} was deleted`));
      if (before.size === 0) end.abort();
    },
    output.note,
    AbortSignal.any([end.signal, stop, patience.signal]),
  );
  try {
    await annotate(connection, refreshed, token, AbortSignal.any([stop, patience.signal]));
  } catch (error) {
    end.abort();
    throw error;
  } finally {
    await ended;
    timer.cancel();
  }
  if (stop.aborted) output.note(`stopped; ${before.size} of ${refreshed.length} were not observed yet`);
  else
    for (const key of before.keys())
      output.note(
        `${key} was not observed within ${formatDuration(options.timeoutMs)}; check that the operator runs, and its budget`,
      );
  return before.size > 0 || skipped.length > 0 ? EXIT.wrong : EXIT.fine;
}

export interface Chosen {
  readonly refreshed: readonly EdgeTranscodeJob[];
  /** Suspended objects, which no request wakes. */
  readonly skipped: readonly EdgeTranscodeJob[];
}

/**
 * Chooses the objects to refresh.
 *
 * @param namespace of the names; undefined: each name has its own
 * @throws Unable when a name has no object
 */
export function chosen(
  jobs: readonly EdgeTranscodeJob[],
  { names, all }: Pick<RefreshOptions, 'names' | 'all'>,
  namespace: string | undefined,
): Chosen {
  const wanted = all ? jobs : named(jobs, names, namespace);
  return {
    refreshed: wanted.filter(({ spec }) => !spec.suspend),
    skipped: all ? [] : wanted.filter(({ spec }) => spec.suspend),
  };
}

function named(
  jobs: readonly EdgeTranscodeJob[],
  names: readonly string[],
  namespace: string | undefined,
): EdgeTranscodeJob[] {
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  return [...new Set(names)].map((name) => {
    if (namespace === undefined && !name.includes('/'))
      throw new Unable(`name ${printable(name)} with its namespace, as namespace/name`);
    const key = (name.includes('/') ? name : objectKey(namespace ?? '', name)) as ObjectKey;
    const job = byKey.get(key);
    if (!job) throw new Unable(`there is no EdgeTranscodeJob ${printable(key)}`);
    return job;
  });
}

/** Tells which versions of objects answer the requests of a run. */
class Answers {
  readonly #token: string;
  /** Objects that had the token. */
  readonly #requested = new Set<ObjectKey>();

  constructor(token: string) {
    this.#token = token;
  }

  /** @param before the object before the request */
  include({ key, requestedAt, status }: EdgeTranscodeJob, before: EdgeTranscodeJob): boolean {
    if (requestedAt === this.#token) this.#requested.add(key);
    const handled = status.lastHandledRequestedAt;
    if (handled === this.#token) return true;
    // A later request of another run has replaced this one, and its observation is newer still.
    const isLater = this.#requested.has(key) && handled === requestedAt;
    return isLater && handled !== before.status.lastHandledRequestedAt;
  }
}

/** Says in a line how an object differs from before. */
export function changeOf(before: EdgeTranscodeJob, after: EdgeTranscodeJob): string {
  const [old, now] = [rowOf(before, undefined), rowOf(after, undefined)];
  const state = old.state === now.state ? now.state : `${old.state} -> ${now.state}`;
  const problem = old.problem === now.problem ? [] : [`problem ${old.problem} -> ${now.problem}`];
  const reason =
    now.problem === 'None' || !now.condition ? [] : [`${now.condition.reason}: ${now.condition.message}`];
  const isSame = old.state === now.state && old.problem === now.problem;
  return `${after.key} ${[`${state}${isSame ? ' (unchanged)' : ''}`, ...problem, ...reason].join('; ')}`;
}

/** Writes the annotation of each object, a few at a time, until the signal is aborted. @throws Unable */
async function annotate(
  { calls, server }: Connection,
  jobs: readonly EdgeTranscodeJob[],
  token: string,
  stop: AbortSignal,
): Promise<void> {
  const left = jobs.values();
  const body = { metadata: { annotations: { [REQUESTED_AT_ANNOTATION]: token } } };
  const work = async () => {
    for (const { key } of left) {
      if (stop.aborted) return;
      const { namespace, name } = splitKey(key);
      const path = `${collectionPath(namespace)}/${encodeURIComponent(name)}`;
      await calls
        .call({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body })
        .catch((error) => {
          throw explained(error, { what: 'patch edgetranscodejobs', namespace, server });
        });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
