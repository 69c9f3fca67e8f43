/**
 * A queue between producers and one consumer: `push` never waits, `next` waits for an item. Where the ends of
 * many tasks come through one channel, the waiting tasks need no promise each.
 */
export class Channel<Item> {
  #items: Item[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  push(item: Item): void {
    this.#items.push(item);
    this.#waiting?.resolve();
  }

  /**
   * Resolves with all items since the last call, oldest first, as soon as there is one. Resolves with none
   * once the channel is closed.
   */
  async next(): Promise<readonly Item[]> {
    if (this.#items.length === 0 && !this.#isClosed) {
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
      this.#waiting = undefined;
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** Ends the consumer's wait; items pushed before are still delivered. */
  close(): void {
    this.#isClosed = true;
    this.#waiting?.resolve();
  }
}
