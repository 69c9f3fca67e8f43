/**
 * Replaces equal values by one of them, so that thousands of objects that hold the same value share its
 * memory.
 *
 * It holds two generations of values. A value that is seen again moves to the young generation; when that is
 * full, the old generation is dropped. So a value of many objects is never dropped, and a value of one object
 * soon is.
 */
export class Interner<Value> {
  readonly #generation: number;
  readonly #keyOf: (value: Value) => string;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /**
   * @param generation most values in one generation
   * @param keyOf values with the same key are equal
   */
  constructor(generation: number, keyOf: (value: Value) => string) {
    this.#generation = generation;
    this.#keyOf = keyOf;
  }

  /** The value that is held for this one. */
  intern(value: Value): Value {
    const key = this.#keyOf(value);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const known = this.#old.get(key) ?? value;
    if (this.#young.size >= this.#generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    // The key of the held value: where it is the value itself, an equal key would be a second copy of it.
    this.#young.set(this.#keyOf(known), known);
    return known;
  }
}
