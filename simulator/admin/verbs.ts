/**
 * The verbs of the admin port as data: what each does and takes. The same table checks arguments and is the
 * text that `GET /` answers, so the two cannot differ; a verb of `CloudWorld` or an argument that is not in
 * it does not compile.
 */
import type { CloudWorld } from '../world/cloud-world.ts';

type Type = 'string' | 'number' | 'boolean' | 'strings' | 'any';
/** The type of an argument, with a question mark where the argument may be left out. */
export type Argument = Type | `${Type}?`;

/** Names of a type's properties; of a union, those of every member. */
type Names<T> = T extends unknown ? keyof T & string : never;

interface Verb<Arguments> {
  readonly does: string;
  readonly takes: Readonly<Record<Names<Arguments>, Argument>>;
}

type VerbTable = { readonly [Name in keyof CloudWorld]: Verb<Parameters<CloudWorld[Name]>[0]> };

export type VerbName = keyof CloudWorld;

const JOB_FIELDS = {
  name: 'string?',
  type: 'string?',
  status: 'string?',
  templateID: 'string?',
  templateName: 'string?',
  streamInput: 'string?',
  streamOutput: 'string?',
} as const;

const { name: _, ...BATCH_FIELDS } = JOB_FIELDS;

const JOB_TIMES = {
  createTime: 'string?',
  modifyTime: 'string?',
  lastStartAt: 'string?',
  lastStopAt: 'string?',
  unsetTimes: 'string?',
} as const;

const JOB_NAMES = { clusterID: 'string?', jobIDs: 'strings' } as const;

const ROLE_FIELDS = {
  trusted: 'boolean?',
  trustedAccounts: 'strings?',
  trustedKeys: 'strings?',
  trustedProviders: 'strings?',
  externalID: 'string?',
  permissions: 'strings?',
  maxSessionSeconds: 'number?',
  sessionSeconds: 'number?',
} as const;

export const VERBS: VerbTable = {
  createAccount: { does: 'adds an account', takes: { accountID: 'string', callsPerMinute: 'number?' } },
  modifyAccount: {
    does: 'switches an account off (OperationDenied at Live) or on, or changes its quota',
    takes: { accountID: 'string', enabled: 'boolean?', callsPerMinute: 'number?' },
  },
  spendQuota: {
    does: "spends calls of an account's quota, as another tool of that account would",
    takes: { accountID: 'string', calls: 'number' },
  },
  addKey: {
    does:
      'adds a key; with a securityToken it is a temporary one; userName is the RAM user that has it (operator), and ' +
      'where that is empty the account itself',
    takes: {
      accountID: 'string',
      accessKeyID: 'string',
      accessKeySecret: 'string',
      securityToken: 'string?',
      expiresAt: 'string?',
      userName: 'string?',
    },
  },
  modifyKey: {
    does: 'makes a key inactive or active, or changes when it expires',
    takes: { accessKeyID: 'string', active: 'boolean?', expiresAt: 'string?' },
  },
  removeKey: { does: 'removes a key', takes: { accessKeyID: 'string' } },
  deny: {
    does: 'takes the permission for an action away; code is NoPermission (default), Forbidden.RAM or Forbidden',
    takes: { action: 'string', accountID: 'string?', accessKeyID: 'string?', code: 'string?' },
  },
  allow: {
    does: 'takes back the denials that fit',
    takes: { action: 'string?', accountID: 'string?', accessKeyID: 'string?' },
  },
  createRole: {
    does:
      'adds a role, which those it trusts may assume: trustedAccounts by ID (its own, where no account, key or provider is named), ' +
      'trustedKeys by access key ID, trustedProviders of OIDC tokens by ARN; permissions are RAM actions such as ' +
      'live:GetEdgeTranscodeJob, or * (default); sessionSeconds is how long its sessions really are, whatever is asked',
    takes: { roleName: 'string', accountID: 'string?', ...ROLE_FIELDS },
  },
  modifyRole: {
    does: 'changes a role; with trusted false it cannot be assumed',
    takes: { roleARN: 'string', ...ROLE_FIELDS },
  },
  removeRole: { does: 'removes a role: EntityNotExist.Role', takes: { roleARN: 'string' } },
  roles: { does: 'lists the roles', takes: {} },
  addOIDCToken: {
    does: 'makes STS know a token that an OIDC provider issued',
    takes: { token: 'string', providerARN: 'string', subject: 'string?', expiresAt: 'string?' },
  },
  modifyOIDCToken: {
    does: 'changes when a token expires: AuthenticationFail.OIDCToken.Expired',
    takes: { token: 'string', expiresAt: 'string' },
  },
  removeOIDCToken: {
    does: 'makes STS forget a token: AuthenticationFail.OIDCToken.InvalidSignature',
    takes: { token: 'string' },
  },
  sessions: { does: 'lists the sessions that STS issued', takes: { roleARN: 'string?' } },
  expireSessions: {
    does: 'makes sessions expire now (InvalidSecurityToken.Expired): of a role, one, or all',
    takes: { roleARN: 'string?', accessKeyID: 'string?' },
  },
  createJob: {
    does: 'adds a job; unsetTimes (absent, empty) is how times that are not set are answered',
    takes: {
      clusterID: 'string',
      jobID: 'string?',
      accountID: 'string?',
      ...JOB_FIELDS,
      ...JOB_TIMES,
    },
  },
  createJobs: {
    does:
      'adds many jobs alike, spread over the clusters, and answers their IDs: a prefix (random) and a number; ' +
      'createTime is of the first',
    takes: {
      clusterIDs: 'strings',
      count: 'number',
      prefix: 'string?',
      secondsApart: 'number?',
      accountID: 'string?',
      ...BATCH_FIELDS,
      ...JOB_TIMES,
    },
  },
  modifyJob: { does: 'changes a job', takes: { clusterID: 'string?', jobID: 'string', ...JOB_FIELDS } },
  startJob: { does: 'starts a job', takes: { clusterID: 'string?', jobID: 'string' } },
  stopJob: { does: 'stops a job', takes: { clusterID: 'string?', jobID: 'string' } },
  removeJob: { does: 'removes a job: JobNotFound', takes: { clusterID: 'string?', jobID: 'string' } },
  startJobs: { does: 'starts many jobs at once', takes: JOB_NAMES },
  stopJobs: { does: 'stops many jobs at once', takes: JOB_NAMES },
  removeJobs: { does: 'removes many jobs at once', takes: JOB_NAMES },
  jobs: { does: 'lists the jobs', takes: { clusterID: 'string?' } },
  addFault: {
    does:
      'makes calls fail: the next calls of that number, or all until it is removed; those of one account, key, cluster, job, ' +
      'role or action, or all; of the service live (default) or sts. kind: latency (milliseconds), error (status, code, message), throttle (code, retryAfter), ' +
      'body (body, status), other-job (answeredJobID), html (status, page), empty (status), ' +
      'truncated (contentLength: honest or dishonest), reset, hang',
    takes: {
      kind: 'string',
      calls: 'number?',
      accountID: 'string?',
      accessKeyID: 'string?',
      clusterID: 'string?',
      jobID: 'string?',
      action: 'string?',
      roleARN: 'string?',
      service: 'string?',
      milliseconds: 'number?',
      status: 'number?',
      code: 'string?',
      message: 'string?',
      retryAfter: 'number?',
      body: 'any?',
      answeredJobID: 'string?',
      page: 'string?',
      contentLength: 'string?',
    },
  },
  removeFault: { does: 'removes one fault', takes: { faultID: 'string' } },
  clearFaults: { does: 'removes all faults, of both services', takes: {} },
  faults: { does: 'lists the faults that are set', takes: {} },
  refuseConnections: {
    does: 'stops listening and resets every connection of a service (live)',
    takes: { service: 'string?' },
  },
  acceptConnections: { does: 'listens again, on the same port', takes: { service: 'string?' } },
  counts: {
    does: 'counts the calls of a service (live), with the most in any second and minute',
    takes: { service: 'string?' },
  },
  calls: {
    does: 'lists the calls after a sequence number',
    takes: { since: 'number?', limit: 'number?', service: 'string?' },
  },
  awaitCalls: {
    does: 'waits for a number of calls after a sequence number',
    takes: { since: 'number?', count: 'number', milliseconds: 'number?', service: 'string?' },
  },
  timeline: {
    does: 'lists the times of the calls of an account, of one operation or of all',
    takes: { accountID: 'string', operation: 'string?', service: 'string?' },
  },
  resetCounts: { does: 'forgets calls and counts', takes: {} },
  reset: { does: 'makes everything as it was at the start', takes: {} },
};

export function isVerb(name: string): name is VerbName {
  return Object.hasOwn(VERBS, name);
}

/** One line for each verb. */
export function verbsText(): string {
  return Object.entries(VERBS)
    .map(([name, { does, takes }]) => `  ${name}: ${does}.\n    takes ${described(takes)}\n`)
    .join('');
}

export function described(takes: Readonly<Record<string, Argument>>): string {
  const names = Object.entries(takes).map(([name, argument]) =>
    argument.endsWith('?') ? `[${name}]` : name,
  );
  return names.length === 0 ? 'nothing' : names.join(', ');
}
