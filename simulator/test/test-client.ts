/**
 * How the tests call the endpoint: with the vendor's SDK, and bare where the SDK cannot send or show
 * something.
 */
import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import { DEFAULT_CLUSTER_ID, DEFAULT_KEY } from '../seed.ts';
import { ALGORITHM, canonicalRequest, sha256, sign } from '../signing/signature.ts';
import { timeOf } from '../world/times.ts';

// Or the SDK looks for a metadata service outside this machine.
process.env.ALIBABA_CLOUD_ECS_METADATA_DISABLED = 'true';

export const RUNNING_JOB_ID = '5ad420b48fb04483915d4f2cd8ac0000';
export const STOPPED_JOB_ID = '5ad420b48fb04483915d4f2cd8ac0001';
export const NEVER_STARTED_JOB_ID = '5ad420b48fb04483915d4f2cd8ac0002';

export interface Credentials {
  accessKeyID: string;
  accessKeySecret: string;
  securityToken?: string;
}

export interface CallOptions {
  action?: string;
  version?: string;
  query?: Record<string, string>;
  /** Sent in place of the client's own where the name is the same. */
  headers?: Record<string, string>;
  credentials?: Credentials;
  method?: 'GET' | 'POST';
}

export interface Outcome {
  status: number;
  /** `OK` or the vendor's code. */
  code: string;
  body: Record<string, unknown>;
}

/** One call through the SDK. Rejects, as the SDK does, where the answer is not the vendor's JSON. */
export async function callWithSdk(
  endpoint: { host: string; url: string },
  options: CallOptions = {},
): Promise<Outcome> {
  const { action = 'GetEdgeTranscodeJob', version = '2016-11-01', headers = {}, method = 'POST' } = options;
  const { credentials = DEFAULT_KEY, query = queryOf(RUNNING_JOB_ID) } = options;
  const client = sdkClient(endpoint, credentials);
  const params = sdkParams(endpoint, { action, version, method, authType: 'AK' });
  return outcomeOf(client.callApi(params, new OpenApiRequest({ query, headers }), sdkRuntime()));
}

export function sdkClient(endpoint: { host: string; url: string }, credentials: Credentials): SdkClient {
  return new openApi.default(
    new Config({
      accessKeyId: credentials.accessKeyID,
      accessKeySecret: credentials.accessKeySecret,
      ...(credentials.securityToken !== undefined && { securityToken: credentials.securityToken }),
      endpoint: endpoint.host,
      protocol: protocolOf(endpoint),
    }),
  );
}

type SdkClient = InstanceType<typeof openApi.default>;

export interface SdkCall {
  action: string;
  version: string;
  method: 'GET' | 'POST';
  authType: 'AK' | 'Anonymous';
}

export function sdkParams(endpoint: { url: string }, call: SdkCall): Params {
  const protocol = protocolOf(endpoint);
  const style = { style: 'RPC', reqBodyType: 'formData', bodyType: 'json' };
  return new Params({ ...call, ...style, protocol, pathname: '/' });
}

export function sdkRuntime(): RuntimeOptions {
  return new RuntimeOptions({ readTimeout: 2_000 });
}

export function protocolOf({ url }: { url: string }): string {
  return new URL(url).protocol.slice(0, -1);
}

/** Rejects, as the SDK does, where the answer is not the vendor's JSON. */
export async function outcomeOf(called: Promise<Record<string, unknown>>): Promise<Outcome> {
  try {
    const { statusCode, body } = await called;
    return { status: Number(statusCode ?? 200), code: 'OK', body: body as Record<string, unknown> };
  } catch (error) {
    return refusalOf(error);
  }
}

interface SdkError extends Error {
  statusCode: number;
  code: string;
  data: Record<string, unknown>;
}

function refusalOf(error: unknown): Outcome {
  const { statusCode, code, data } = error as Partial<SdkError>;
  if (statusCode === undefined || code === undefined || data === undefined) throw error;
  return { status: statusCode, code, body: data };
}

export function queryOf(jobID: string): Record<string, string> {
  return { ClusterId: DEFAULT_CLUSTER_ID, JobId: jobID };
}

export interface BareOptions extends CallOptions {
  /** A form. */
  form?: Record<string, string>;
  /** Milliseconds since the Unix epoch that the request is dated; default the machine's. */
  date?: number;
  path?: string;
  signal?: AbortSignal;
  /** Changes the headers after they were signed. */
  tamper?: (headers: Record<string, string>) => Record<string, string>;
}

/** One signed call with nothing but fetch, which shows the bare answer. */
export async function callBare(
  endpoint: { host: string; url: string },
  options: BareOptions = {},
): Promise<Response> {
  const { method = 'POST', path = '/', tamper = (headers) => headers, signal = null } = options;
  const { action = 'GetEdgeTranscodeJob', version = '2016-11-01', query = queryOf(RUNNING_JOB_ID) } = options;
  const credentials: Credentials = options.credentials ?? DEFAULT_KEY;
  const body = options.form ? new URLSearchParams(options.form).toString() : '';
  const headers = {
    ...(options.form && { 'content-type': 'application/x-www-form-urlencoded' }),
    'x-acs-action': action,
    'x-acs-version': version,
    'x-acs-date': timeOf(options.date ?? Date.now()),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': sha256(body),
    'x-acs-security-token': credentials.securityToken ?? '',
    ...options.headers,
  };
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
  const request = { method, path, query: Object.entries(query), body: Buffer.from(body) };
  const signed = { ...sent, host: endpoint.host };
  const authorization = authorizationOf(request, signed, credentials);
  return fetch(`${endpoint.url}${path}?${new URLSearchParams(query)}`, {
    method,
    headers: tamper({ ...sent, authorization }),
    ...(method === 'POST' && { body }),
    signal,
  });
}

type Bare = Omit<Parameters<typeof canonicalRequest>[0], 'headers'>;

function authorizationOf(request: Bare, headers: Record<string, string>, credentials: Credentials): string {
  const names = Object.keys(headers).sort((a, b) => (a < b ? -1 : 1));
  const values = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  const signature = sign(
    credentials.accessKeySecret,
    canonicalRequest({ ...request, headers: values }, names),
  );
  return `${ALGORITHM} Credential=${credentials.accessKeyID},SignedHeaders=${names.join(';')},Signature=${signature}`;
}

/**
 * A call without anything, on a connection of its own: the status of the answer, or the code of the network's
 * error.
 * @param ca PEM of the certificate to trust.
 */
export async function knock(url: string, ca?: string): Promise<number | string | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | string | undefined>();
  const options = { method: 'POST', agent: false as const, ...(ca !== undefined && { ca }) };
  const knocking = url.startsWith('https:') ? httpsRequest(url, options) : httpRequest(url, options);
  knocking
    .on('response', (response) => resolve(response.resume().statusCode))
    .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    .end();
  return await promise;
}

/** The code of a bare answer. */
export async function codeOf(answer: Promise<Response>): Promise<string> {
  const body = (await (await answer).json()) as { Code?: string };
  return body.Code ?? 'OK';
}
