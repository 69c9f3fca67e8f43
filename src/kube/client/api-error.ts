/**
 * Why a call of the API server failed, in the few words that may be logged.
 */

export interface ApiFailure {
  /** HTTP status; undefined: no answer. */
  readonly status?: number;
  /** The `reason` of the returned `Status`, or the network's error code. */
  readonly reason: string;
  /**
   * What refused the request, where the server says it: `AUTHORIZATION`, `NAMESPACE_DELETION`, or the kind
   * and name of an admission policy, a webhook or a quota.
   */
  readonly refusedBy?: string;
  /** Delay that the server requests, for flow control. */
  readonly retryAfterMs?: number;
}

/** `refusedBy` of a request that the caller has no permission for. */
export const AUTHORIZATION = 'authorization';

/** `refusedBy` of a creation in a namespace that is being deleted, which refuses all creations. */
export const NAMESPACE_DELETION = 'namespace deletion';

/** Whether an admission policy, a webhook or a quota refused the request. */
export function isByPolicy({ refusedBy }: ApiFailure): boolean {
  return refusedBy !== undefined && refusedBy !== AUTHORIZATION && refusedBy !== NAMESPACE_DELETION;
}

/**
 * Longest obeyed Retry-After. API servers send seconds; a proxy's mistake must not stop writing for a day.
 */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Deepest `cause` that is followed. Errors wrap each other, but none this deep. */
const DEEPEST_CAUSE = 8;

const UNAUTHORIZED = 401;

/** A refusal by the API server. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** Whether the API server does not accept the credential of the request. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof RefusedError && error.failure.status === UNAUTHORIZED;
}

export function apiFailure(error: unknown): ApiFailure {
  if (error instanceof RefusedError) return error.failure;
  return { reason: networkReason(error) };
}

/**
 * Makes a failure of a refusal.
 *
 * @param body JSON of a `Status`, or what a proxy sends
 * @param retryAfter the header, in seconds
 */
export function refusal(status: number, body: string, retryAfter: string | undefined): ApiFailure {
  const retryAfterMs = Math.min(Number(retryAfter) * 1_000, LONGEST_RETRY_AFTER_MS);
  const { reason, message, details } = parsed(body);
  const refusedBy = isByNamespaceDeletion(details)
    ? NAMESPACE_DELETION
    : typeof message === 'string' && refuserIn(message);
  return {
    status,
    reason: typeof reason === 'string' && /^\w{1,64}$/.test(reason) ? reason : `HTTP ${status}`,
    ...(refusedBy && { refusedBy }),
    ...(retryAfterMs > 0 && { retryAfterMs }),
  };
}

interface StatusBody {
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: unknown;
}

function isByNamespaceDeletion(details: unknown): boolean {
  const { causes } = (details ?? {}) as { causes?: unknown };
  return Array.isArray(causes) && causes.some((cause) => cause?.reason === 'NamespaceTerminating');
}

/**
 * Messages of the API server that say what refused a request, whatever its status: policies and webhooks
 * choose the status, and a quota refuses as authorization does. The rest of such a message is the policy's
 * own text and is not kept.
 */
const REFUSERS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  [
    'ValidatingAdmissionPolicy',
    /ValidatingAdmissionPolicy '([\w.-]{1,253})' with binding '[^']*' denied request/,
  ],
  ['webhook', /admission webhook "([\w.-]{1,253})" denied the request/],
  ['webhook', /failed calling webhook "([\w.-]{1,253})"/],
  ['ResourceQuota', /is forbidden: exceeded quota: ([\w.-]{1,253}),/],
];

function refuserIn(message: string): string | undefined {
  for (const [kind, pattern] of REFUSERS) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined) return `${kind} ${name}`;
  }
  return / cannot \w+ resource "/.test(message) ? AUTHORIZATION : undefined;
}

function parsed(body: string): StatusBody {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

/** A code of Node or OpenSSL, such as ECONNRESET. */
const ERROR_CODE = /^\w{1,64}$/;

/** Finds the network's error code; errors may wrap it in `cause`. */
function networkReason(error: unknown, depth = 0): string {
  const { code, name, cause } = (error ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string' && ERROR_CODE.test(code)) return code;
  if (cause && depth < DEEPEST_CAUSE) return networkReason(cause, depth + 1);
  return typeof name === 'string' ? name : 'unknown';
}
