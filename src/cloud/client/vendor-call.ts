/** Makes one call of Live or STS, and counts and logs how it ended. It keeps no state of a call. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Priority } from '../../job/model/cloud-port.ts';
import { callSdk, type SdkCall } from './alibaba-client.ts';
import { UnexpectedBody } from './call-errors.ts';
import { type CallFailure, OWN_ERROR } from './map-error.ts';

export interface CallParts {
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: Pick<CallObserver, 'called'>;
}

/** Whose endpoint a call goes to. `tenant`: only a Secret names it, and it is not the vendor's. */
export type Whose = 'known' | 'tenant';

/** Receives the calls and waits that the metrics count. */
export interface CallObserver {
  /**
   * @param code `OK`, or a short code of the failure
   * @param endpoint a tenant's can make codes up. Default: `known`
   */
  called(operation: string, code: string, seconds: number, endpoint?: Whose): void;
  waited(priority: Priority, seconds: number): void;
}

export interface VendorCall<T>
  extends Pick<SdkCall, 'api' | 'endpoint' | 'accessKey' | 'action' | 'parameters' | 'cost'> {
  /** @param sentAt clock `now`. @throws UnexpectedBody */
  readonly read: (body: unknown, sentAt: number) => T;
  /** Default: `known`. */
  readonly whose?: Whose;
  /** What the log says of a failed call. No secrets. */
  readonly context: object;
  readonly mapError: (error: unknown) => CallFailure;
}

export type CallEnd<T> = {
  /** Clock `now` when the call was sent. */
  readonly sentAt: number;
  /** What it took to receive and parse the answer, in bytes (`AnswerCost.work`). */
  readonly work: number;
} & (
  | { readonly kind: 'answered'; readonly value: T }
  | {
      readonly kind: 'failed';
      readonly failed: CallFailure;
      /** An answer in JSON came, and is not what it should be. */
      readonly isJson: boolean;
      /** How long the answer said to wait, ms. */
      readonly retryAfterMs?: number;
    }
);

/** Never rejects. Closes the cost of the answer. */
export async function makeCall<T>(call: VendorCall<T>, parts: CallParts): Promise<CallEnd<T>> {
  const { action, read, cost, context, mapError, whose = 'known' } = call;
  const { clock, logger, observer } = parts;
  const sentAt = clock.now();
  const count = (code: string) => observer?.called(action, code, (clock.now() - sentAt) / 1_000, whose);
  const retry: { retryAfterMs?: number } = {};
  let isJson = false;
  try {
    const onRetryAfter = (ms: number) => {
      retry.retryAfterMs = ms;
    };
    const body = await callSdk({ ...parts, ...call, onRetryAfter });
    isJson = true;
    const value = read(body, sentAt);
    count('OK');
    return { kind: 'answered', value, sentAt, work: cost.work };
  } catch (error) {
    const isOwn = isJson && !(error instanceof UnexpectedBody);
    if (isOwn) logger.error('the operator failed to read an answer', { ...context, action, error });
    const failed = isOwn ? OWN_ERROR : mapError(error);
    const { failure, code, requestID } = failed;
    count(code);
    logger.debug('a call failed', { ...context, action, kind: failure.kind, code, requestID });
    return { kind: 'failed', failed, isJson, sentAt, work: cost.work, ...retry };
  } finally {
    cost.close();
  }
}
