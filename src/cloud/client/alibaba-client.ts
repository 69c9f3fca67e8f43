/**
 * Makes one signed call through the vendor's SDK, with a deadline and a bound on what the answer costs. It
 * neither retries nor interprets.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import type { Clock } from '../../base/clock.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import type { AnswerCost } from './answer-memory.ts';
import type { AccessKey } from './credential.ts';
import { DeadlineExceeded } from './map-error.ts';
import { bound, hearAnswer, holdRequest, NONCE_HEADER, retryAfterOf } from './response-guard.ts';

export interface AlibabaClientOptions {
  readonly endpoint: Endpoint;
  /** Default `live`. */
  readonly api?: keyof typeof APIS;
  /** Undefined: calls are not signed. */
  readonly accessKey: AccessKey | undefined;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** The type of the class. Under ES modules the CommonJS default export is one level deeper. */
type SdkClient = InstanceType<typeof openApi.default>;

/** Versions of the APIs. The parameters of STS hold tokens, so they go into the body and not into the URL. */
const APIS = {
  live: { version: '2016-11-01', parametersIn: 'query' },
  sts: { version: '2015-04-01', parametersIn: 'form' },
} as const;

/** Longest call. An answer takes well under a second; after 10 s a new call is the better choice. */
export const CALL_DEADLINE_MS = 10_000;

export class AlibabaClient {
  readonly #sdk: SdkClient;
  readonly #clock: Clock;
  readonly #api: keyof typeof APIS;
  readonly #authType: 'AK' | 'Anonymous';

  constructor({ endpoint, api = 'live', accessKey, clock, userAgent }: AlibabaClientOptions) {
    this.#clock = clock;
    this.#api = api;
    this.#authType = accessKey ? 'AK' : 'Anonymous';
    this.#sdk = new openApi.default(
      new Config({
        ...(accessKey && {
          accessKeyId: accessKey.accessKeyID,
          accessKeySecret: accessKey.accessKeySecret,
        }),
        ...(accessKey?.securityToken && { securityToken: accessKey.securityToken }),
        endpoint: endpoint.host,
        protocol: endpoint.protocol,
        userAgent,
      }),
    );
  }

  /**
   * Makes the call.
   *
   * @param parameters the parameters of the operation, by the vendor's names
   * @param cost bounds the answer; the caller closes it
   * @returns the parsed JSON of the body
   * @param onRetryAfter receives the milliseconds that the answer says to wait, if it says so
   * @throws what the SDK throws, DeadlineExceeded, UnexpectedBody or TooManyAnswers; `mapError` maps them all
   */
  async call(
    action: string,
    parameters: Readonly<Record<string, string>>,
    cost: AnswerCost,
    onRetryAfter: (ms: number) => void = () => undefined,
  ): Promise<unknown> {
    const { version, parametersIn } = APIS[this.#api];
    const params = new Params({
      action,
      version,
      protocol: 'HTTPS',
      method: 'POST',
      authType: this.#authType,
      style: 'RPC',
      pathname: '/',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const nonce = randomUUID();
    const carried = parametersIn === 'query' ? { query: parameters } : { body: parameters };
    const headers = { [NONCE_HEADER]: nonce, 'accept-encoding': 'identity' };
    const request = new OpenApiRequest({ ...carried, headers });
    const send = () => this.#sdk.callApi(params, request, new RuntimeOptions(TIMEOUTS));
    const answer = await this.#withinBounds(nonce, send, cost, onRetryAfter);
    return answer.body;
  }

  /**
   * Holds a call to its deadline. The SDK cannot be aborted and reads for as long as the server sends, so at
   * the deadline its request and the stream that it reads are destroyed. An answer that came in time by the
   * timer may have been frozen together with the process, and is then out of date: the clock is checked at
   * the end.
   */
  async #withinBounds<T>(
    nonce: string,
    send: () => Promise<T>,
    cost: AnswerCost,
    onRetryAfter: (ms: number) => void,
  ): Promise<T> {
    const began = this.#clock.now();
    const over = new AbortController();
    const isLate = () => this.#clock.now() - began > CALL_DEADLINE_MS;
    const timer = this.#clock.after(CALL_DEADLINE_MS, () => over.abort(tooLate()));
    const onAnswer = (answer: IncomingMessage) => {
      const ms = retryAfterOf(answer.headers);
      if (ms !== undefined) onRetryAfter(ms);
      bound(answer, over, cost);
    };
    const heard = () => holdRequest(nonce, over, () => hearAnswer(nonce, send, onAnswer));
    return await Promise.race([heard(), rejectedBy(over.signal)]).finally(() => {
      timer.cancel();
      if (isLate()) throw tooLate();
    });
  }
}

function tooLate(): DeadlineExceeded {
  return new DeadlineExceeded('no answer in time');
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}

/**
 * Timeouts of the SDK. Its `connectTimeout` also bounds how long a socket is idle while it waits for the
 * answer, so both are equal.
 */
const TIMEOUTS = { connectTimeout: CALL_DEADLINE_MS, readTimeout: CALL_DEADLINE_MS, autoretry: false };
