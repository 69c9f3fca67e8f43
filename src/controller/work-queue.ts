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
export class WorkQueue<Key, Item> {
  readonly #makeItem: (key: Key) => Item;
  readonly #partyOf: (key: Key) => string;
  /** Waiting keys by party. A Map keeps the order of insertion: the party whose turn is next comes first. */
  readonly #waiting = new Map<string, Waiting<Key>>();
  readonly #underWay = new Map<Key, Item>();
  readonly #again = new Set<Key>();

  /**
   * @param makeItem makes what is handed out for a key
   * @param partyOf the party of a key, such as its namespace: keys of different parties are handed out in
   *   turn; default: all keys are of one party
   */
  constructor(makeItem: (key: Key) => Item, partyOf: (key: Key) => string = () => '') {
    this.#makeItem = makeItem;
    this.#partyOf = partyOf;
  }

  add(key: Key): void {
    if (this.#underWay.has(key)) this.#again.add(key);
    else this.#wait(key);
  }

  /**
   * Takes the key that waits longest of the party whose turn it is, and returns the work on it; undefined
   * when no party that may start has one.
   *
   * @param mayStart a party for which it returns false is passed over, and comes last then; default: each may
   *   start
   */
  next(mayStart: (party: string) => boolean = () => true): Item | undefined {
    const passed: string[] = [];
    for (const [party, { keys, next }] of this.#waiting) {
      if (!mayStart(party)) {
        passed.push(party);
        continue;
      }
      const key = next.next().value as Key;
      keys.delete(key);
      for (const each of [...passed, party]) this.#moveToEnd(each);
      const item = this.#makeItem(key);
      this.#underWay.set(key, item);
      return item;
    }
    return undefined;
  }

  #moveToEnd(party: string): void {
    const waiting = this.#waiting.get(party);
    this.#waiting.delete(party);
    if (waiting && waiting.keys.size > 0) this.#waiting.set(party, waiting);
  }

  /** Forgets the work on a key, which has ended. @returns true when it was added meanwhile, and so waits */
  done(key: Key): boolean {
    this.#underWay.delete(key);
    const again = this.#again.delete(key);
    if (again) this.#wait(key);
    return again;
  }

  isWaiting(key: Key): boolean {
    return this.#waiting.get(this.#partyOf(key))?.keys.has(key) ?? false;
  }

  /** The work that was handed out and has not ended, by key. */
  get underWay(): ReadonlyMap<Key, Item> {
    return this.#underWay;
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
