/**
 * ListEdgeTranscodeJob: one page of a cluster's jobs, made like the call for one job, and what it brought.
 */

import type { Reference } from '../../job/model/cloud-port.ts';
import type { FailureKind } from '../../job/model/failures.ts';
import type { Credential } from '../client/credential.ts';
import type { CallResult, JobCall } from '../client/job-call.ts';
import type { CallFailure } from '../client/map-error.ts';
import { type JobPage, mapListResponse, UnexpectedBody } from '../client/map-response.ts';

/** The most that the vendor gives for the price of one call. */
export const PAGE_SIZE = 100;

export const LIST_ACTION = 'ListEdgeTranscodeJob';

/** These are about listing: asking for one job may work all the same. */
const REFUSALS: ReadonlySet<FailureKind> = new Set([
  'PermissionDenied',
  'OperationDenied',
  'InvalidReference',
  'JobNotFound',
]);

export class PageCall {
  readonly #jobCall: Pick<JobCall, 'destinationOf' | 'ask'>;
  readonly #query: Readonly<Record<string, string>>;
  #page: JobPage | undefined;
  #failed: CallFailure | undefined;
  #isOdd = false;

  /** @param pageNo the first is 1 */
  constructor(jobCall: Pick<JobCall, 'destinationOf' | 'ask'>, pageNo: number) {
    this.#jobCall = jobCall;
    // The oldest first, so that a new job shifts none to another page.
    this.#query = { PageNo: `${pageNo}`, PageSize: `${PAGE_SIZE}`, SortBy: 'asc' };
  }

  destinationOf(reference: Reference, credential: Credential): ReturnType<JobCall['destinationOf']> {
    return this.#jobCall.destinationOf(reference, credential);
  }

  /** Never rejects. Its answer's job is empty: `page` has them all. */
  async make(reference: Reference, credential: Credential): Promise<CallResult> {
    const result = await this.#jobCall.ask(reference, credential, {
      operation: LIST_ACTION,
      query: this.#query,
      read: (body) => this.#read(body),
    });
    this.#failed = result.failed;
    return result;
  }

  /** Of the last call, if it was answered. */
  get page(): JobPage | undefined {
    return this.#failed ? undefined : this.#page;
  }

  /** Whether listing was refused, or answered in a way that this operator does not know, by the cloud itself and not on the way. */
  get isRefused(): boolean {
    if (!this.#failed) return false;
    const { failure, code } = this.#failed;
    const isUnknown = failure.kind === 'UnexpectedResponse' && code !== failure.kind;
    return this.#isOdd || isUnknown || REFUSALS.has(failure.kind);
  }

  #read(body: unknown): Record<string, never> {
    this.#isOdd = false;
    try {
      this.#page = mapListResponse(body);
    } catch (error) {
      this.#isOdd = error instanceof UnexpectedBody;
      throw error;
    }
    return {};
  }
}
