/** Remembers the nonces of signed requests for as long as the request could be sent again. */

/**
 * A request is good for 15 minutes either way of the clock, so one dated 15 minutes ahead is good for 30.
 */
const REMEMBERED_MS = 30 * 60_000;

/** 6,000 calls a minute for 30 minutes, for one account and a half: about 40 MB at the worst. */
const MOST_REMEMBERED = 270_000;

export class Nonces {
  /**
   * When each pair of key and nonce may be forgotten. The oldest comes first: a Map keeps the order of
   * insertion.
   */
  readonly #seen = new Map<string, number>();

  /** Whether `nonce` is new for this key at `now` (ms). It no longer is afterwards. */
  use(accessKeyID: string, nonce: string, now: number): boolean {
    this.#forget(now);
    const entry = `${accessKeyID} ${nonce}`;
    if (this.#seen.has(entry)) return false;
    this.#seen.set(entry, now + REMEMBERED_MS);
    return true;
  }

  clear(): void {
    this.#seen.clear();
  }

  #forget(now: number): void {
    for (const [entry, until] of this.#seen) {
      if (until > now && this.#seen.size < MOST_REMEMBERED) return;
      this.#seen.delete(entry);
    }
  }
}
