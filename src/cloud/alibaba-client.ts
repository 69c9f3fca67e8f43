/**
 * One signed call through the vendor's SDK, with a deadline that holds. It does not retry, and it does not interpret.
 */
import { randomUUID } from 'node:crypto';
import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import type { Clock } from '../base/clock.ts';
import type { Endpoint } from './endpoints.ts';
import { DeadlineExceeded } from './map-error.ts';
import { hearRetryAfter, NONCE_HEADER } from './retry-after.ts';

/** What a request is signed with. */
export interface AccessKey {
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export interface AlibabaClientOptions {
  readonly endpoint: Endpoint;
  readonly accessKey: AccessKey;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** Of the class, not the module: under ES modules the CommonJS default is one level deeper. */
type SdkClient = InstanceType<typeof openApi.default>;

const API_VERSION = '2016-11-01';

/** An answer takes well under a second; a poll that waits longer is better asked anew. */
export const CALL_DEADLINE_MS = 10_000;

export class AlibabaClient {
  readonly #sdk: SdkClient;
  readonly #clock: Clock;

  constructor({ endpoint, accessKey, clock, userAgent }: AlibabaClientOptions) {
    this.#clock = clock;
    this.#sdk = new openApi.default(
      new Config({
        accessKeyId: accessKey.accessKeyID,
        accessKeySecret: accessKey.accessKeySecret,
        ...(accessKey.securityToken && { securityToken: accessKey.securityToken }),
        endpoint: endpoint.host,
        protocol: endpoint.protocol,
        userAgent,
      }),
    );
  }

  /**
   * @param query the operation's parameters, by the vendor's names
   * @returns the body as parsed from JSON
   * @param onRetryAfter called with the milliseconds that the answer says to wait, if it says so
   * @throws what the SDK throws, or DeadlineExceeded; both are for `mapError`
   */
  async call(
    action: string,
    query: Readonly<Record<string, string>>,
    onRetryAfter: (ms: number) => void = () => undefined,
  ): Promise<unknown> {
    const params = new Params({
      action,
      version: API_VERSION,
      protocol: 'HTTPS',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      pathname: '/',
      reqBodyType: 'json',
      bodyType: 'json',
    });
    const nonce = randomUUID();
    const request = new OpenApiRequest({ query, headers: { [NONCE_HEADER]: nonce } });
    const send = () => this.#withDeadline(this.#sdk.callApi(params, request, new RuntimeOptions(TIMEOUTS)));
    const answer = await hearRetryAfter(nonce, send, onRetryAfter);
    return answer.body;
  }

  /** The SDK cannot be aborted: past the deadline its socket times out by itself, and its late answer is dropped. */
  async #withDeadline<T>(call: Promise<T>): Promise<T> {
    let timer: { cancel(): void } | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = this.#clock.after(CALL_DEADLINE_MS, () => reject(new DeadlineExceeded('no answer in time')));
    });
    try {
      return await Promise.race([call, deadline]);
    } finally {
      timer?.cancel();
    }
  }
}

/** What the SDK calls `connectTimeout` bounds a socket's idleness, also while it waits for the answer: so both are equal. */
const TIMEOUTS = { connectTimeout: CALL_DEADLINE_MS, readTimeout: CALL_DEADLINE_MS, autoretry: false };
