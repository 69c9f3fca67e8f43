/**
 * Decides which namespace may begin a status write. A namespace alone may have all slots but two, so that
 * another one finds a free slot although its writes hang. Large objects are written one after another,
 * whatever namespace has them: the API server takes 0.14 s of processor time for 1.1 MB, and sends each
 * change to the watch. Sixteen such writes at once keep it from the list and the watch, in which the new
 * objects of all namespaces come. On a busy API server none of them ends within its deadline, and all are
 * made again: so a namespace has one write under way until an answer shows its sizes, and again after a write
 * without an answer.
 */
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';

/**
 * Most writes of a namespace under way. 16 on one HTTP/2 connection cost the least CPU per write, measured
 * against a real API server.
 */
const MOST_OF_NAMESPACE = 16;

/** Most writes of a namespace under way while the size of its objects is unknown. */
const MOST_UNKNOWN = 1;

/** Most writes under way. Two more than for a namespace: they stay for others. */
export const MOST_IN_FLIGHT = 18;

/**
 * A namespace whose objects have more bytes on average has large ones. 128 KiB: 64 labels and 32 Ki
 * characters of annotations, which the admission policy admits, take less.
 */
const LARGE_BYTES = 128 * 1_024;

/**
 * Part of the latest answer in the average of its namespace: a single large object among many small ones
 * slows few of them.
 */
const LATEST = 1 / 4;

/** How long the average of a namespace without writes is remembered. */
const REMEMBERED_MS = 10 * 60_000;

export class WriteSlots {
  /** Writes under way, by namespace. */
  readonly #underWay = new Map<string, number>();
  /** Average bytes of an object, by namespace whose last write was answered. */
  readonly #bytes: ExpiringMap<string, number>;

  constructor(clock: Clock) {
    this.#bytes = new ExpiringMap({ clock, lifetimeMs: REMEMBERED_MS });
  }

  mayBegin(namespace: string): boolean {
    if (this.isLarge(namespace)) return !this.#isLargeUnderWay();
    const most = this.#bytes.get(namespace) === undefined ? MOST_UNKNOWN : MOST_OF_NAMESPACE;
    return (this.#underWay.get(namespace) ?? 0) < most;
  }

  /** Whether the objects of the namespace are known to be large. */
  isLarge(namespace: string): boolean {
    return (this.#bytes.get(namespace) ?? 0) > LARGE_BYTES;
  }

  began(namespace: string): void {
    this.#underWay.set(namespace, (this.#underWay.get(namespace) ?? 0) + 1);
  }

  /** A write has ended with an answer, such as a refusal. */
  answered(namespace: string): void {
    const underWay = (this.#underWay.get(namespace) ?? 0) - 1;
    if (underWay > 0) this.#underWay.set(namespace, underWay);
    else this.#underWay.delete(namespace);
  }

  /** A write has ended with an object of that many bytes. */
  stored(namespace: string, bytes: number): void {
    this.answered(namespace);
    const average = this.#bytes.get(namespace) ?? bytes;
    this.#bytes.set(namespace, average + LATEST * (bytes - average));
  }

  /** A write has ended without an answer that its object was stored or refused. */
  failed(namespace: string): void {
    this.answered(namespace);
    this.#bytes.delete(namespace);
  }

  #isLargeUnderWay(): boolean {
    for (const namespace of this.#underWay.keys()) if (this.isLarge(namespace)) return true;
    return false;
  }
}
