/** Items that are kept in order, so that reading a page of them needs no sort. */
export class SortedList<Item> {
  readonly #items: Item[] = [];
  readonly #compare: (a: Item, b: Item) => number;

  /** @param compare never 0 for two different items. */
  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  add(item: Item): void {
    const last = this.#items.at(-1);
    // What is made in its order, as most are, is put at the end without a search.
    const index =
      last === undefined || this.#compare(last, item) < 0 ? this.#items.length : this.#place(item);
    this.#items.splice(index, 0, item);
  }

  /** Nothing where it is not in the list. */
  remove(item: Item): void {
    const index = this.#place(item);
    if (this.#items[index] === item) this.#items.splice(index, 1);
  }

  *ascending(): IterableIterator<Item> {
    yield* this.#items;
  }

  *descending(): IterableIterator<Item> {
    for (let index = this.#items.length - 1; index >= 0; index--) yield this.#items[index] as Item;
  }

  /** Where it is, or would be. */
  #place(item: Item): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#items[middle] as Item, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
