/** What a command needs to call the cloud, and the words of its options. */
import { systemClock } from '../../base/clock.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import { LiveClient } from '../../cloud/client/live-client.ts';
import type { CallParts } from '../../cloud/client/vendor-call.ts';
import { Sts } from '../../cloud/sts/sts.ts';
import { stsEndpointOf, stsEndpointOfRegion } from '../../cloud/sts/sts-endpoint.ts';
import { Unable } from '../common/failure.ts';

/** The options of the commands that call the cloud. */
export interface CloudOptions {
  /** Name of a Secret in the command's namespace. Undefined: the credentials of the environment. */
  readonly secret: string | undefined;
  /** Region of the jobs. Undefined: that of the Secret, else `DEFAULT_REGION`. */
  readonly region: string | undefined;
  /** Undefined: the endpoint that the Secret names, else that of the region. */
  readonly endpoint: Endpoint | undefined;
  /** Undefined: the endpoint that the environment names, else that of the region. */
  readonly stsEndpoint: Endpoint | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The operator's default of `--region`. */
export const DEFAULT_REGION = 'cn-shanghai';

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => SILENT };

const CALL_PARTS: Omit<CallParts, 'observer'> = {
  userAgent: 'kubectl-etj',
  clock: systemClock,
  logger: SILENT,
};

/** @throws Unable when the environment names what is no endpoint */
export function stsAddress({ stsEndpoint, environment, region = DEFAULT_REGION }: CloudOptions): Endpoint {
  try {
    return stsEndpoint ?? stsEndpointOf(environment, region) ?? stsEndpointOfRegion(region);
  } catch (error) {
    throw new Unable((error as Error).message);
  }
}

/** @throws Unable */
export function stsOf(options: CloudOptions): Sts {
  return new Sts({ ...CALL_PARTS, endpoint: stsAddress(options) });
}

export function liveOf(endpoint: Endpoint | undefined): LiveClient {
  return new LiveClient({ ...CALL_PARTS, endpoint, regionID: DEFAULT_REGION });
}

/** A message of the operator about its own credentials, which here are those of the environment. */
export function saidHere(message: string): string {
  return message.replaceAll("the operator's own credentials", 'the credentials of the environment');
}
