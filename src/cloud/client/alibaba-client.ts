/**
 * One signed call through the vendor's SDK, with a deadline and a length that hold. It does not retry, and it does not interpret.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import type { Clock } from '../../base/clock.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import type { AccessKey } from './credential.ts';
import { DeadlineExceeded } from './map-error.ts';
import { bound, hearAnswer, NONCE_HEADER } from './response-guard.ts';
import { retryAfterOf } from './retry-after.ts';

export interface AlibabaClientOptions {
  readonly endpoint: Endpoint;
  /** Default `live`. */
  readonly api?: keyof typeof APIS;
  /** Undefined: calls are not signed. */
  readonly accessKey: AccessKey | undefined;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** Of the class, not the module: under ES modules the CommonJS default is one level deeper. */
type SdkClient = InstanceType<typeof openApi.default>;

/** The parameters of STS hold tokens, which have no place in a URL. */
const APIS = {
  live: { version: '2016-11-01', parametersIn: 'query' },
  sts: { version: '2015-04-01', parametersIn: 'form' },
} as const;

/** An answer takes well under a second; a poll that waits longer is better asked anew. */
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
   * @param parameters the operation's, by the vendor's names
   * @returns the body as parsed from JSON
   * @param onRetryAfter called with the milliseconds that the answer says to wait, if it says so
   * @throws what the SDK throws, DeadlineExceeded or UnexpectedBody; all are for `mapError`
   */
  async call(
    action: string,
    parameters: Readonly<Record<string, string>>,
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
    const answer = await this.#withinBounds(nonce, send, onRetryAfter);
    return answer.body;
  }

  /**
   * The SDK cannot be aborted, and reads on for as long as somebody sends: so what it reads from is ended. One that ended in time by itself
   * may have been frozen with the process, and tells of a time long past.
   */
  async #withinBounds<T>(
    nonce: string,
    send: () => Promise<T>,
    onRetryAfter: (ms: number) => void,
  ): Promise<T> {
    const began = this.#clock.now();
    const over = new AbortController();
    const isLate = () => this.#clock.now() - began > CALL_DEADLINE_MS;
    const timer = this.#clock.after(CALL_DEADLINE_MS, () => over.abort(tooLate()));
    const onAnswer = (answer: IncomingMessage) => {
      const ms = retryAfterOf(answer.headers);
      if (ms !== undefined) onRetryAfter(ms);
      bound(answer, over);
    };
    return await Promise.race([hearAnswer(nonce, send, onAnswer), rejectedBy(over.signal)]).finally(() => {
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

/** What the SDK calls `connectTimeout` bounds a socket's idleness, also while it waits for the answer: so both are equal. */
const TIMEOUTS = { connectTimeout: CALL_DEADLINE_MS, readTimeout: CALL_DEADLINE_MS, autoretry: false };
