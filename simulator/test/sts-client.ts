/** How the tests call STS: through the vendor's SDK, signed in either of its ways or not at all. */
import { OpenApiRequest } from '@alicloud/openapi-client';
import { DEFAULT_KEY, DEFAULT_RRSA } from '../seed.ts';
import type { Simulator } from '../simulator.ts';
import { timeOf } from '../world/times.ts';
import {
  type Credentials,
  type Outcome,
  outcomeOf,
  protocolOf,
  sdkClient,
  sdkParams,
  sdkRuntime,
} from './test-client.ts';

const VERSION = '2015-04-01';

export interface StsOptions {
  credentials?: Credentials;
  /** `ACS3` (default), `RPC` as the vendor's credential providers do it, or `none`. */
  signature?: 'ACS3' | 'RPC' | 'none';
  /** Milliseconds since the Unix epoch that the request is dated; default the machine's. */
  date?: number;
  version?: string;
}

type Sts = Pick<Simulator, 'stsHost' | 'stsURL'>;

/** Parameters go in a form in the body, as the vendor's providers send them. */
export async function callSts(
  { stsHost: host, stsURL: url }: Sts,
  action: string,
  parameters: Record<string, string> = {},
  options: StsOptions = {},
): Promise<Outcome> {
  const { credentials = DEFAULT_KEY, signature = 'ACS3', date = Date.now(), version = VERSION } = options;
  const client = sdkClient({ host, url }, credentials);
  const body = { ...(Object.keys(parameters).length > 0 && { body: parameters }) };
  if (signature === 'RPC') {
    const request = new OpenApiRequest({ query: { Timestamp: timeOf(date) }, ...body });
    const protocol = protocolOf({ url });
    return outcomeOf(
      client.doRPCRequest(action, version, protocol, 'POST', 'AK', 'json', request, sdkRuntime()),
    );
  }
  const authType = signature === 'none' ? 'Anonymous' : 'AK';
  const params = sdkParams({ url }, { action, version, method: 'POST', authType });
  const request = new OpenApiRequest({ headers: { 'x-acs-date': timeOf(date) }, ...body });
  return outcomeOf(client.callApi(params, request, sdkRuntime()));
}

/** Assumes the default role with the default key. */
export function assumeRole(
  sts: Sts,
  parameters: Record<string, string> = {},
  options: StsOptions = {},
): Promise<Outcome> {
  const defaults = { RoleArn: DEFAULT_RRSA.roleARN, RoleSessionName: 'alice' };
  return callSts(sts, 'AssumeRole', { ...defaults, ...parameters }, options);
}

/** Assumes the default role with the default token, unsigned. */
export function assumeRoleWithOIDC(
  sts: Sts,
  parameters: Record<string, string> = {},
  options: StsOptions = {},
): Promise<Outcome> {
  const defaults = {
    OIDCProviderArn: DEFAULT_RRSA.oidcProviderARN,
    RoleArn: DEFAULT_RRSA.roleARN,
    OIDCToken: DEFAULT_RRSA.oidcToken,
    RoleSessionName: 'pod',
  };
  return callSts(
    sts,
    'AssumeRoleWithOIDC',
    { ...defaults, ...parameters },
    { signature: 'none', ...options },
  );
}

/** What a session's key is, as STS answered it. */
export function credentialsOf({ body }: Outcome): Required<Credentials> {
  const { AccessKeyId, AccessKeySecret, SecurityToken } = body.Credentials as Record<string, string>;
  return {
    accessKeyID: AccessKeyId ?? '',
    accessKeySecret: AccessKeySecret ?? '',
    securityToken: SecurityToken ?? '',
  };
}
