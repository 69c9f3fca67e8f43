/** Refusals of the API server, as `ApiCalls` throws them. */
import { RefusedError, refusal } from '../../../../src/kube/client/api-error.ts';

/** @param body the text of the answer, or data that is sent as JSON */
export function refused(status: number, body: unknown = {}, retryAfter?: string): RefusedError {
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  return new RefusedError(refusal(status, text, retryAfter));
}
