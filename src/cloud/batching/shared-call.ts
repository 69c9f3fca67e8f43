/**
 * A call that several namespaces wait for. A request waits for it in the name of each, because a namespace
 * must not wait in the queue of another. Only the first request that gets a permit is called, and its answer
 * serves all.
 */
import type { Operation } from '../client/live-client.ts';
import { Request, type Subject } from '../requests/request.ts';

export abstract class SharedCall<T> implements Subject<T> {
  /** Most calls have one request, which needs no array: 100,000 may wait. */
  #requests: Request<T> | readonly Request<T>[] = NONE;

  abstract get operation(): Operation<T>;

  /** The requests that are not finished, at most one for each namespace. */
  get requests(): readonly Request<T>[] {
    return this.#requests instanceof Request ? [this.#requests] : this.#requests;
  }

  addRequest(request: Request<T>): void {
    const { requests } = this;
    this.#requests = requests.length === 0 ? request : [...requests, request];
  }

  /** @returns whether it was one of the requests */
  removeRequest(request: Request<unknown>): boolean {
    const { requests } = this;
    this.#requests = requests.filter((each) => each !== request);
    return this.#requests.length < requests.length;
  }

  /** Whether the call is under way, so that its answer is older than questions that come from now on. */
  get isCalling(): boolean {
    return this.requests.some(({ isCalling }) => isCalling);
  }
}

const NONE: readonly never[] = [];
