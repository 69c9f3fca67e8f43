/** `kubectl etj budget`: the calls that the objects' intervals require, and what longer ones would save. */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { formatDuration } from '../base/duration.ts';
import { identityOf } from '../job/model/reference.ts';
import { demandOf } from '../job/schedule/demand.ts';
import type { ScheduleSettings } from '../job/schedule/poll-schedule.ts';
import type { Connection } from './common/connection.ts';
import { EXIT, type ExitCode } from './common/failure.ts';
import { listJobs } from './common/objects.ts';
import { type Format, jsonText, type Output, type Table, tableLines, yamlText } from './common/output.ts';

export interface BudgetOptions {
  readonly output: Format;
  /** The interval of objects that name none, ms. */
  readonly intervalMs: number;
  /** Intervals below this would be raised to it, ms. */
  readonly atLeastMs: number;
}

/** What one namespace asks of one credential. Calls are a minute, each job with a call of its own. */
export interface Use {
  readonly identity: string;
  readonly namespace: string;
  readonly objects: number;
  readonly calls: number;
  /** Calls that longer intervals would save. */
  readonly saved: number;
}

/** @throws Unable */
export async function budget(
  connection: Connection,
  options: BudgetOptions,
  output: Output,
): Promise<ExitCode> {
  const uses = usesOf(await listJobs(connection), options);
  if (options.output === 'json') output.print(jsonText({ items: uses }));
  else if (options.output === 'yaml') output.print(yamlText({ items: uses }));
  else for (const line of tableLines(tableOf(uses, options.atLeastMs), output)) output.print(line);
  output.note(
    'Calls a minute if each job has a call of its own; where a list takes fewer, the operator makes fewer.',
  );
  return EXIT.fine;
}

/** The uses of all credentials, the most calls first. */
export function usesOf(
  jobs: readonly EdgeTranscodeJob[],
  { intervalMs, atLeastMs }: Pick<BudgetOptions, 'intervalMs' | 'atLeastMs'>,
): Use[] {
  const polled = jobs.filter(({ spec, invalid }) => !spec.suspend && invalid === undefined);
  const now = callsOf(polled, { intervalMs, minIntervalMs: 0 });
  const then = callsOf(polled, { intervalMs, minIntervalMs: atLeastMs });
  const objects = Map.groupBy(polled, (job) =>
    useKey(identityOf({ namespace: job.namespace, ...job.spec.credentialsRef }), job.namespace),
  );
  return Array.from(now, ([key, calls]) => {
    const [identity = '', namespace = ''] = key.split(' ');
    const saved = calls - (then.get(key) ?? 0);
    return {
      identity,
      namespace,
      objects: objects.get(key)?.length ?? 0,
      calls: rounded(calls),
      saved: rounded(saved),
    };
  }).sort((a, b) => b.calls - a.calls || (a.namespace < b.namespace ? -1 : 1));
}

/** Calls a minute by credential and namespace. As in the operator, objects with the same job count once. */
function callsOf(
  jobs: readonly EdgeTranscodeJob[],
  intervals: Pick<ScheduleSettings, 'intervalMs' | 'minIntervalMs'>,
): Map<string, number> {
  const settings = { ...intervals, freshness: 1, intervalScale: 1 };
  const calls = new Map<string, number>();
  for (const { credential, namespaces } of demandOf(jobs, {
    settings,
    mayUse: () => true,
    verdictOf: () => undefined,
  }))
    for (const [namespace, perSecond] of namespaces) {
      const key = useKey(identityOf(credential), namespace);
      calls.set(key, (calls.get(key) ?? 0) + perSecond * 60);
    }
  return calls;
}

/** Neither part can hold a space. */
function useKey(identity: string, namespace: string): string {
  return `${identity} ${namespace}`;
}

function rounded(calls: number): number {
  return Math.round(calls * 100) / 100;
}

function tableOf(uses: readonly Use[], atLeastMs: number): Table {
  return {
    head: [
      'CREDENTIAL',
      'NAMESPACE',
      'OBJECTS',
      'CALLS/MIN',
      `SAVED-BY-${formatDuration(atLeastMs).toUpperCase()}`,
    ],
    rows: uses.map(({ identity, namespace, objects, calls, saved }) =>
      [identity, namespace, `${objects}`, `${calls}`, `${saved}`].map((text) => ({ text })),
    ),
  };
}
