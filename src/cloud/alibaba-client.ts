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
   * @throws what the SDK throws, or DeadlineExceeded; both are for `mapError`
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
    const request = new OpenApiRequest({ ...carried, headers: { [NONCE_HEADER]: nonce } });
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
