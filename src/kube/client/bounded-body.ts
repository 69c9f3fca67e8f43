/**
 * Bodies of the API server's answers, read up to a bound. A user may store objects of 1.5 MiB, and a page of
 * a list holds many: without a bound, users would decide how much memory the operator takes.
 */

/**
 * Most bytes of an answer after decompression. etcd holds at most 1.5 MiB per object, so that one object
 * always fits.
 */
export const MOST_ANSWER_BYTES = 4 * 1_024 * 1_024;

/** Most bytes that are read of a refusal, whose text is parsed for its reason. */
export const MOST_REFUSAL_BYTES = 64 * 1_024;

/** An answer of more bytes than are read. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/**
 * Reads a body. A refusal is cut at its bound.
 *
 * @param most bytes, unless it is a refusal
 * @throws TooLargeError, and errors of the connection
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  isRefusal: boolean,
  most: number,
): Promise<Buffer> {
  const bound = isRefusal ? MOST_REFUSAL_BYTES : most;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes <= bound) chunks.push(chunk);
    else if (isRefusal) break;
    else throw new TooLargeError(`an answer of more than ${bound} bytes`);
  }
  return Buffer.concat(chunks);
}
