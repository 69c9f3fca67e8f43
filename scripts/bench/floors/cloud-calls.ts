// Calls of the cloud by the vendor's SDK alone, for programs that show what no operator can be below.

import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';

// As in the operator: the SDK uses url.parse.
process.noDeprecation = true;

type Query = Readonly<Record<string, string>>;

/** Returns a function that makes one call and returns the parsed body of its answer. */
export function caller(endpoint: string, accessKeyId: string, accessKeySecret: string) {
  const { host, protocol } = new URL(endpoint);
  const config = new Config({
    accessKeyId,
    accessKeySecret,
    endpoint: host,
    protocol: protocol.slice(0, -1),
  });
  const sdk = new openApi.default(config);
  const runtime = new RuntimeOptions({ connectTimeout: 10_000, readTimeout: 10_000, autoretry: false });
  return async (action: string, query: Query) => {
    const params = new Params({
      action,
      version: '2016-11-01',
      protocol: 'HTTPS',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      pathname: '/',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const request = new OpenApiRequest({ query: { RegionId: 'cn-shanghai', ...query } });
    return (await sdk.callApi(params, request, runtime)).body;
  };
}
