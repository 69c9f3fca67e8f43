/**
 * Which objects mean the same target: an answer about it is an answer for all of them. Found by a short hash, so whoever asks has to
 * compare what they really mean. An object alone on its target costs an entry, and nothing else.
 */
import type { ObjectKey } from '../../base/object-key.ts';

export class TargetIndex {
  readonly #keys = new Map<string, ObjectKey | Set<ObjectKey>>();

  /** @param reference hash of what it means */
  add(reference: string, key: ObjectKey): void {
    const known = this.#keys.get(reference);
    if (known === undefined) this.#keys.set(reference, key);
    else if (typeof known !== 'string') known.add(key);
    else if (known !== key) this.#keys.set(reference, new Set([known, key]));
  }

  delete(reference: string, key: ObjectKey): void {
    const known = this.#keys.get(reference);
    if (known === key) this.#keys.delete(reference);
    if (known === undefined || typeof known === 'string') return;
    known.delete(key);
    const [last] = known;
    if (known.size === 1 && last) this.#keys.set(reference, last);
  }

  keysOf(reference: string): readonly ObjectKey[] {
    const known = this.#keys.get(reference);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : [...known];
  }

  /** How many targets there are. */
  get size(): number {
    return this.#keys.size;
  }
}
