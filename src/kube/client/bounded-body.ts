/**
 * Answers of the API server, whose bodies are read up to a bound. A user may store objects of 1.5 MiB, and a
 * page of a list holds many: without a bound, users would decide how much memory the operator takes.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';

/**
 * Most bytes of an answer after decompression. etcd holds at most 1.5 MiB per object, so that one object
 * always fits.
 */
export const MOST_ANSWER_BYTES = 4 * 1_024 * 1_024;

/** Most bytes that are read of a refusal, whose text is parsed for its reason. */
export const MOST_REFUSAL_BYTES = 64 * 1_024;

const FIRST_FINAL = 200;
const FIRST_REFUSAL = 400;

/** An answer of more bytes than are read. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

export interface Received {
  readonly status: number;
  readonly isRefusal: boolean;
  readonly headers: Headers;
  /** The bytes that were sent. A refusal is cut at its bound. */
  readonly body: Buffer;
  /** A refusal whose body did not come to its end. */
  readonly isBroken: boolean;
}

/**
 * Receives the answer to one call. It takes the chunks as they come: a stream for each body costs a third of
 * the call.
 */
export class Receiver implements Dispatcher.DispatchHandler {
  readonly #most: number;
  readonly #received = Promise.withResolvers<Received>();
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #head: { readonly status: number; readonly headers: Headers } | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #reason: Error | undefined;

  /** @param most bytes of the body, unless it is a refusal */
  constructor(most: number) {
    this.#most = most;
    // The call may end before its answer is awaited.
    this.#received.promise.catch(() => undefined);
  }

  /** Rejects with TooLargeError, errors of the connection, and the reason of `abort`. */
  get received(): Promise<Received> {
    return this.#received.promise;
  }

  /** Ends the call, wherever it is. A refusal whose head has come stays a refusal. */
  abort(reason: Error): void {
    this.#reason = reason;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#reason) controller.abort(this.#reason);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status >= FIRST_FINAL) this.#head = { status, headers };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const bound = this.#isRefusal ? MOST_REFUSAL_BYTES : this.#most;
    this.#bytes += chunk.length;
    if (this.#bytes <= bound) {
      this.#chunks.push(chunk);
      return;
    }
    if (this.#isRefusal) this.#end(false);
    this.abort(tooLarge(bound));
  }

  onResponseEnd(): void {
    this.#end(false);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  get #isRefusal(): boolean {
    return this.#head !== undefined && this.#head.status >= FIRST_REFUSAL;
  }

  #fail(error: Error): void {
    if (this.#isRefusal) this.#end(true);
    else this.#received.reject(error);
  }

  #end(isBroken: boolean): void {
    const { status = 0, headers = {} } = this.#head ?? {};
    const body = Buffer.concat(this.#chunks);
    this.#received.resolve({ status, isRefusal: this.#isRefusal, headers, body, isBroken });
  }
}

/**
 * Returns the body without its compression.
 *
 * @param most bytes of the result
 * @throws TooLargeError, and errors of zlib
 */
export async function unpacked({ headers, body }: Received, most: number): Promise<Buffer> {
  if (headers['content-encoding'] !== 'gzip') return body;
  try {
    return await promisify(gunzip)(body, { maxOutputLength: most });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(most);
    throw error;
  }
}

function tooLarge(bound: number): TooLargeError {
  return new TooLargeError(`an answer of more than ${bound} bytes`);
}
