/**
 * The operations of the product `live`, API version 2016-11-01, as its pages describe them. Pure but for the
 * jobs they read.
 */
import { invalidParameter, jobNotFound, missingParameter } from '../http/api-error.ts';
import { timeOf } from '../world/times.ts';
import type { Job } from './job.ts';
import type { Jobs } from './jobs.ts';

export const VERSION = '2016-11-01';

export interface Invocation {
  /** The account of the caller. Jobs of other accounts are hidden. */
  readonly accountID: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly jobs: Jobs;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The response without its RequestId. Throws `ApiError`. */
export type Operation = (invocation: Invocation) => Record<string, unknown>;

/** The operations of Live by action. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['GetEdgeTranscodeJob', getEdgeTranscodeJob],
  ['ListEdgeTranscodeJob', listEdgeTranscodeJob],
]);

const LISTED_FOR_MS = 180 * 24 * 60 * 60_000;
const DEFAULT_PAGE_SIZE = 10;
const LARGEST_PAGE_SIZE = 100;

function getEdgeTranscodeJob({ accountID, parameters, jobs }: Invocation): Record<string, unknown> {
  const clusterID = required(parameters, 'ClusterId');
  const jobID = required(parameters, 'JobId');
  const job = jobs.find(accountID, clusterID, jobID);
  if (!job) throw jobNotFound(jobID);
  return { Job: fieldsOf(job) };
}

function listEdgeTranscodeJob({ accountID, parameters, jobs, now }: Invocation): Record<string, unknown> {
  const clusterID = required(parameters, 'ClusterId');
  const pageNo = integer(parameters, 'PageNo', 1, Number.MAX_SAFE_INTEGER) ?? 1;
  const pageSize = integer(parameters, 'PageSize', 1, LARGEST_PAGE_SIZE) ?? DEFAULT_PAGE_SIZE;
  const fits = filterOf(parameters);
  const listed = jobs.listed(accountID, clusterID, orderOf(parameters));
  const page: Job[] = [];
  let found = 0;
  for (const job of listed) {
    if (job.modifiedAt <= now - LISTED_FOR_MS || !fits(job)) continue;
    if (Math.floor(found / pageSize) === pageNo - 1) page.push(job);
    found++;
  }
  return { TotalCount: found, JobList: { Job: page.map(fieldsOf) } };
}

function filterOf(parameters: Invocation['parameters']): (job: Job) => boolean {
  const type = parameters.get('Type');
  const status = integer(parameters, 'Status', 0, 1)?.toString();
  const keyword = parameters.get('Keyword');
  return (job) =>
    (!type || job.type === type) &&
    (!status || job.status === status) &&
    (!keyword || job.jobID === keyword || job.name.toLowerCase().includes(keyword.toLowerCase()));
}

/** Reads the order by CreateTime: the newest job first, unless SortBy says otherwise. */
function orderOf(parameters: Invocation['parameters']): 'asc' | 'desc' {
  const sortBy = parameters.get('SortBy') || 'desc';
  if (sortBy !== 'asc' && sortBy !== 'desc') throw invalidParameter('SortBy');
  return sortBy;
}

function required(parameters: Invocation['parameters'], name: string): string {
  const value = parameters.get(name);
  if (!value) throw missingParameter(name);
  return value;
}

function integer(
  parameters: Invocation['parameters'],
  name: string,
  least: number,
  most: number,
): number | undefined {
  const value = parameters.get(name);
  if (!value) return undefined;
  if (!/^\d{1,15}$/.test(value) || Number(value) < least || Number(value) > most)
    throw invalidParameter(name);
  return Number(value);
}

/** All fields of a job, as strings. */
function fieldsOf(job: Job): Record<string, string> {
  return {
    CreateTime: timeOf(job.createdAt),
    JobId: job.jobID,
    ...timeField('LastStartAt', job.startedAt, job.unsetTimes),
    ...timeField('LastStopAt', job.stoppedAt, job.unsetTimes),
    Name: job.name,
    Status: job.status,
    StreamInput: job.streamInput,
    StreamOutput: job.streamOutput,
    TemplateId: job.templateID,
    TemplateName: job.templateName,
    Type: job.type,
  };
}

function timeField(name: string, time: number | undefined, unset: Job['unsetTimes']): Record<string, string> {
  if (time !== undefined) return { [name]: timeOf(time) };
  return unset === 'empty' ? { [name]: '' } : {};
}
