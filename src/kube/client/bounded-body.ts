/**
 * Bodies of the API server's answers, read up to a bound. A user may store objects of 1.5 MiB, and a page of
 * a list holds many: without a bound, users would decide how much memory the operator takes.
 */
import { ResponseContext } from '@kubernetes/client-node';

/**
 * Most bytes of an answer after decompression. etcd holds at most 1.5 MiB per object, so that one object
 * always fits.
 */
export const MOST_ANSWER_BYTES = 4 * 1_024 * 1_024;

/** Most bytes that are read of a refusal, which the library copies into an error's message several times. */
export const MOST_REFUSAL_BYTES = 64 * 1_024;

const FIRST_REFUSAL = 400;

/** An answer of more bytes than are read. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

type Body = ResponseContext['body'];

/** Body that can be read once. */
class BoundedBody implements Body {
  /** Bytes read so far. */
  bytes = 0;
  readonly #body: Body;
  readonly #isRefusal: boolean;
  readonly #most: number;

  constructor(body: Body, isRefusal: boolean, most: number) {
    this.#body = body;
    this.#isRefusal = isRefusal;
    this.#most = isRefusal ? MOST_REFUSAL_BYTES : most;
  }

  /** The text. A refusal is cut at its bound. @throws TooLargeError */
  async text(): Promise<string> {
    return (await this.binary()).toString('utf8');
  }

  async binary(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    // Leaving the loop cancels the rest of the body.
    for await (const chunk of this.stream() ?? []) {
      this.bytes += chunk.length;
      if (this.bytes <= this.#most) chunks.push(chunk);
      else if (this.#isRefusal) break;
      else throw new TooLargeError(`an answer of more than ${this.#most} bytes`);
    }
    return Buffer.concat(chunks);
  }

  stream(): ReadableStream<Uint8Array> | null {
    return this.#body.stream();
  }
}

/** Bounds what is read of the answer's body. @param most bytes, unless it is a refusal */
export function bounded({ httpStatusCode, headers, body }: ResponseContext, most: number): ResponseContext {
  const isRefusal = httpStatusCode >= FIRST_REFUSAL;
  return new ResponseContext(httpStatusCode, headers, new BoundedBody(body, isRefusal, most));
}

/** Bytes of an answer that `bounded` returned and that has been read. */
export function bytesOf({ body }: Pick<ResponseContext, 'body'>): number {
  return body instanceof BoundedBody ? body.bytes : 0;
}
