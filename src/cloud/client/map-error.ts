/**
 * Maps everything that a call can throw to one kind of failure. Pure. The code decides first, the HTTP status
 * second: a 404 can mean an unknown key, and a 400 an exceeded quota.
 */
import type { Failure, FailureKind } from '../../job/model/failures.ts';
import { OWN_IDENTITY } from '../../job/model/reference.ts';
import { AnswerTooLong, DeadlineExceeded, TooManyAnswers, UnexpectedBody } from './call-errors.ts';

/** The call, as messages name it. */
export interface CallContext {
  readonly action: string;
  readonly clusterID: string;
  readonly jobID: string;
  /** Undefined: the region comes from the Secret, whose values no message repeats. */
  readonly regionID: string | undefined;
  /** `default` or the Secret's `namespace/name`. */
  readonly identity: string;
}

/** A failure, with what the log and the metrics add to it. */
export interface CallFailure {
  readonly failure: Failure;
  /** The code of the vendor or the network, else the kind. Short, and safe as a label. */
  readonly code: string;
  readonly requestID?: string;
}

/** Failures that may come from a proxy: the API itself may not have seen the call. */
export const MAY_COME_FROM_A_PROXY: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
]);

/** Code of an answer that says: the nonce is used. The call is signed and sent again. */
export const SIGNATURE_NONCE_USED = 'SignatureNonceUsed';

/**
 * What the vendor holds against an account, by the words of its codes: `Forbidden.RiskControl`,
 * `Account.Arrearage`. No RAM permission and no key helps. The first pattern that matches counts.
 */
const ACCOUNT_TROUBLES: readonly (readonly [RegExp, advice: string])[] = [
  [/RiskControl/, "the vendor's risk control blocks the account; ask the vendor, and verify the account"],
  [/UserVerification|RealName/, 'the identity of the account is not verified; verify it in the console'],
  [/ServiceDisabled|ServiceNotOpen|NotActivated/, 'the service is not open for the account; open it'],
  [/Arrear|InDebt|InsufficientBalance|NotEnoughBalance/, 'the account lacks money; pay what it owes'],
];

/** Codes that do not say whether the account or a RAM permission is meant. */
const ACCOUNT_OR_PERMISSION = /^(IllegalOperation|ActionUnauthorized)(\.|$)/;

/** Codes of an endpoint that does not know the API that was called. */
const NO_SUCH_API = /^Invalid(Action|Version|Api)(\.|$)/;

/** Kinds by code. The first pattern that matches counts. */
const KIND_OF_CODE: readonly (readonly [RegExp, FailureKind])[] = [
  [/Throttling/, 'Throttled'],
  [/^JobNotFound$/, 'JobNotFound'],
  ...ACCOUNT_TROUBLES.map(([pattern]) => [pattern, 'OperationDenied'] as const),
  [ACCOUNT_OR_PERMISSION, 'OperationDenied'],
  [/^InvalidAccessKeyId(\.|$)/, 'AuthenticationFailed'],
  [/^(SignatureDoesNotMatch|IncompleteSignature)(\.|$)/, 'AuthenticationFailed'],
  [/^(InvalidSecurityToken|MissingSecurityToken)(\.|$)/, 'AuthenticationFailed'],
  [/^(Invalid|Illegal)Time[Ss]tamp(\.|$)/, 'ClockSkewed'],
  [/^(Forbidden|NoPermission)(\.|$)/, 'PermissionDenied'],
  [/^OperationDenied(\.|$)/, 'OperationDenied'],
  [/^MissingParameter(\.|$)/, 'InvalidReference'],
  [/^InvalidParameter/, 'InvalidReference'],
  [/^Invalid\w*Id(\.|$)/, 'InvalidReference'],
  [/^(ServiceUnavailable|InternalError)(\.|$)/, 'ServerError'],
];

/** What to do about a key that is not accepted, by code. The first pattern that matches counts. */
const KEY_ADVICE: readonly (readonly [RegExp, advice: string])[] = [
  [/^InvalidAccessKeyId\.Inactive/, 'enable the access key, or put in another one'],
  [
    /^(SignatureDoesNotMatch|IncompleteSignature)/,
    'the secret does not belong to the access key ID; put in the pair as it was created',
  ],
  [/SecurityToken/, 'put in a valid STS token with its access key'],
];

/** Codes of Node and OpenSSL that concern trust in a certificate. */
const TRUST_CODE =
  /^((CERT|CRL)_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_\w+|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT_\w+)$/;

/** Codes of Node that concern the connection. */
const CONNECTION_CODE = /^(E[A-Z0-9_]+|HPE_\w+)$/;

/** Bound on the search through causes, which can form a cycle. Real errors nest less deeply. */
const DEEPEST_CAUSE = 8;

/** What differs between the APIs. */
export interface Dialect {
  /** The server in a message, such as `the endpoint`. */
  readonly server: string;
  kindOf(status: number, code: string | undefined): FailureKind;
  /**
   * The message, with what a person can do. It repeats nothing of the answer but the code, whose format is
   * checked.
   */
  messageOf(kind: FailureKind, code: string): string;
}

export function mapError(error: unknown, context: CallContext): CallFailure {
  const messageOf: Dialect['messageOf'] = (kind, code) => liveMessage(kind, code, context);
  return translate(error, { server: 'the endpoint', kindOf, messageOf });
}

export function translate(error: unknown, dialect: Dialect): CallFailure {
  try {
    if (error instanceof AnswerTooLong) return failed('UnexpectedResponse', error.message, 'AnswerTooLong');
    if (error instanceof UnexpectedBody) return failed('UnexpectedResponse', error.message);
    if (error instanceof TooManyAnswers) return tooManyAnswers(dialect);
    return refusedBy(error, dialect) ?? unreachable(error, dialect) ?? NOT_OF_THIS_API;
  } catch {
    // A getter or proxy in the error threw.
    return NOT_OF_THIS_API;
  }
}

/** The answer is not JSON, or JSON of a shape that makes the SDK throw without an HTTP status. */
const NOT_OF_THIS_API = failed(
  'UnexpectedResponse',
  'the answer is not the JSON of this API; is a proxy in between?',
);

/** Reading the answer failed without an `UnexpectedBody`: the operator has a bug. */
export const OWN_ERROR = failed(
  'UnexpectedResponse',
  "the operator failed to read the answer; report it with the line 'failed to read an answer' of its log",
  'OperatorError',
);

function tooManyAnswers({ server }: Dialect): CallFailure {
  const message = `${server} sends too many long answers at once; check the network and the endpoint`;
  return failed('ConnectionFailed', message, 'TooManyAnswers');
}

/** The vendor's are UUIDs. */
const REQUEST_ID = /^[\w-]{1,64}$/;

/** Maps what the SDK throws for an error body: `code`, and `data` with its fields and `statusCode`. */
function refusedBy(error: unknown, { kindOf, messageOf }: Dialect): CallFailure | undefined {
  const { code: given, data } = (error ?? {}) as { code?: unknown; data?: Record<string, unknown> | null };
  const status = data?.statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599)
    return undefined;
  const isCode = typeof given === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(given) && given !== 'undefined';
  const code = isCode ? given : undefined;
  const kind = kindOf(status, code);
  const requestID = data?.RequestId;
  return {
    failure: { kind, message: messageOf(kind, code ?? `HTTP ${status}`) },
    code: code ?? `HTTP${status}`,
    ...(typeof requestID === 'string' && REQUEST_ID.test(requestID) && { requestID }),
  };
}

/** Maps what Node throws, and a call that took too long. */
function unreachable(error: unknown, { server }: Dialect): CallFailure | undefined {
  const isLate = error instanceof DeadlineExceeded;
  const code = isLate ? error.name : networkCode(error);
  if (code === undefined) return undefined;
  const message = TRUST_CODE.test(code)
    ? `the TLS certificate of ${server} is not trusted (${code}); name its authority in NODE_EXTRA_CA_CERTS, or check the endpoint`
    : `${server} cannot be reached (${isLate ? error.message : code}); check the network, DNS, TLS trust and the endpoint`;
  return failed('ConnectionFailed', message, code);
}

/** The kind by the codes that the vendor's products share. */
export function kindOf(status: number, code: string | undefined): FailureKind {
  const known = code && KIND_OF_CODE.find(([pattern]) => pattern.test(code));
  if (known) return known[1];
  if (status === 429) return 'Throttled';
  return status >= 500 ? 'ServerError' : 'UnexpectedResponse';
}

/** Returns what is wrong with the account, and what to do; undefined for a code that does not say so. */
export function accountTrouble(code: string): string | undefined {
  return ACCOUNT_TROUBLES.find(([pattern]) => pattern.test(code))?.[1];
}

/** A message about an answer whose code is not known: a code of the API can be looked up, a status cannot. */
export function unknownAnswer(server: string, code: string): string {
  if (code.startsWith('HTTP '))
    return `${server} gave an answer without a code (${code}); is a proxy in between?`;
  return `${server} gave an answer that this operator does not know (${code}); look the code up at api.aliyun.com/troubleshoot`;
}

/** Names the credentials of an identity in a message. */
export function credentialsOf(identity: string): string {
  return identity === OWN_IDENTITY
    ? "the operator's own credentials"
    : `the credentials of Secret ${identity}`;
}

function liveMessage(kind: FailureKind, code: string, context: CallContext): string {
  const { action, clusterID, jobID, regionID, identity } = context;
  const who = credentialsOf(identity);
  const region = regionID === undefined ? 'the region that this Secret names' : `region ${regionID}`;
  switch (kind) {
    case 'JobNotFound':
      return `cluster ${clusterID} has no job ${jobID} that ${who} can see in ${region}; check clusterID, jobID, regionID and credentialsRef`;
    case 'InvalidReference':
      return `the cloud calls the reference invalid (${code}); check clusterID, jobID and regionID`;
    case 'OperationDenied':
      return `the cloud denied the operation (${code}); ${deniedAdvice(code, action, who)}`;
    case 'PermissionDenied':
      return `no RAM permission live:${action} for ${who} (${code}); grant it, and the next poll succeeds`;
    case 'AuthenticationFailed':
      return `the cloud did not accept ${who} (${code}); ${keyAdvice(code)}`;
    case 'ClockSkewed':
      return `the cloud calls the request out of date (${code}); set the clock of the operator's node`;
    case 'Throttled':
      return `the account's quota is spent (${code}); lower --calls-per-minute, or find what else spends it`;
    case 'ServerError':
      return `the cloud failed to answer (${code})`;
    default:
      if (NO_SUCH_API.test(code))
        return `the endpoint does not know the operation ${action} (${code}); check that it is an endpoint of Live`;
      if (code === SIGNATURE_NONCE_USED)
        return `the cloud calls each try of the request a repetition (${code}); the next poll tries again. Look for a proxy that sends requests twice`;
      return unknownAnswer('the cloud', code);
  }
}

/** Returns what to do about a key that is not accepted. */
export function keyAdvice(code: string): string {
  return KEY_ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? 'put in a valid access key';
}

function deniedAdvice(code: string, action: string, who: string): string {
  const trouble = accountTrouble(code);
  if (trouble) return `${trouble} (the account of ${who})`;
  const service = `check that the account of ${who} has the edge transcoding service`;
  return ACCOUNT_OR_PERMISSION.test(code) ? `${service}, and the RAM permission live:${action}` : service;
}

function networkCode(error: unknown, depth = 0): string | undefined {
  const { code, name, cause } = (error ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string' && code.length <= 64 && (TRUST_CODE.test(code) || CONNECTION_CODE.test(code)))
    return code;
  if (name === 'RequestTimeoutError') return 'ETIMEDOUT';
  return cause === undefined || depth === DEEPEST_CAUSE ? undefined : networkCode(cause, depth + 1);
}

function failed(kind: FailureKind, message: string, code: string = kind): CallFailure {
  return { failure: { kind, message }, code };
}
