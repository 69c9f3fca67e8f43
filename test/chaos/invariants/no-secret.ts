/** No secret appears in a log, a status, an event, a metric or an error. */
import type { Moment } from '../observer/moment.ts';
import { Invariant } from './parts/invariant.ts';

export class NoSecret extends Invariant {
  override readonly name = 'no secret appears anywhere';
  readonly #find: (text: string) => readonly string[];

  /** @param find the places in a text where a secret is */
  constructor(find: (text: string) => readonly string[]) {
    super();
    this.#find = find;
  }

  check({ texts }: Moment): void {
    for (const { where, text } of texts) {
      const [found] = this.#find(text);
      this.compare(found === undefined ? undefined : `${where} has a secret: …${found}…`);
    }
  }
}
