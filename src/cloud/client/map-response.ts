/**
 * The body of an answer, of any shape, to the job or the page of jobs that it tells of; pure.
 */
import { rfc3339 } from '../../base/clock.ts';
import type { Answer } from '../../job/model/cloud-port.ts';

export type Job = Extract<Answer, { kind: 'observed' }>['job'];

/** One job as the vendor sent it, for `mapJob`. */
export type JobFields = Readonly<Record<string, unknown>>;

export interface JobPage {
  /** How many jobs the cluster's list has in all. */
  readonly total: number;
  /** Those of this page, by ID: raw, as few of them may be wanted. */
  readonly jobs: ReadonlyMap<string, JobFields>;
}

/** No field the vendor documents comes near this; a status must stay far below the 1.5 MiB that etcd takes. */
const LONGEST_VALUE = 4_096;

/** A body that tells of no job, or of another one than asked. */
export class UnexpectedBody extends Error {
  override readonly name = 'UnexpectedBody';
}

/** @throws UnexpectedBody with a message free of the body's text */
export function mapJobResponse(body: unknown, jobID: string): Job {
  const fields = isRecord(body) ? body.Job : undefined;
  if (!isRecord(fields)) throw new UnexpectedBody('the answer holds no job');
  const job = mapJob(fields);
  if (Object.keys(job).length === 0) throw new UnexpectedBody('the answer holds an empty job');
  if (job.jobID !== undefined && job.jobID !== jobID)
    throw new UnexpectedBody('the answer tells of another job than the one asked about');
  return job;
}

/** More jobs than any cluster has: who tells of more counts wrong, and must not make us count along. */
const MOST_JOBS = 1_000_000;

/**
 * A page of ListEdgeTranscodeJob. What is no job, or has no ID, is left out: it must not spoil the others.
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

/** One job as Get and List carry it; what is empty, not text, or not a time where a time belongs is left out. */
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

/** Documented as strings; a number (a status code sent as `1`) means the same. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  return value.slice(0, LONGEST_VALUE).toWellFormed();
}

/** With or without seconds, as the vendor's operations differ; always with a zone, as a time without one means nothing. */
const TIME = /^([12]\d{3}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function time(value: unknown): string | undefined {
  const day = typeof value === 'string' ? TIME.exec(value)?.[1] : undefined;
  if (day === undefined || !isDay(day)) return undefined;
  const date = new Date(value as string);
  return Number.isNaN(date.getTime()) ? undefined : rfc3339(date);
}

/** `Date` takes the 31st of February for the 3rd of March. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && rfc3339(date).startsWith(text);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
