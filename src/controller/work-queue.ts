interface Waiting<Key> {
  readonly keys: Set<Key>;
  /**
   * Returns the keys in the order in which they came. One iterator for all: a new one would step over every
   * key that was taken before.
   */
  readonly next: Iterator<Key>;
}

/**
 * A queue of keys that never hands out work on one key twice at a time and never forgets a key.
 *
 * A key added while it waits is not added again. A key added while it is in work waits until `done`, and is
 * then handed out once more: work begun before a change cannot have seen the change.
 */
export class WorkQueue<Key, Work> {
  readonly #begin: (key: Key) => Work;
  readonly #partyOf: (key: Key) => string;
  /** Waiting keys by party. A Map keeps the order of insertion: the party whose turn is next comes first. */
  readonly #waiting = new Map<string, Waiting<Key>>();
  readonly #working = new Map<Key, Work>();
  readonly #again = new Set<Key>();

  /**
   * @param begin makes the work on a key that is handed out
   * @param partyOf the party of a key, such as its namespace: keys of different parties are handed out in
   *   turn; default: all keys are of one party
   */
  constructor(begin: (key: Key) => Work, partyOf: (key: Key) => string = () => '') {
    this.#begin = begin;
    this.#partyOf = partyOf;
  }

  add(key: Key): void {
    if (this.#working.has(key)) this.#again.add(key);
    else this.#wait(key);
  }

  /**
   * The work on the key that waits longest of the party whose turn it is; undefined when no party that may
   * start has one.
   *
   * @param mayStart a party for which it returns false is passed over, and comes last then; default: each may
   *   start
   */
  next(mayStart: (party: string) => boolean = () => true): Work | undefined {
    const passed: string[] = [];
    for (const [party, { keys, next }] of this.#waiting) {
      if (!mayStart(party)) {
        passed.push(party);
        continue;
      }
      const key = next.next().value as Key;
      keys.delete(key);
      for (const each of [...passed, party]) this.#moveToEnd(each);
      const work = this.#begin(key);
      this.#working.set(key, work);
      return work;
    }
    return undefined;
  }

  #moveToEnd(party: string): void {
    const waiting = this.#waiting.get(party);
    this.#waiting.delete(party);
    if (waiting && waiting.keys.size > 0) this.#waiting.set(party, waiting);
  }

  /** Ends the work on a key. @returns true when it was added meanwhile, and so waits again */
  done(key: Key): boolean {
    this.#working.delete(key);
    const again = this.#again.delete(key);
    if (again) this.#wait(key);
    return again;
  }

  isWaiting(key: Key): boolean {
    return this.#waiting.get(this.#partyOf(key))?.keys.has(key) ?? false;
  }

  /** The work that has not ended, by key. */
  get working(): ReadonlyMap<Key, Work> {
    return this.#working;
  }

  #wait(key: Key): void {
    const party = this.#partyOf(key);
    const waiting = this.#waiting.get(party);
    if (waiting) {
      waiting.keys.add(key);
      return;
    }
    const keys = new Set([key]);
    this.#waiting.set(party, { keys, next: keys.values() });
  }
}
