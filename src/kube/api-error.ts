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

export function apiFailure(error: unknown): ApiFailure {
  if (error instanceof ApiException) return refused(error);
  const statusCode = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof statusCode === 'number') return { status: statusCode, reason: `HTTP ${statusCode}` };
  return { reason: networkReason(error) };
}

function refused(error: ApiException<unknown>): ApiFailure {
  const seconds = Number(error.headers['retry-after']);
  return {
    status: error.code,
    reason: statusReason(error.body) ?? `HTTP ${error.code}`,
    ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }),
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
function networkReason(error: unknown): string {
  const { code, name, cause } = (error ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (cause) return networkReason(cause);
  return typeof name === 'string' ? name : 'unknown';
}
