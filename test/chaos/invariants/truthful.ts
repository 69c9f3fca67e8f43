/**
 * Every status equals the cloud's state within two of the object's own intervals and 60 s of calm.
 */
import type { Moment, SeenObject } from '../observer/moment.ts';
import { accountOf } from '../population/tenants.ts';
import { intervalOf } from './parts/intervals.ts';
import { concerns, endOf, Invariant } from './parts/invariant.ts';
import { differences } from './parts/truth.ts';

const INTERVALS = 2;
const GRACE_MS = 60_000;

export class Truthful extends Invariant {
  override readonly name = 'every status equals the cloud within 2 intervals and 60 s of calm';
  readonly #violatedNow = new Set<string>();
  /** When each job that does not exist now was last there. */
  readonly #goneSince = new Map<string, number>();

  check(moment: Moment): void {
    for (const seen of moment.objects ?? []) this.#checkOne(moment, seen);
  }

  /** The objects whose status is not the truth now, whatever the calm: with what differs. */
  wrongNow(moment: Moment): string[] {
    return (moment.objects ?? []).flatMap(({ object }) => {
      const found = differences(object, moment.jobs.get(keyOf(object)));
      return found.length > 0 ? [`${nameOf(object)}: ${found.join('; ')}`] : [];
    });
  }

  #checkOne(moment: Moment, { object, changedAt }: SeenObject): void {
    const { now, jobs, disturbances } = moment;
    const job = jobs.get(keyOf(object));
    const account = accountOf(object.metadata.namespace);
    if (job) this.#goneSince.delete(keyOf(object));
    else if (!this.#goneSince.has(keyOf(object))) this.#goneSince.set(keyOf(object), now);
    const disturbed = endOf(disturbances, (each) => each.ofOperators || concerns(each, account));
    const since = job?.changedAt ?? this.#goneSince.get(keyOf(object)) ?? now;
    const calm = now - Math.max(changedAt, since, disturbed);
    if (calm <= INTERVALS * intervalOf(object) + GRACE_MS) return;
    const found = differences(object, job);
    const isKnown = this.#violatedNow.has(nameOf(object));
    if (found.length === 0) this.#violatedNow.delete(nameOf(object));
    else if (isKnown) return;
    else this.#violatedNow.add(nameOf(object));
    const sentence = `${nameOf(object)} after ${Math.round(calm / 1_000)} s of calm: ${found.join('; ')}`;
    this.compare(found.length > 0 ? sentence : undefined);
  }
}

function keyOf({ spec }: SeenObject['object']): string {
  return `${spec.clusterID}/${spec.jobID}`;
}

function nameOf({ metadata }: SeenObject['object']): string {
  return `${metadata.namespace}/${metadata.name}`;
}
