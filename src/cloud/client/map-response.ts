/** Maps the body of an answer, of any shape, to a job or a page of jobs. Pure. */
import { rfc3339 } from '../../base/clock.ts';
import { copyOf } from '../../base/foreign-text.ts';
import type { Answer } from '../../job/model/cloud-port.ts';
import { canonicalID } from '../../job/model/reference.ts';
import { UnexpectedBody } from './call-errors.ts';

export type Job = Extract<Answer, { kind: 'observed' }>['job'];

/** One job as the vendor sent it, for `mapJob`. */
export type JobFields = Readonly<Record<string, unknown>>;

export interface JobPage {
  /** Number of jobs in the cluster's whole list. */
  readonly total: number;
  /** The jobs of this page, by ID. Not mapped yet, because few of them may be wanted. */
  readonly jobs: ReadonlyMap<string, JobFields>;
}

/**
 * Longest value of a field. Documented fields are far shorter, and a status must stay far below etcd's limit
 * of 1.5 MiB.
 */
const LONGEST_VALUE = 4_096;

/** @throws UnexpectedBody with a message free of the body's text */
export function mapJobResponse(body: unknown, jobID: string): Job {
  const fields = isRecord(body) ? body.Job : undefined;
  if (!isRecord(fields)) throw new UnexpectedBody('the answer holds no job');
  const job = mapJob(fields);
  if (Object.keys(job).length === 0) throw new UnexpectedBody('the answer holds an empty job');
  if (job.jobID !== undefined && canonicalID(job.jobID) !== canonicalID(jobID))
    throw new UnexpectedBody('the answer is about another job than the requested one');
  return job;
}

/**
 * More jobs than any cluster has. A larger total is an error of the server, and must not cause that many
 * pages to be read.
 */
const MOST_JOBS = 1_000_000;

/**
 * Maps a page of ListEdgeTranscodeJob. Leaves out entries that are not a job or have no ID, and keeps the
 * others.
 *
 * @throws UnexpectedBody
 */
export function mapListResponse(body: unknown): JobPage {
  const { TotalCount, JobList } = isRecord(body) ? body : {};
  const total = typeof TotalCount === 'string' && TotalCount !== '' ? Number(TotalCount) : TotalCount;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total < 0 || total > MOST_JOBS)
    throw new UnexpectedBody('the answer does not say how many jobs there are');
  const listed = isRecord(JobList) ? (JobList.Job ?? []) : total === 0 ? [] : undefined;
  if (!Array.isArray(listed)) throw new UnexpectedBody('the answer holds no list of jobs');
  const jobs = new Map<string, JobFields>();
  for (const fields of listed) {
    const jobID = isRecord(fields) ? text(fields.JobId) : undefined;
    if (jobID !== undefined) jobs.set(jobID, fields);
  }
  return { total, jobs };
}

/** Maps one job of Get or List. Leaves out fields that are empty, not text, or no valid time. */
export function mapJob(fields: JobFields): Job {
  return withoutUndefined({
    createTime: time(fields.CreateTime),
    jobID: text(fields.JobId),
    lastStartAt: time(fields.LastStartAt),
    lastStopAt: time(fields.LastStopAt),
    name: text(fields.Name),
    status: text(fields.Status),
    streamInput: text(fields.StreamInput),
    streamOutput: text(fields.StreamOutput),
    templateID: text(fields.TemplateId),
    templateName: text(fields.TemplateName),
    type: text(fields.Type),
  });
}

/** Fields are documented as strings. A number means the same: `1` is a status code. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  // A text of JSON is in memory alone, so that only a part of it has to be copied.
  return value.length <= LONGEST_VALUE && value.isWellFormed()
    ? value
    : copyOf(value.slice(0, LONGEST_VALUE));
}

/**
 * Seconds are optional, because the vendor's operations differ. The zone is required: a time without it is
 * ambiguous.
 */
const TIME = /^([12]\d{3}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** A time as the operator writes it, of a day that each month has. No date is made of it: a job has three. */
const PLAIN_TIME = /^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

function time(value: unknown): string | undefined {
  if (typeof value === 'string' && PLAIN_TIME.test(value)) return value;
  const day = typeof value === 'string' ? TIME.exec(value)?.[1] : undefined;
  if (day === undefined) return undefined;
  const date = new Date(value as string);
  if (Number.isNaN(date.getTime())) return undefined;
  const time = rfc3339(date);
  // A time that is written as it came is of a day that exists.
  return time === value || isDay(day) ? time : undefined;
}

/** `Date` reads February 31 as March 3. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && rfc3339(date).startsWith(text);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** A loop over the names alone, because it runs for each job of each page. */
function withoutUndefined<T extends object>(fields: T): Defined<T> {
  const defined: Defined<T> = {};
  for (const name in fields) if (fields[name] !== undefined) defined[name] = fields[name] as never;
  return defined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
