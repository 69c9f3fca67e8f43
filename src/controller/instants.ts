/**
 * Keys by the instant at which each is due, the earliest first. A binary heap that knows the place of each
 * key, so that a replaced or deleted instant leaves nothing behind. Two plain arrays take half the memory of
 * an object per key.
 */
export class Instants<Key> {
  readonly #keys: Key[] = [];
  readonly #ats: number[] = [];
  readonly #places = new Map<Key, number>();

  get size(): number {
    return this.#keys.length;
  }

  get(key: Key): number | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#ats[place];
  }

  /** The earliest instant and its key; undefined when there is none. */
  first(): { readonly key: Key; readonly at: number } | undefined {
    return this.size === 0 ? undefined : { key: this.#key(0), at: this.#at(0) };
  }

  /** Replaces the key's instant. */
  set(key: Key, at: number): void {
    this.#sift(this.#places.get(key) ?? this.size, key, at);
  }

  delete(key: Key): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    const last = this.size - 1;
    const [lastKey, lastAt] = [this.#key(last), this.#at(last)];
    this.#places.delete(key);
    this.#keys.pop();
    this.#ats.pop();
    if (place < last) this.#sift(place, lastKey, lastAt);
  }

  clear(): void {
    this.#keys.length = 0;
    this.#ats.length = 0;
    this.#places.clear();
  }

  /** Inserts a key by moving the free place up or down until no parent is later and no child earlier. */
  #sift(free: number, key: Key, at: number): void {
    let place = free;
    for (let above = parentOf(place); place > 0 && at < this.#at(above); above = parentOf(place)) {
      this.#put(place, this.#key(above), this.#at(above));
      place = above;
    }
    for (let below = this.#earlierChild(place); below < this.size; below = this.#earlierChild(place)) {
      if (this.#at(below) >= at) break;
      this.#put(place, this.#key(below), this.#at(below));
      place = below;
    }
    this.#put(place, key, at);
  }

  #earlierChild(place: number): number {
    const left = 2 * place + 1;
    return left + 1 < this.size && this.#at(left + 1) < this.#at(left) ? left + 1 : left;
  }

  #put(place: number, key: Key, at: number): void {
    this.#keys[place] = key;
    this.#ats[place] = at;
    this.#places.set(key, place);
  }

  #key(place: number): Key {
    return this.#keys[place] as Key;
  }

  #at(place: number): number {
    return this.#ats[place] as number;
  }
}

function parentOf(place: number): number {
  return (place - 1) >> 1;
}
