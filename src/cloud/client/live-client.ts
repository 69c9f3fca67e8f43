/**
 * Makes the calls of ApsaraVideo Live: one signed request out, one typed result back. It does not wait for
 * permits.
 */
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts';
import type { Credential } from '../../credentials/credential.ts';
import type { ClusterReference, Destination } from '../../job/model/cloud-port.ts';
import type { FailureKind } from '../../job/model/failures.ts';
import { AnswerMemory, MOST_OF_A_PAGE, MOST_OF_AN_ANSWER } from './answer-memory.ts';
import { type CallFailure, mapError } from './map-error.ts';
import { type Job, type JobPage, mapJobResponse, mapListResponse } from './map-response.ts';
import { endpointOfRegion, isVendor } from './region-endpoints.ts';
import { type CallEnd, type CallObserver, type CallParts, makeCall, type VendorCall } from './vendor-call.ts';

export interface LiveClientOptions extends CallParts {
  /** Endpoint of every credential that names none. Undefined: the endpoint of the region. */
  readonly endpoint: Endpoint | undefined;
  /** Region of objects and Secrets that name none. */
  readonly regionID: string;
  readonly observer?: CallObserver;
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

export type CallResult<T> = { readonly destination: Destination } & (
  | Extract<CallEnd<T>, { kind: 'answered' }>
  | (Extract<CallEnd<T>, { kind: 'failed' }> & {
      /** Only listing failed, JobNotFound included: Get may work. */
      readonly isOnlyListing: boolean;
    })
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
  readonly #memory = new AnswerMemory();

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
    { action, jobID = '', query, read }: Operation<T>,
    about: ClusterReference,
    credential: Credential,
  ): Promise<CallResult<T>> {
    const { identity, accessKey } = credential;
    const { clusterID } = about;
    const destination = this.destinationOf(about, credential);
    const { regionID } = destination;
    // The region of a Secret is not repeated: no text of a Secret leaves it.
    const isSecrets = about.regionID === undefined && credential.regionID !== undefined;
    const context = { action, identity, clusterID, jobID, regionID: isSecrets ? undefined : regionID };
    const most = action === LIST_ACTION ? MOST_OF_A_PAGE : MOST_OF_AN_ANSWER;
    const isTenants = credential.endpoint !== undefined && !isVendor(credential.endpoint);
    const call: VendorCall<T> = {
      action,
      endpoint: this.#endpoint(credential, regionID),
      whose: isTenants ? 'tenant' : 'known',
      accessKey,
      parameters: { RegionId: regionID, ClusterId: clusterID, ...query },
      read,
      cost: this.#memory.open(about.credential.namespace, most),
      context,
      mapError: (error) => mapError(error, context),
    };
    const end = await makeCall(call, this.#options);
    if (end.kind === 'answered') return { ...end, destination };
    const isOnlyListing = action === LIST_ACTION && (end.isJson || concernsListing(end.failed));
    return { ...end, destination, isOnlyListing };
  }

  #endpoint(credential: Pick<Credential, 'endpoint'>, regionID: string): Endpoint {
    return credential.endpoint ?? this.#options.endpoint ?? endpointOfRegion(regionID);
  }
}

/** The cloud refuses to list. It may still answer a Get: that takes another permission, and names its job. */
const LIST_REFUSALS: ReadonlySet<FailureKind> = new Set([
  'PermissionDenied',
  'OperationDenied',
  'InvalidReference',
  'JobNotFound',
]);

/**
 * Whether each page would fail like this one, and a Get might not: the cloud refuses to list or gives a code
 * that this operator does not know, or the page is too long (`AnswerTooLong`). What a proxy answers instead
 * of the cloud has no code, and fails both.
 */
function concernsListing({ failure, code }: CallFailure): boolean {
  const hasCode = failure.kind === 'UnexpectedResponse' && code !== failure.kind;
  return hasCode || LIST_REFUSALS.has(failure.kind);
}
