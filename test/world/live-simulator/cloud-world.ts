/**
 * What a test, the demo or a person can do to the simulated cloud. One interface, two ways in: `Simulator` in the same
 * process, `AdminClient` over HTTP.
 *
 * Each verb takes one object and rejects with a sentence when it cannot be done. Times are RFC 3339 strings; an
 * account, key, cluster and job are named by their IDs. No verb gives a secret back.
 */
import type { DenialCode } from './api-error.ts';

export interface CloudWorld {
  createAccount(account: NewAccount): Promise<void>;
  /** An account that is switched off answers OperationDenied. */
  modifyAccount(account: { accountID: string; enabled?: boolean; callsPerMinute?: number }): Promise<void>;
  /** Spends calls of the account's quota, as another tool of the same account would. They are not counted as calls. */
  spendQuota(spending: { accountID: string; calls: number }): Promise<void>;

  addKey(key: NewKey): Promise<void>;
  modifyKey(key: { accessKeyID: string; active?: boolean; expiresAt?: string }): Promise<void>;
  removeKey(key: { accessKeyID: string }): Promise<void>;

  /** Takes a permission away. Without an account or a key: from everybody. */
  deny(denial: Denial): Promise<void>;
  /** Takes back the denials that fit; without arguments, all of them. */
  allow(denial: Partial<Omit<Denial, 'code'>>): Promise<void>;

  createJob(job: NewJob): Promise<JobState>;
  modifyJob(job: JobName & JobChange): Promise<JobState>;
  startJob(job: JobName): Promise<JobState>;
  stopJob(job: JobName): Promise<JobState>;
  removeJob(job: JobName): Promise<void>;
  jobs(filter?: { clusterID?: string }): Promise<readonly JobState[]>;

  addFault(fault: NewFault): Promise<{ faultID: string }>;
  removeFault(fault: { faultID: string }): Promise<void>;
  clearFaults(): Promise<void>;
  faults(): Promise<readonly Fault[]>;

  /** Stops listening and resets every connection, until `acceptConnections`. */
  refuseConnections(): Promise<void>;
  acceptConnections(): Promise<void>;

  counts(): Promise<Counts>;
  /** The calls after sequence number `since` (default 0: all that are kept), oldest first. */
  calls(range?: { since?: number; limit?: number }): Promise<CallPage>;
  /** As `calls`, but waits until there are `count` of them; after `milliseconds` (default 10,000) gives what there is. */
  awaitCalls(range: { since?: number; count: number; milliseconds?: number }): Promise<CallPage>;
  /** Forgets calls and counts; sequence numbers go on. */
  resetCounts(): Promise<void>;

  /** Everything as it was at the start. */
  reset(): Promise<void>;
}

export interface NewAccount {
  accountID: string;
  /** Default 6,000, or what the simulator was started with. */
  callsPerMinute?: number;
}

export interface NewKey {
  accountID: string;
  accessKeyID: string;
  accessKeySecret: string;
  /** Makes it a temporary key, as STS gives them. */
  securityToken?: string;
  /** When the security token expires; default never. */
  expiresAt?: string;
}

export interface Denial {
  /** `GetEdgeTranscodeJob`, with or without the `live:` of the RAM action. */
  action: string;
  accountID?: string;
  accessKeyID?: string;
  /** What is answered, with 403; default NoPermission. */
  code?: DenialCode;
}

/** The cluster may be left out where no two clusters have a job of this ID. */
export interface JobName {
  clusterID?: string;
  jobID: string;
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
  /** How a time that is not set is answered: left out (default) or as an empty string. The vendor may do either. */
  unsetTimes?: 'absent' | 'empty';
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
export interface FaultScope {
  accountID?: string;
  accessKeyID?: string;
  clusterID?: string;
  jobID?: string;
  action?: string;
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
  /** By operation, then by code: `OK`, the vendor's code, or the fault in parentheses: `(hang)`. */
  byOperation: Record<string, Record<string, number>>;
  /** By account, with `(none)` for keys that nobody has. */
  byAccount: Record<string, AccountCounts>;
  /** By `cluster/job`. */
  byJob: Record<string, number>;
  connections: { opened: number; open: number };
}

export interface AccountCounts {
  calls: number;
  byCode: Record<string, number>;
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
}

export interface CallPage {
  calls: readonly Call[];
  /** The sequence number of the last call there was: `since` for the next question. */
  last: number;
  /** How many of the calls asked for are no longer kept. */
  lost: number;
}

/** A verb was asked for something that cannot be done. */
export class CloudWorldError extends Error {
  override readonly name = 'CloudWorldError';
}
