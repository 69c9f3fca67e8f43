/**
 * No operator ends unless a fault wants it, and none prints what its logger did not write, as Node does for
 * a rejection.
 */
import type { Moment } from '../observer/moment.ts';
import { Invariant } from './parts/invariant.ts';

const UNEXPECTED = /"msg":"unexpected (?:rejection|exception)/;

export class NoUnwantedEnd extends Invariant {
  override readonly name = 'no operator ends unasked, or has an unhandled rejection';

  check({ texts, processes, unwantedEnds }: Moment): void {
    for (const { name } of processes) {
      const end = unwantedEnds.find((each) => each.name === name);
      this.compare(end && `${end.name} ended: ${end.how}`);
    }
    for (const { name, how } of unwantedEnds)
      if (!processes.some((each) => each.name === name)) this.compare(`${name} ended: ${how}`);
    for (const { where, text } of texts.filter(({ where }) => where.startsWith('log of ')))
      for (const line of text.split('\n')) if (line !== '') this.#line(where, line);
  }

  #line(where: string, line: string): void {
    const isWrong = !line.startsWith('{') || UNEXPECTED.test(line);
    this.compare(isWrong ? `${where}: ${line.slice(0, 300)}` : undefined);
  }
}
