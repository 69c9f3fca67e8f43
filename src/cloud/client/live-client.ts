/**
 * Makes the calls of ApsaraVideo Live: one signed request out, one typed result back. It does not wait for
 * permits and keeps no state of a call.
 */

import type { Clock } from '../../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import type { ClusterReference, Destination, Priority } from '../../job/model/cloud-port.ts';
import type { FailureKind } from '../../job/model/failures.ts';
import { AlibabaClient } from './alibaba-client.ts';
import type { Credential } from './credential.ts';
import { type CallFailure, mapError } from './map-error.ts';
import { type Job, type JobPage, mapJobResponse, mapListResponse } from './map-response.ts';
import { endpointOfRegion } from './region-endpoints.ts';

export interface LiveClientOptions {
  /** Endpoint of every credential that names none. Undefined: the endpoint of the region. */
  readonly endpoint: Endpoint | undefined;
  /** Region of objects and Secrets that name none. */
  readonly regionID: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: CallObserver;
}

/** Receives the calls and waits that the metrics count. */
export interface CallObserver {
  /** `code` is `OK`, or a short code of the failure. */
  called(operation: string, code: string, seconds: number): void;
  waited(priority: Priority, seconds: number): void;
}

/** One operation of the vendor about a cluster, with the reader of its body. */
export interface Operation<T> {
  readonly action: string;
  /** The job that the operation is about. Undefined for a page of a list. */
  readonly jobID?: string;
  /** The parameters besides region and cluster. */
  readonly query: Readonly<Record<string, string>>;
  /** @throws UnexpectedBody */
  readonly read: (body: unknown) => T;
}

export type CallResult<T> = {
  readonly destination: Destination;
  /** Clock `now` when the call was sent. */
  readonly sentAt: number;
} & (
  | { readonly kind: 'answered'; readonly value: T }
  | {
      readonly kind: 'failed';
      readonly failed: CallFailure;
      /** How long the answer said to wait, ms. */
      readonly retryAfterMs?: number;
      /** Only listing failed, JobNotFound included: Get may work. */
      readonly isListRefused: boolean;
    }
);

/** The most jobs that the vendor lists for the price of one call. */
export const PAGE_SIZE = 100;

export const LIST_ACTION = 'ListEdgeTranscodeJob';

export function getJob(jobID: string): Operation<Job> {
  return {
    action: 'GetEdgeTranscodeJob',
    jobID,
    query: { JobId: jobID },
    read: (body) => mapJobResponse(body, jobID),
  };
}

/**
 * One page of a cluster's list. The oldest jobs come first, so that a new job shifts no other to another
 * page.
 *
 * @param pageNo the first is 1
 */
export function listJobs(pageNo: number): Operation<JobPage> {
  return {
    action: LIST_ACTION,
    query: { PageNo: `${pageNo}`, PageSize: `${PAGE_SIZE}`, SortBy: 'asc' },
    read: mapListResponse,
  };
}

/** Most destinations in memory: regions times endpoints. Users may write any text for a region. */
const MOST_DESTINATIONS = 1_000;

export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #destinations = new Map<string, Destination>();

  constructor(options: LiveClientOptions) {
    this.#options = options;
  }

  /**
   * The destination of a call with this credential. The same destination is the same object, because each
   * waiting request holds one.
   */
  destinationOf(
    about: Pick<ClusterReference, 'regionID'>,
    credential: Pick<Credential, 'endpoint' | 'regionID'>,
  ): Destination {
    const regionID = about.regionID ?? credential.regionID ?? this.#options.regionID;
    const endpoint = formatEndpoint(this.#endpoint(credential, regionID));
    const name = `${regionID} ${endpoint}`;
    const known = this.#destinations.get(name);
    if (known) return known;
    if (this.#destinations.size === MOST_DESTINATIONS) this.#destinations.clear();
    const destination = { regionID, endpoint };
    this.#destinations.set(name, destination);
    return destination;
  }

  /** Never rejects. */
  async call<T>(
    operation: Operation<T>,
    about: ClusterReference,
    credential: Credential,
  ): Promise<CallResult<T>> {
    const { action, query, read } = operation;
    const destination = this.destinationOf(about, credential);
    const sentAt = this.#options.clock.now();
    let retryAfterMs: number | undefined;
    const onRetryAfter = (ms: number) => {
      retryAfterMs = ms;
    };
    let isJson = false;
    try {
      const parameters = { RegionId: destination.regionID, ClusterId: about.clusterID, ...query };
      const body = await this.#client(credential, destination.regionID).call(
        action,
        parameters,
        onRetryAfter,
      );
      isJson = true;
      const value = read(body);
      this.#count(action, 'OK', sentAt);
      return { kind: 'answered', value, destination, sentAt };
    } catch (error) {
      const failed = this.#failed(error, operation, about, credential);
      this.#count(action, failed.code, sentAt);
      const isListRefused = action === LIST_ACTION && (isJson || isRefusal(failed));
      const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { kind: 'failed', failed, destination, sentAt, isListRefused, ...retry };
    }
  }

  #failed(
    error: unknown,
    { action, jobID = '' }: Operation<unknown>,
    about: ClusterReference,
    credential: Credential,
  ): CallFailure {
    const { identity } = credential;
    const { clusterID } = about;
    // The region of a Secret is not repeated: no text of a Secret leaves it.
    const isSecrets = about.regionID === undefined && credential.regionID !== undefined;
    const regionID = isSecrets ? undefined : this.destinationOf(about, credential).regionID;
    const context = { action, identity, clusterID, jobID, regionID };
    const failed = mapError(error, context);
    const { code, requestID } = failed;
    this.#options.logger.debug('a call failed', { ...context, kind: failed.failure.kind, code, requestID });
    return failed;
  }

  #count(action: string, code: string, sentAt: number): void {
    const { clock, observer } = this.#options;
    observer?.called(action, code, (clock.now() - sentAt) / 1_000);
  }

  /** Creates a client for each call: that takes 13 µs, a thirtieth of signing and sending. */
  #client(credential: Credential, regionID: string): AlibabaClient {
    const { clock, userAgent } = this.#options;
    const endpoint = this.#endpoint(credential, regionID);
    return new AlibabaClient({ endpoint, accessKey: credential.accessKey, clock, userAgent });
  }

  #endpoint(credential: Pick<Credential, 'endpoint'>, regionID: string): Endpoint {
    return credential.endpoint ?? this.#options.endpoint ?? endpointOfRegion(regionID);
  }
}

/** Failures of a list that show nothing about its jobs. */
const LIST_REFUSALS: ReadonlySet<FailureKind> = new Set([
  'PermissionDenied',
  'OperationDenied',
  'InvalidReference',
  'JobNotFound',
]);

/** Whether the cloud, and not a proxy, refused to list or gave a code that this operator does not know. */
function isRefusal({ failure, code }: CallFailure): boolean {
  const isUnknownCode = failure.kind === 'UnexpectedResponse' && code !== failure.kind;
  return isUnknownCode || LIST_REFUSALS.has(failure.kind);
}
