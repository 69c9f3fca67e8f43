/**
 * A queue of keys that never hands out one key twice at a time and never forgets one.
 *
 * A key added while it waits is not added again. A key added while it is in work waits until `done`, and is
 * then handed out once more: work begun before a change cannot have seen the change.
 */
export class WorkQueue<Key> {
  readonly #waiting = new Set<Key>();
  readonly #working = new Set<Key>();
  readonly #again = new Set<Key>();

  add(key: Key): void {
    if (this.#working.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
  }

  /** The key that waits longest, now in work; undefined when none waits. */
  next(): Key | undefined {
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#working.add(key);
      return key;
    }
    return undefined;
  }

  /** Ends the work on a key. @returns true when it was added meanwhile, and so waits again */
  done(key: Key): boolean {
    this.#working.delete(key);
    const again = this.#again.delete(key);
    if (again) this.#waiting.add(key);
    return again;
  }

  isWaiting(key: Key): boolean {
    return this.#waiting.has(key);
  }

  get working(): number {
    return this.#working.size;
  }
}
