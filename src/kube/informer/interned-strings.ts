/**
 * Keeps one string where there would be many equal ones. Each string parsed from JSON has memory of its own,
 * and objects are much alike: of about 20 strings in one object, conditions not counted, six are in no other.
 * This saves a quarter of the store's memory and changes no value.
 */
import { Interner } from './interner.ts';

/** Strings per generation: about 700 objects have this many that no other has. */
const GENERATION = 4_096;

export class InternedStrings {
  readonly #strings = new Interner<string>(GENERATION, (text) => text);

  /**
   * Replaces each string in plain data by an equal one that is held. Leaves out lists: those of an object are
   * its conditions, which are held as templates.
   *
   * @param data may share parts with data that others hold: values stay the same. Must not be frozen
   */
  intern(data: object): void {
    const fields = data as Record<string, unknown>;
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === 'string') fields[name] = this.#strings.intern(value);
      else if (typeof value === 'object' && value !== null && !Array.isArray(value)) this.intern(value);
    }
  }
}
