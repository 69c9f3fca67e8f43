/**
 * The endpoint of each region, from the vendor's table. `--endpoint` and a Secret's `endpoint` replace it:
 * the vendor's sources disagree about some regions, and private networks have endpoints of their own.
 */
import type { Endpoint } from '../../base/endpoint.ts';

const DEFAULT_HOST = 'live.aliyuncs.com';

/** Regions that the mainland endpoint does not serve (the vendor's endpoint page first, then its SDKs). */
const REGION_HOSTS: ReadonlyMap<string, string> = new Map([
  ['ap-southeast-1', 'live.ap-southeast-1.aliyuncs.com'],
  ['ap-southeast-2', 'live.ap-southeast-1.aliyuncs.com'],
  ['ap-southeast-3', 'live.ap-southeast-1.aliyuncs.com'],
  ['ap-northeast-2-pop', 'live.ap-southeast-1.aliyuncs.com'],
  ['eu-central-1', 'live.eu-central-1.aliyuncs.com'],
]);

export function endpointOfRegion(regionID: string): Endpoint {
  return { protocol: 'https', host: REGION_HOSTS.get(regionID) ?? DEFAULT_HOST };
}

/**
 * Hosts of the vendor's Live, public and in private networks. Not those of its storage, where a bucket may be
 * called `live`.
 */
const LIVE_HOST = /^live(-vpc)?(\.(?!oss-)[a-z]+(-[a-z0-9]+)+)?\.aliyuncs\.com$/;

/** Whether calls to the endpoint reach the vendor, which counts them for the account of their key. */
export function isVendor({ protocol, host }: Endpoint): boolean {
  return protocol === 'https' && LIVE_HOST.test(host);
}
