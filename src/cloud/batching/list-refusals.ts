/**
 * Which clusters the cloud does not list, so that their jobs are asked for one by one. Tried again once an hour, as somebody may have
 * granted it. Where the permission lacks, each cluster is tried all the same: it may be granted for some, and whoever names
 * somebody else's must not keep others from having theirs listed.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Reference } from '../../job/model/cloud-port.ts';
import type { Failure } from '../../job/model/failures.ts';
import { clusterHash, identityOf } from '../../job/model/reference.ts';
import { LIST_ACTION } from './page-call.ts';

const AGAIN_AFTER_MS = 60 * 60_000;

type About = Omit<Reference, 'jobID'>;

export class ListRefusals {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By cluster, when to try again (clock `now`); and by identity where it lacks the permission, which is told once. */
  readonly #again = new Map<string, number>();
  #tidyAt = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  mayList(about: About): boolean {
    return this.#clock.now() >= (this.#again.get(ofCluster(about)) ?? 0);
  }

  /** A line when it begins, not for each time that it is tried again. */
  refused(about: About, { kind, message }: Failure): void {
    this.#tidy(this.#clock.now());
    const isDenied = kind === 'PermissionDenied';
    const name = isDenied ? ofIdentity(about) : ofCluster(about);
    const isNew = !this.#again.has(name);
    for (const each of [name, ofCluster(about)]) this.#again.set(each, this.#clock.now() + AGAIN_AFTER_MS);
    if (!isNew) return;
    const identity = identityOf(about.credential);
    if (isDenied)
      this.#logger.warn('listing jobs is not permitted, so each is asked for by itself', {
        identity,
        permission: `live:${LIST_ACTION}`,
        message,
      });
    else
      this.#logger.warn('a cluster cannot be listed, so each of its jobs is asked for by itself', {
        identity,
        clusterID: about.clusterID,
        kind,
        message,
      });
  }

  listed(about: About): void {
    this.#again.delete(ofIdentity(about));
    this.#again.delete(ofCluster(about));
  }

  /** How many are held. */
  get size(): number {
    return this.#again.size;
  }

  /** What nobody has tried again for so long, nobody asks for any more: clusters that are not there can be made up without end. */
  #tidy(now: number): void {
    if (now < this.#tidyAt) return;
    this.#tidyAt = now + AGAIN_AFTER_MS;
    for (const [name, again] of this.#again) if (again + AGAIN_AFTER_MS < now) this.#again.delete(name);
  }
}

function ofIdentity({ credential }: About): string {
  return identityOf(credential);
}

function ofCluster(about: About): string {
  return `${identityOf(about.credential)} ${clusterHash(about)}`;
}
