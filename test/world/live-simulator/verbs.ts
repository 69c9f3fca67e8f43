/**
 * The verbs of the admin port as data: what each does and takes. The same table checks arguments and is the text that
 * `GET /` answers, so the two cannot differ; a verb of `CloudWorld` or an argument that is not in it does not compile.
 */
import { type CloudWorld, CloudWorldError } from './cloud-world.ts';

type Type = 'string' | 'number' | 'boolean' | 'any';
/** With a question mark where it may be left out. */
type Argument = Type | `${Type}?`;

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

export const VERBS: VerbTable = {
  createAccount: { does: 'adds an account', takes: { accountID: 'string', callsPerMinute: 'number?' } },
  modifyAccount: {
    does: 'switches an account off (OperationDenied) or on, or changes its quota',
    takes: { accountID: 'string', enabled: 'boolean?', callsPerMinute: 'number?' },
  },
  spendQuota: {
    does: "spends calls of an account's quota, as another tool of that account would",
    takes: { accountID: 'string', calls: 'number' },
  },
  addKey: {
    does: 'adds a key; with a securityToken it is a temporary one',
    takes: {
      accountID: 'string',
      accessKeyID: 'string',
      accessKeySecret: 'string',
      securityToken: 'string?',
      expiresAt: 'string?',
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
  createJob: {
    does: 'adds a job; unsetTimes (absent, empty) is how times that are not set are answered',
    takes: {
      clusterID: 'string',
      jobID: 'string?',
      accountID: 'string?',
      ...JOB_FIELDS,
      createTime: 'string?',
      modifyTime: 'string?',
      lastStartAt: 'string?',
      lastStopAt: 'string?',
      unsetTimes: 'string?',
    },
  },
  modifyJob: { does: 'changes a job', takes: { clusterID: 'string?', jobID: 'string', ...JOB_FIELDS } },
  startJob: { does: 'starts a job', takes: { clusterID: 'string?', jobID: 'string' } },
  stopJob: { does: 'stops a job', takes: { clusterID: 'string?', jobID: 'string' } },
  removeJob: { does: 'removes a job: JobNotFound', takes: { clusterID: 'string?', jobID: 'string' } },
  jobs: { does: 'lists the jobs', takes: { clusterID: 'string?' } },
  addFault: {
    does:
      'makes calls go wrong: the next so many calls, or all until it is removed; those of one account, key, cluster, job ' +
      'or action, or all. kind: latency (milliseconds), error (status, code, message), throttle (code, retryAfter), ' +
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
  clearFaults: { does: 'removes all faults', takes: {} },
  faults: { does: 'lists the faults that are set', takes: {} },
  refuseConnections: { does: 'stops listening and resets every connection', takes: {} },
  acceptConnections: { does: 'listens again, on the same port', takes: {} },
  counts: { does: 'tells what was called, and the most in any second and minute', takes: {} },
  calls: { does: 'lists the calls after a sequence number', takes: { since: 'number?', limit: 'number?' } },
  awaitCalls: {
    does: 'waits for so many calls after a sequence number',
    takes: { since: 'number?', count: 'number', milliseconds: 'number?' },
  },
  resetCounts: { does: 'forgets calls and counts', takes: {} },
  reset: { does: 'makes everything as it was at the start', takes: {} },
};

export function isVerb(name: string): name is VerbName {
  return Object.hasOwn(VERBS, name);
}

/** Throws `CloudWorldError`, saying what is wrong, where these are not the arguments that a verb takes. */
export function checkArguments(verb: VerbName, given: unknown): asserts given is Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CloudWorldError('Arguments are one JSON object.');
  }
  const takes: Readonly<Record<string, Argument>> = VERBS[verb].takes;
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(takes, name));
  if (unknown.length > 0) {
    throw new CloudWorldError(`${verb} takes no ${unknown.join(', ')}; it takes ${described(takes)}.`);
  }
  for (const [name, argument] of Object.entries(takes)) {
    checkArgument(verb, name, argument, (given as Record<string, unknown>)[name]);
  }
}

function checkArgument(verb: string, name: string, argument: Argument, value: unknown): void {
  const type = argument.replace('?', '');
  if (value === undefined && argument.endsWith('?')) return;
  if (value === undefined) throw new CloudWorldError(`${verb} needs ${name}.`);
  // The value stays out of the message: it may be a secret.
  if (type !== 'any' && typeof value !== type)
    throw new CloudWorldError(`${verb} takes ${name} as a ${type}.`);
}

/** One line for each verb. */
export function verbsText(): string {
  return Object.entries(VERBS)
    .map(([name, { does, takes }]) => `  ${name}: ${does}.\n    takes ${described(takes)}\n`)
    .join('');
}

function described(takes: Readonly<Record<string, Argument>>): string {
  const names = Object.entries(takes).map(([name, argument]) =>
    argument.endsWith('?') ? `[${name}]` : name,
  );
  return names.length === 0 ? 'nothing' : names.join(', ');
}
