/**
 * Compresses the metrics for clients that accept it, as Prometheus does: 5,000 objects take 2.4 MB of text,
 * and a tenth of that compressed.
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** The fastest level: higher ones take several times as long and save a fifth more. */
const LEVEL = constants.Z_BEST_SPEED;

export class Compression {
  readonly #compressed = new WeakMap<Buffer, Promise<Buffer>>();

  /** Compresses a body once, on a thread of its own, however many clients ask for it. */
  of(body: Buffer): Promise<Buffer> {
    const known = this.#compressed.get(body);
    if (known !== undefined) return known;
    const compressed = promisify(gzip)(body, { level: LEVEL });
    this.#compressed.set(body, compressed);
    return compressed;
  }
}

/** @param header `Accept-Encoding` of a request */
export function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((each) => {
    const [name = '', quality = ''] = each.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !/^q=0(\.0*)?$/.test(quality);
  });
}
