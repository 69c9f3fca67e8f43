/**
 * Bounds what a namespace makes the operator do at the endpoints that its Secrets name. Such an endpoint may
 * be anything: it may hold each answer for 10 s, or fill it with what takes long to parse. All Secrets of a
 * namespace share the bounds, because a namespace can have any number of Secrets. A request beyond a bound
 * waits here, and takes neither a permit nor a slot from others meanwhile.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import { TokenBucket } from '../../base/token-bucket.ts';

/** Most calls in flight for a namespace. At 0.08 s per answer that allows 100 calls/s, the largest budget. */
const MOST_AT_ONCE = 8;

/**
 * Calls a second for a namespace. An account has at most 100 (6,000 a minute), and a usual answer of 2 KiB
 * counts as an eighth of a call more.
 */
const CALLS = { burst: 20, perSecond: 120 };

/**
 * Work that counts as one more call (`AnswerCost.work`). The worst answers to Get are 64 KiB long and take
 * 5 ms to parse: 24 a second take an eighth of a core. The worst pages take 53 ms: 3.6 a second, a fifth.
 */
const WORK_OF_A_CALL = 16 * 2 ** 10;

/** How long the bounds of a namespace are kept after its last call. The bucket is full long before. */
const UNUSED_MS = 10 * 60_000;

export interface SecretEndpointsOptions<Item> {
  readonly clock: Clock;
  /** Receives a parked item that may try again. */
  readonly resume: (item: Item) => void;
}

export class SecretEndpoints<Item> implements Iterable<Item> {
  readonly #options: SecretEndpointsOptions<Item>;
  readonly #gates: ExpiringMap<string, SecretEndpointGate<Item>>;

  constructor(options: SecretEndpointsOptions<Item>) {
    this.#options = options;
    const isInUse = (gate: SecretEndpointGate<Item>) => gate.isInUse;
    this.#gates = new ExpiringMap({ clock: options.clock, lifetimeMs: UNUSED_MS, isInUse });
  }

  /** The gate of a namespace. */
  of(namespace: string): SecretEndpointGate<Item> {
    return this.#gates.use(namespace) ?? this.#gates.set(namespace, new SecretEndpointGate(this.#options));
  }

  /** Takes an item out again, if it is parked. */
  withdraw(namespace: string, item: Item): void {
    this.#gates.get(namespace)?.withdraw(item);
  }

  /** All parked items. */
  *[Symbol.iterator](): Generator<Item, void> {
    for (const [, { parked }] of this.#gates) yield* parked;
  }

  /** Resumes nothing after this. */
  close(): void {
    for (const [, gate] of this.#gates) gate.close();
  }
}

export class SecretEndpointGate<Item> {
  readonly #options: SecretEndpointsOptions<Item>;
  readonly #bucket: TokenBucket;
  /** Items that wait, in the order in which they came. */
  readonly #parked = new Set<Item>();
  #underway = 0;
  #next: Timer | undefined;

  constructor(options: SecretEndpointsOptions<Item>) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.clock, CALLS);
  }

  get parked(): ReadonlySet<Item> {
    return this.#parked;
  }

  get isInUse(): boolean {
    return this.#underway > 0 || this.#parked.size > 0;
  }

  /** Begins a call if the bounds allow it; its caller then reports the end by `ended`. */
  begin(): boolean {
    if (this.#underway === MOST_AT_ONCE || !this.#bucket.take()) return false;
    this.#underway += 1;
    return true;
  }

  /** @param work of the answer, bytes */
  ended(work: number): void {
    this.#underway -= 1;
    this.#bucket.spend(work / WORK_OF_A_CALL);
    this.#resumeNext();
  }

  /** Holds an item until a call may begin. Other items may be faster, and the item is then parked again. */
  park(item: Item): void {
    this.#parked.add(item);
    this.#resumeNext();
  }

  withdraw(item: Item): void {
    this.#parked.delete(item);
  }

  close(): void {
    this.#parked.clear();
    this.#next?.cancel();
  }

  /**
   * While fewer than 8 calls run, resumes one parked item per token. The timer starts again each time, so an
   * item that never calls blocks no other.
   */
  #resumeNext(): void {
    if (this.#next || this.#parked.size === 0 || this.#underway === MOST_AT_ONCE) return;
    const ms = Math.max(this.#bucket.msUntilToken, 1_000 / CALLS.perSecond);
    this.#next = this.#options.clock.after(ms, () => {
      this.#next = undefined;
      const [item] = this.#parked;
      if (item === undefined) return;
      this.#parked.delete(item);
      this.#options.resume(item);
      this.#resumeNext();
    });
  }
}
