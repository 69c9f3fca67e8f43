/**
 * What the API server refused, or that it gave no answer, in the few words that may be logged. The library's own messages hold
 * whole bodies and headers.
 */
import { ApiException } from '@kubernetes/client-node';

export interface ApiFailure {
  /** Undefined: no answer. */
  readonly status?: number;
  /** The `reason` of the `Status` answered, or the network's code. */
  readonly reason: string;
  /** As the server asked, for flow control. */
  readonly retryAfterMs?: number;
}

/** API servers ask for seconds; a proxy's mistake must not stop writing for a day. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Errors wrap each other; none of them this deep. */
const DEEPEST_CAUSE = 8;

/** A request that the API server refused, where the library does not say so. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

export function apiFailure(error: unknown): ApiFailure {
  if (error instanceof RefusedError) return error.failure;
  if (error instanceof ApiException) return refusal(error.code, error.body, error.headers?.['retry-after']);
  return { reason: networkReason(error) };
}

/** @param retryAfter the header, in seconds */
export function refusal(status: number, body: unknown, retryAfter: string | undefined): ApiFailure {
  const retryAfterMs = Math.min(Number(retryAfter) * 1_000, LONGEST_RETRY_AFTER_MS);
  return {
    status,
    reason: statusReason(body) ?? `HTTP ${status}`,
    ...(retryAfterMs > 0 && { retryAfterMs }),
  };
}

function statusReason(body: unknown): string | undefined {
  const { reason } = (typeof body === 'string' ? parsed(body) : (body ?? {})) as { reason?: unknown };
  return typeof reason === 'string' && /^\w{1,64}$/.test(reason) ? reason : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

/** fetch wraps what happened in `cause`. */
function networkReason(error: unknown, depth = 0): string {
  const { code, name, cause } = (error ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (cause && depth < DEEPEST_CAUSE) return networkReason(cause, depth + 1);
  return typeof name === 'string' ? name : 'unknown';
}
