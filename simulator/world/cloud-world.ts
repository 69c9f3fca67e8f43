/**
 * What a test, the demo or a person can do to the simulated cloud. One interface, two ways in: `Simulator` in
 * the same process, `AdminClient` over HTTP.
 *
 * Each verb takes one object and rejects with a sentence when it cannot be done. Times are RFC 3339 strings;
 * an account, key, role, cluster and job are named by their IDs. No verb gives a secret back.
 */
import type { AccountVerbs } from './account-world.ts';
import type { StsVerbs } from './sts-world.ts';

/** Each has an endpoint, connections, faults and counts of its own. */
export type ServiceName = 'live' | 'sts';

/** Which endpoint a verb is about; default Live. */
export interface OfService {
  service?: ServiceName;
}

export interface CloudWorld extends AccountVerbs, StsVerbs, JobVerbs, EndpointVerbs {
  /** Everything as it was at the start. */
  reset(): Promise<void>;
}

export interface JobVerbs {
  createJob(job: NewJob): Promise<JobState>;
  createJobs(jobs: NewJobs): Promise<{ jobs: readonly Required<JobName>[] }>;
  modifyJob(job: JobName & JobChange): Promise<JobState>;
  startJob(job: JobName): Promise<JobState>;
  stopJob(job: JobName): Promise<JobState>;
  removeJob(job: JobName): Promise<void>;
  /** All or, where one of them cannot be started, none. */
  startJobs(jobs: JobNames): Promise<BulkChange>;
  stopJobs(jobs: JobNames): Promise<BulkChange>;
  removeJobs(jobs: JobNames): Promise<BulkChange>;
  jobs(filter?: { clusterID?: string }): Promise<readonly JobState[]>;
}

export interface EndpointVerbs {
  addFault(fault: NewFault): Promise<{ faultID: string }>;
  removeFault(fault: { faultID: string }): Promise<void>;
  /** Removes the faults of both services. */
  clearFaults(): Promise<void>;
  faults(): Promise<readonly Fault[]>;

  /** Stops listening and resets every connection, until `acceptConnections`. */
  refuseConnections(of?: OfService): Promise<void>;
  acceptConnections(of?: OfService): Promise<void>;

  counts(of?: OfService): Promise<Counts>;
  /** The calls after sequence number `since` (default 0: all that are kept), oldest first. */
  calls(range?: { since?: number; limit?: number } & OfService): Promise<CallPage>;
  /**
   * Waits until there are `count` calls, then returns what `calls` would. After `milliseconds` (default
   * 10,000) it returns the calls that there are.
   */
  awaitCalls(range: { since?: number; count: number; milliseconds?: number } & OfService): Promise<CallPage>;
  /** When an account called, for sums over any stretch of time; of one operation or of all. */
  timeline(of: { accountID: string; operation?: string } & OfService): Promise<Timeline>;
  /** Forgets calls and counts of both services; sequence numbers continue. */
  resetCounts(): Promise<void>;
}

/** The cluster may be left out where no two clusters have a job of this ID. */
export interface JobName {
  clusterID?: string;
  jobID: string;
}

/** Jobs by ID, at most 100,000; the cluster as in `JobName`. */
export interface JobNames {
  clusterID?: string;
  jobIDs: readonly string[];
}

export interface BulkChange {
  count: number;
  /** When it was done, in milliseconds since the Unix epoch on the simulator's clock. */
  time: number;
}

export interface JobChange {
  name?: string;
  /** `common`, `nbhd-2`, `ultra-hd`, or what the vendor may add. */
  type?: string;
  /** `0` not started, `1` in progress, or what the vendor may add. Start and stop times stay as they are. */
  status?: string;
  templateID?: string;
  templateName?: string;
  streamInput?: string;
  streamOutput?: string;
}

export interface NewJob extends JobChange {
  clusterID: string;
  /** Default: 32 random hex digits. */
  jobID?: string;
  /** Default: the first account. */
  accountID?: string;
  /** Default: now. */
  createTime?: string;
  /** When it was last modified, for the 180 days of the list; default createTime. */
  modifyTime?: string;
  lastStartAt?: string;
  lastStopAt?: string;
  /**
   * How a time that is not set is answered: left out (default) or as an empty string. The vendor may do
   * either.
   */
  unsetTimes?: 'absent' | 'empty';
}

/** Jobs alike but for their IDs, spread evenly over the clusters. */
export interface NewJobs extends Omit<NewJob, 'clusterID' | 'jobID' | 'name'> {
  clusterIDs: readonly string[];
  /** Number of jobs, at most 100,000. */
  count: number;
  /** What their IDs start with, before a number of eight digits; default 24 random hex digits. */
  prefix?: string;
  /**
   * How much later than the one before each was created, in seconds; default 0. `createTime` is the first
   * one's.
   */
  secondsApart?: number;
}

export interface JobState extends Required<JobChange> {
  accountID: string;
  clusterID: string;
  jobID: string;
  createTime: string;
  modifyTime: string;
  lastStartAt?: string;
  lastStopAt?: string;
}

/** Which calls a fault meets: those that fit everything named here. */
export interface FaultScope extends OfService {
  accountID?: string;
  accessKeyID?: string;
  clusterID?: string;
  jobID?: string;
  action?: string;
  /** That is to be assumed: STS only. */
  roleARN?: string;
}

export type FaultEffect =
  /** The answer comes this much later, whatever it is. */
  | { kind: 'latency'; milliseconds: number }
  /** The service's JSON error. */
  | { kind: 'error'; status: number; code: string; message?: string }
  /** Flow control: default code Throttling.User, default wait 1,000 ms. */
  | { kind: 'throttle'; code?: string; retryAfter?: number }
  /** This body instead of the service's: JSON of any shape, default status 200. */
  | { kind: 'body'; body: unknown; status?: number }
  /** The right answer, but for another job. */
  | { kind: 'other-job'; answeredJobID: string }
  /** The page of some proxy; default status 502, default page a bare "Bad Gateway". */
  | { kind: 'html'; status?: number; page?: string }
  /** No body at all; default status 200. */
  | { kind: 'empty'; status?: number }
  /** The first half of the answer. `honest`: Content-Length says so; `dishonest`: it promises the whole. */
  | { kind: 'truncated'; contentLength: 'honest' | 'dishonest' }
  /** TCP reset in place of an answer. */
  | { kind: 'reset' }
  /** Never an answer; the connection stays open. */
  | { kind: 'hang' };

/** Met by the next `calls` calls that fit, or until it is removed. */
export type NewFault = FaultEffect & FaultScope & { calls?: number };
export type Fault = NewFault & { faultID: string };

export interface Counts {
  calls: number;
  /** Counts by operation, then by code: `OK`, the vendor's code, or the fault in parentheses: `(hang)`. */
  byOperation: Record<string, Record<string, number>>;
  /** Counts by account, with `(none)` for unknown keys. */
  byAccount: Record<string, AccountCounts>;
  /** Counts by access key, calls refused for the key included; `(none)` for calls without one. */
  byKey: Record<string, KeyCounts>;
  /** Counts by `cluster/job`. */
  byJob: Record<string, number>;
  connections: { opened: number; open: number };
}

export interface KeyCounts {
  calls: number;
  byCode: Record<string, number>;
}

export interface AccountCounts extends KeyCounts {
  /** Counts by operation, then by code. */
  byOperation: Record<string, Record<string, number>>;
  /** The most calls in any sliding second, and in any sliding 60 s. */
  mostPerSecond: number;
  mostPerMinute: number;
}

export interface Call {
  sequence: number;
  /** Milliseconds since the Unix epoch, on the simulator's clock. */
  time: number;
  operation: string;
  status: number;
  code: string;
  accountID?: string;
  accessKeyID?: string;
  clusterID?: string;
  jobID?: string;
  roleARN?: string;
}

export interface Timeline {
  /**
   * Milliseconds since the Unix epoch, on the simulator's clock, in their order: the newest 200,000 of each
   * operation.
   */
  times: readonly number[];
  /** How many calls are no longer kept. */
  lost: number;
}

export interface CallPage {
  calls: readonly Call[];
  /** The number of the last call there was: `since` for the next question, unless `limit` cut some. */
  last: number;
  /** How many of the requested calls are no longer kept. */
  lost: number;
}

/** A verb cannot do what its arguments say. The message is for its caller. */
export class CloudWorldError extends Error {
  override readonly name = 'CloudWorldError';
}

/** Throws `CloudWorldError` unless it is the name of a service. */
export function checkService(service: string | undefined): void {
  if (service === undefined || service === 'live' || service === 'sts') return;
  throw new CloudWorldError(`The services are live and sts, not ${service}.`);
}
