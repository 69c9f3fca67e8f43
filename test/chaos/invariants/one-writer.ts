/**
 * No write of another replica succeeds after a new leader's first write to an object, until that replica has
 * claimed the Lease again.
 */
import type { Claim, Moment, StatusWrite } from '../observer/moment.ts';
import { Invariant } from './parts/invariant.ts';
import { isKnown, type KnownWrite, WriteHistory } from './parts/write-history.ts';

export class OneWriter extends Invariant {
  override readonly name = 'after a new leader’s first write to an object no other replica writes it';
  readonly #claims: Claim[] = [];
  readonly #history = new WriteHistory();

  check(moment: Moment): void {
    this.#claims.push(...moment.claims);
    for (const { write, before } of this.#history.take(moment))
      this.compare(this.#ownClaim(write) ? this.#late(write, before) : unclaimed(write));
  }

  #late(write: StatusWrite, before: KnownWrite['before']): string | undefined {
    if (!isKnown(before)) return undefined;
    const [own, earlier] = [this.#ownClaim(write), this.#ownClaim(before)];
    if (!own || !earlier || own.at >= earlier.at) return undefined;
    const late = `${write.writer}, which claimed at ${time(own.at)}, wrote ${write.namespace}/${write.name}`;
    return `${late} at ${time(write.at)}, after ${earlier.holder}, which claimed at ${time(earlier.at)}`;
  }

  #ownClaim({ writer, at }: StatusWrite): Claim | undefined {
    return this.#claims.findLast((claim) => claim.holder === writer && claim.at <= at);
  }
}

function unclaimed({ writer, namespace, name }: StatusWrite): string {
  return `${writer} wrote ${namespace}/${name} without having claimed the Lease`;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
