/**
 * Finds the objects that mean the same job, which share its answers. The key is a short hash, so the caller
 * compares the references as well. An object that is alone on its job costs one map entry and nothing else.
 */
import type { ObjectKey } from '../../base/object-key.ts';

export class TargetIndex {
  readonly #keys = new Map<string, ObjectKey | Set<ObjectKey>>();

  /** @param referenceHash the hash of the job that the object means */
  add(referenceHash: string, key: ObjectKey): void {
    const known = this.#keys.get(referenceHash);
    if (known === undefined) this.#keys.set(referenceHash, key);
    else if (typeof known !== 'string') known.add(key);
    else if (known !== key) this.#keys.set(referenceHash, new Set([known, key]));
  }

  delete(referenceHash: string, key: ObjectKey): void {
    const known = this.#keys.get(referenceHash);
    if (known === key) this.#keys.delete(referenceHash);
    if (known === undefined || typeof known === 'string') return;
    known.delete(key);
    const [last] = known;
    if (known.size === 1 && last) this.#keys.set(referenceHash, last);
  }

  keysOf(referenceHash: string): readonly ObjectKey[] {
    const known = this.#keys.get(referenceHash);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : [...known];
  }

  /** The number of jobs. */
  get size(): number {
    return this.#keys.size;
  }
}
