/** Ends a call before its answer has come. */
import type { ClientRequest, IncomingMessage } from 'node:http';

/**
 * Destroys the streams of a call and rejects. An AbortController has a listener for each stream, which takes
 * a kilobyte more for each call.
 */
export class CallAbort {
  readonly #rejected = Promise.withResolvers<never>();
  readonly #streams: (ClientRequest | IncomingMessage)[] = [];
  #isAborted = false;

  /** Rejects with the reason of the first abort. */
  get rejected(): Promise<never> {
    return this.#rejected.promise;
  }

  /** Destroys the stream when the call is aborted, at once if it already is. */
  destroys(stream: ClientRequest | IncomingMessage): void {
    if (this.#isAborted) stream.destroy();
    else this.#streams.push(stream);
  }

  abort(reason: Error): void {
    this.#isAborted = true;
    this.#rejected.reject(reason);
    for (const stream of this.#streams.splice(0)) stream.destroy();
  }
}
