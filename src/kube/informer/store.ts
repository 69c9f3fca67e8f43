/**
 * The newest known version of every object. Reports each change once, whether the watch, a list or our own
 * write brought it.
 *
 * Versions are numbers, but they can go back: an etcd that was restored from a backup gives them a second
 * time. So a lower version is old only in a watch, which may lag. A list or a read shows what the API server
 * has at that moment, whatever the number, unless the store has changed since it was requested.
 *
 * An object that is being deleted counts as deleted as soon as it has its mark, the `deletionTimestamp`,
 * which is never taken away: a finalizer may hold it for days, and nothing is to be done for it meanwhile.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { isOfShard, type Shard } from '../../api/shard.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import type { Change, JobStore } from '../../job/model/kube-port.ts';
import { isNewerVersion } from '../client/resource-version.ts';
import { ConditionInterner } from './interned-conditions.ts';
import { InternedStrings } from './interned-strings.ts';
import type { WatchEvent } from './watch-machine.ts';

/** Source of events: a namespace, or undefined for the whole cluster. */
export type Source = string | undefined;

/** Receives each change. Must not throw. */
export type OnChange = (key: ObjectKey, change: Change) => void;

/** The objects that a list under way has not confirmed yet, as they were when it was requested. */
type Unconfirmed = Map<ObjectKey, EdgeTranscodeJob>;

export class Store implements JobStore {
  readonly #jobs = new Map<ObjectKey, EdgeTranscodeJob>();
  readonly #strings = new InternedStrings();
  readonly #conditions = new ConditionInterner();
  #onChange: OnChange = () => undefined;
  readonly #unconfirmed = new Map<Source, Unconfirmed>();
  /** Uids of objects that are being deleted: a watch that lags may bring versions without the mark. */
  readonly #deleting = new Map<ObjectKey, string>();
  readonly #awaited: Set<Source>;

  readonly #shard: Shard;

  /**
   * @param sources of the events; undefined stands for the whole cluster
   * @param shard whose objects the events report
   */
  constructor(sources: readonly Source[], shard?: Shard) {
    this.#awaited = new Set(sources);
    this.#shard = shard;
  }

  /** Reports each change to `onChange` from now on, instead of the previous one. */
  subscribe(onChange: OnChange): void {
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

  /** Whether each source has been listed completely. */
  get isListed(): boolean {
    return this.#awaited.size === 0;
  }

  /** Whether all objects of the namespace have been listed. */
  hasListed(namespace: string): boolean {
    return !this.#awaited.has(undefined) && !this.#awaited.has(namespace);
  }

  /** The sources that have never been listed. */
  get awaited(): readonly Source[] {
    return [...this.#awaited];
  }

  /** Applies an event. An event of one source says nothing about the objects of another. */
  take(event: WatchEvent, source?: Source): void {
    switch (event.kind) {
      case 'relisting':
        this.#unconfirmed.set(source, within(source, this.#jobs));
        // The list shows the marks, and no watch is open that could lag.
        for (const key of within(source, this.#deleting).keys()) this.#deleting.delete(key);
        break;
      case 'found':
        this.#find(event.job, this.#unconfirmed.get(source));
        break;
      case 'applied':
        this.apply(event.job);
        break;
      case 'deleted':
        this.#delete(event.job);
        break;
      case 'listed':
        for (const key of this.#unconfirmed.get(source)?.keys() ?? []) this.remove(key);
        this.#unconfirmed.delete(source);
        this.#awaited.delete(source);
        break;
    }
  }

  /**
   * Stores the object unless a newer version is known: the watch may lag behind our own writes.
   *
   * @param job belongs to the store from now on
   */
  apply(job: EdgeTranscodeJob): void {
    const { key } = job;
    const before = this.#jobs.get(key);
    if (before && !isNewerVersion(job.resourceVersion, before.resourceVersion)) return;
    if (this.#deleting.get(key) !== job.uid) this.#set(job, before);
  }

  #set(job: EdgeTranscodeJob, before: EdgeTranscodeJob | undefined): void {
    if (job.isDeleting) {
      this.#deleting.set(job.key, job.uid);
      this.remove(job.key);
      return;
    }
    this.#deleting.delete(job.key);
    const after = this.#held(job, before);
    this.#jobs.set(job.key, after);
    this.#onChange(job.key, { before, after });
  }

  #find(job: EdgeTranscodeJob, unconfirmed: Unconfirmed | undefined): void {
    const known = unconfirmed?.get(job.key);
    unconfirmed?.delete(job.key);
    this.#take(job, known);
  }

  /** Stores what the API server had after `known` was the newest known version. */
  #take(job: EdgeTranscodeJob, known: EdgeTranscodeJob | undefined): void {
    const before = this.#jobs.get(job.key);
    if (before === undefined || before !== known) this.apply(job);
    else if (!isSame(job, before)) this.#set(job, before);
  }

  /** Returns the same object in less memory. */
  #held(job: EdgeTranscodeJob, before: EdgeTranscodeJob | undefined): EdgeTranscodeJob {
    if (before?.uid === job.uid) {
      keepEqual(job.status, before.status);
      keepEqual(job, before);
    }
    // Last, so that what is new becomes one with what is kept: a written status repeats the ID of the spec.
    this.#strings.intern(job);
    const { conditions } = job.status;
    if (!conditions) return job;
    return { ...job, status: { ...job.status, conditions: this.#conditions.intern(conditions) } };
  }

  /**
   * Applies what a read returned. Like `update`, but a lower version counts too.
   *
   * @param known what `get` returned when the read was sent
   */
  takeRead(job: EdgeTranscodeJob, known: EdgeTranscodeJob | undefined): void {
    const before = this.#jobs.get(job.key);
    if (before?.uid !== job.uid || before !== known) this.update(job);
    else if (isOfShard(job, this.#shard)) this.#take(job, known);
    else this.remove(job.key);
  }

  /**
   * Applies an object that a write returned. Unlike `apply`, it does not bring back an object that the
   * watch has seen deleted or replaced, and does not keep one that was deleted during a list. It removes an
   * object that now belongs to another shard, before the watch reports it.
   */
  update(job: EdgeTranscodeJob): void {
    const before = this.#jobs.get(job.key);
    if (before?.uid !== job.uid) return;
    if (isOfShard(job, this.#shard)) this.apply(job);
    else if (isNewerVersion(job.resourceVersion, before.resourceVersion)) this.remove(job.key);
  }

  /** Removes an object that the API server no longer has. */
  remove(key: ObjectKey): void {
    const before = this.#jobs.get(key);
    if (!before) return;
    this.#jobs.delete(key);
    this.#onChange(key, { before, after: undefined });
  }

  /** Ignores the deletion of an earlier object with the same name. */
  #delete(job: EdgeTranscodeJob): void {
    const { key } = job;
    if (this.#jobs.get(key)?.uid === job.uid) this.remove(key);
    if (this.#deleting.get(key) === job.uid) this.#deleting.delete(key);
  }
}

/**
 * Replaces each value that is equal in the version before by the one from there. Maps and facts hold those
 * too: after our first write of an object there would be two copies of each.
 *
 * @param version used by the caller alone
 */
function keepEqual<Part extends object>(version: Part, before: Part): void {
  for (const name in version)
    if (isDeepStrictEqual(version[name], before[name])) version[name] = before[name];
}

/** Copies the entries of a source's objects. */
function within<Value>(source: Source, all: ReadonlyMap<ObjectKey, Value>): Map<ObjectKey, Value> {
  if (source === undefined) return new Map(all);
  return new Map([...all].filter(([key]) => splitKey(key).namespace === source));
}

/**
 * Whether both are one state of an object. The version alone does not say it: after a restore of etcd another
 * state may have the version of the known one. Compared is what brings a visit, and the time that each of our
 * writes brings along: comparing all fields of 100,000 objects would take a second.
 */
function isSame(job: EdgeTranscodeJob, known: EdgeTranscodeJob): boolean {
  return (
    job.resourceVersion === known.resourceVersion &&
    job.uid === known.uid &&
    job.generation === known.generation &&
    job.requestedAt === known.requestedAt &&
    job.status.lastObservedTime === known.status.lastObservedTime
  );
}
