// Rows of `kubectl get --watch`, of which only those are shown that say something new.

/** Cells as the API server sends them; null where there is nothing to show. */
export type Cells = readonly (string | number | boolean | null)[];

export type Column = {
  /** The name in the CRD; the table shows it in capitals. */
  readonly name: string;
  /** 0: shown without `-o wide`. */
  readonly priority: number;
};

// kubectl widens a column at each longer value, so that a watched table drifts apart. The longest values of
// these are known.
const WIDEST: Readonly<Record<string, string>> = {
  NAME: 'stream1-hd',
  READY: 'Unknown',
  STATE: 'NotStarted',
  EXPECTED: 'Unknown',
  FRESH: 'Unknown',
  JOB: 'stream1-hd',
  TYPE: 'ultra-hd',
};
// It alone differs each time a row is sent.
const AGE = 'AGE';

/** One table. It remembers what it has shown, and how wide its columns have become. */
export class WatchedTable {
  readonly #columns: readonly { readonly title: string; readonly index: number }[];
  readonly #widths: number[];
  readonly #shown = new Map<string, string>();

  constructor(columns: readonly Column[]) {
    this.#columns = columns
      .map(({ name, priority }, index) => ({ title: name.toUpperCase(), index, priority }))
      .filter(({ priority }) => priority === 0);
    this.#widths = this.#columns.map(({ title }) => Math.max(title.length, WIDEST[title]?.length ?? 0));
  }

  /** The titles, each as wide as its column is now. */
  header(): string[] {
    return this.#padded(this.#columns.map(({ title }) => title));
  }

  /**
   * The cells to show, each as wide as its column. Undefined if the row reads as it was last shown, but for
   * its age.
   * @param key identifies the row
   */
  row(key: string, cells: Cells): string[] | undefined {
    const texts = this.#columns.map(({ index }) => String(cells[index] ?? ''));
    const news = texts.filter((_, position) => this.#columns[position]?.title !== AGE).join('\n');
    if (this.#shown.get(key) === news) return undefined;
    this.#shown.set(key, news);
    for (const [position, text] of texts.entries())
      this.#widths[position] = Math.max(this.#widths[position] ?? 0, text.length);
    return this.#padded(texts);
  }

  /** The row is gone: shown again, it is news. */
  forget(key: string): void {
    this.#shown.delete(key);
  }

  #padded(texts: readonly string[]): string[] {
    return texts.map((text, position) => text.padEnd(this.#widths[position] ?? 0));
  }
}
