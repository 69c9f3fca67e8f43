// Calls of the cloud by the vendor's SDK alone, for programs that show what no operator can be below.

import openApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';

// As in the operator: the SDK uses url.parse.
process.noDeprecation = true;

type Query = Readonly<Record<string, string>>;
type Call = ReturnType<typeof caller>;

/** A job by the vendor's names of its fields. */
export type ListedJob = Readonly<Record<string, unknown>> & { readonly JobId: string };

// The same numbers as the operator's.
const JOBS_A_PAGE = 100;
const PAGES_AT_ONCE = 16;

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

/** Reads all pages of a cluster's list, the others after the first one. */
export async function readList(
  call: Call,
  ClusterId: string,
  onJob: (job: ListedJob) => void,
): Promise<void> {
  const read = async (page: number): Promise<number> => {
    const query = { ClusterId, PageNo: String(page), PageSize: String(JOBS_A_PAGE), SortBy: 'asc' };
    const { TotalCount, JobList } = await call('ListEdgeTranscodeJob', query);
    for (const job of JobList.Job) onJob(job);
    return TotalCount;
  };
  const total = await read(1);
  const pages = Array.from({ length: Math.ceil(total / JOBS_A_PAGE) - 1 }, (_, index) => index + 2).values();
  const readOn = async () => {
    for (const page of pages) await read(page);
  };
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, readOn));
}
