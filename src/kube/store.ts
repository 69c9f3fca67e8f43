/**
 * The newest known version of every object. Tells of each change once, whoever brought it: the watch, a list, or our own write.
 */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { type ObjectKey, objectKey } from '../base/object-key.ts';
import type { JobStore } from '../job/ports.ts';
import type { Change } from '../job/triggers.ts';
import type { WatchEvent } from './watch-machine.ts';

/** Must not throw. */
export type OnChange = (key: ObjectKey, change: Change) => void;

export class Store implements JobStore {
  readonly #jobs = new Map<ObjectKey, EdgeTranscodeJob>();
  #onChange: OnChange = () => undefined;
  /** While a list is coming in: what it has not confirmed yet. */
  #unconfirmed: Set<ObjectKey> | undefined;
  #listed = false;

  /** Whom to tell of each change from now on. */
  tell(onChange: OnChange): void {
    this.#onChange = onChange;
  }

  get(key: ObjectKey): EdgeTranscodeJob | undefined {
    return this.#jobs.get(key);
  }

  keys(): Iterable<ObjectKey> {
    return this.#jobs.keys();
  }

  values(): Iterable<EdgeTranscodeJob> {
    return this.#jobs.values();
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Whether a list has come in whole. */
  get isListed(): boolean {
    return this.#listed;
  }

  take(event: WatchEvent): void {
    switch (event.kind) {
      case 'relisting':
        this.#unconfirmed = new Set(this.#jobs.keys());
        break;
      case 'applied':
        this.#unconfirmed?.delete(objectKey(event.job.namespace, event.job.name));
        this.apply(event.job);
        break;
      case 'deleted':
        this.#delete(event.job);
        break;
      case 'listed':
        for (const key of this.#unconfirmed ?? []) this.remove(key);
        this.#unconfirmed = undefined;
        this.#listed = true;
        break;
    }
  }

  /** An older version of what is known is passed over: the watch may lag behind our own writes. */
  apply(job: EdgeTranscodeJob): void {
    const key = objectKey(job.namespace, job.name);
    const before = this.#jobs.get(key);
    if (before && !isNewer(job, before)) return;
    this.#jobs.set(key, job);
    this.#onChange(key, { before, after: job });
  }

  /**
   * As `apply`, for what another call brought: an object that the watch has seen deleted or replaced does not come back by it, and
   * one that was deleted while a list is coming in does not stay by it.
   */
  update(job: EdgeTranscodeJob): void {
    if (this.#jobs.get(objectKey(job.namespace, job.name))?.uid === job.uid) this.apply(job);
  }

  /** The API server no longer has it. */
  remove(key: ObjectKey): void {
    const before = this.#jobs.get(key);
    if (!before) return;
    this.#jobs.delete(key);
    this.#onChange(key, { before, after: undefined });
  }

  /** The deletion of a namesake that has been replaced since is no news. */
  #delete(job: EdgeTranscodeJob): void {
    const key = objectKey(job.namespace, job.name);
    if (this.#jobs.get(key)?.uid === job.uid) this.remove(key);
  }
}

/** Versions are ordered integers, by contract since Kubernetes 1.35 and in fact before. */
function isNewer(job: EdgeTranscodeJob, known: EdgeTranscodeJob): boolean {
  const [version, knownVersion] = [job.resourceVersion, known.resourceVersion];
  if (!/^\d+$/.test(version) || !/^\d+$/.test(knownVersion)) return version !== knownVersion;
  return BigInt(version) > BigInt(knownVersion);
}
