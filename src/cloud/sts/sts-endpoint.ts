/** The endpoint of STS: of a region, or as the variables name it that the vendor's tools share. */
import { type Endpoint, isLoopback, parseEndpoint } from '../../base/endpoint.ts';
import { isRegion } from '../../job/model/reference.ts';

/**
 * The endpoint of STS in a region. Live has points of presence, such as `ap-northeast-2-pop`, which STS does
 * not have: it serves the region without the suffix.
 *
 * @param network `vpc`: the endpoint in the vendor's private networks
 */
export function stsEndpointOfRegion(regionID: string, network: 'public' | 'vpc' = 'public'): Endpoint {
  const service = network === 'vpc' ? 'sts-vpc' : 'sts';
  return { protocol: 'https', host: `${service}.${regionID.replace(/-pop$/, '')}.aliyuncs.com` };
}

/** Variables of STS that ack-pod-identity-webhook sets and the vendor's SDKs obey. */
const STS_ENDPOINT = 'ALIBABA_CLOUD_STS_ENDPOINT';
const STS_REGION = 'ALIBABA_CLOUD_STS_REGION';
const VPC_ENABLED = 'ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED';

/**
 * Returns the endpoint of STS that the environment names; undefined when it names none.
 *
 * @param regionID the region where the environment names none
 * @throws when a variable is not what its name says. The message does not repeat the value.
 */
export function stsEndpointOf(
  environment: Readonly<Record<string, string | undefined>>,
  regionID: string,
): Endpoint | undefined {
  const [text = '', region = '', vpc = ''] = [STS_ENDPOINT, STS_REGION, VPC_ENABLED].map((name) =>
    environment[name]?.trim(),
  );
  if (text !== '') return stsEndpointFrom(text);
  if (region !== '' && !isRegion(region))
    throw new Error(`${STS_REGION} is not a region such as cn-shanghai`);
  const isVpc = vpc.toLowerCase() === 'true';
  if (region === '' && !isVpc) return undefined;
  return stsEndpointOfRegion(region || regionID, isVpc ? 'vpc' : 'public');
}

function stsEndpointFrom(text: string): Endpoint {
  try {
    const endpoint = parseEndpoint(text);
    if (endpoint.protocol === 'https' || isLoopback(endpoint)) return endpoint;
  } catch (error) {
    throw new Error(`${STS_ENDPOINT} ${(error as Error).message}`);
  }
  throw new Error(`${STS_ENDPOINT} must be https; plain HTTP takes --sts-endpoint and --insecure-endpoint`);
}
