/**
 * The newest known version of every object. Reports each change once, whether the watch, a list or our own
 * write brought it.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { isOfShard, type Shard } from '../../api/shard.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import type { Change, JobStore } from '../../job/model/sinks.ts';
import { isNewerVersion } from '../client/resource-version.ts';
import { ConditionInterner } from './interned-conditions.ts';
import { InternedStrings } from './interned-strings.ts';
import type { WatchEvent } from './watch-machine.ts';

/** Source of events: a namespace, or undefined for the whole cluster. */
export type Source = string | undefined;

/** Receives each change. Must not throw. */
export type OnChange = (key: ObjectKey, change: Change) => void;

export class Store implements JobStore {
  readonly #jobs = new Map<ObjectKey, EdgeTranscodeJob>();
  readonly #strings = new InternedStrings();
  readonly #conditions = new ConditionInterner();
  #onChange: OnChange = () => undefined;
  /** Keys that a list under way has not confirmed yet, by source. */
  readonly #unconfirmed = new Map<Source, Set<ObjectKey>>();
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

  /** The sources that have never been listed. */
  get awaited(): readonly Source[] {
    return [...this.#awaited];
  }

  /** Applies an event. An event of one source says nothing about the objects of another. */
  take(event: WatchEvent, source?: Source): void {
    switch (event.kind) {
      case 'relisting':
        this.#unconfirmed.set(source, new Set(this.#keysOf(source)));
        break;
      case 'applied':
        this.#unconfirmed.get(source)?.delete(event.job.key);
        this.apply(event.job);
        break;
      case 'deleted':
        this.#delete(event.job);
        break;
      case 'listed':
        for (const key of this.#unconfirmed.get(source) ?? []) this.remove(key);
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
    const after = this.#held(job);
    this.#jobs.set(key, after);
    this.#onChange(key, { before, after });
  }

  /** Returns the same object in less memory. */
  #held(job: EdgeTranscodeJob): EdgeTranscodeJob {
    this.#strings.intern(job);
    const { conditions } = job.status;
    if (!conditions) return job;
    return { ...job, status: { ...job.status, conditions: this.#conditions.intern(conditions) } };
  }

  /**
   * Applies an object that another call returned. Unlike `apply`, it does not bring back an object that the
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

  #keysOf(source: Source): Iterable<ObjectKey> {
    const keys = this.#jobs.keys();
    return source === undefined ? keys : [...keys].filter((key) => splitKey(key).namespace === source);
  }

  /** Ignores the deletion of an earlier object with the same name. */
  #delete(job: EdgeTranscodeJob): void {
    const { key } = job;
    if (this.#jobs.get(key)?.uid === job.uid) this.remove(key);
  }
}
