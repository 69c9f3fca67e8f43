/**
 * The newest known version of every object. Tells of each change once, whoever brought it: the watch, a list, or our own write.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { isOfShard, type Shard } from '../../api/shard.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import type { Change, JobStore } from '../../job/model/sinks.ts';
import { isNewerVersion } from '../client/resource-version.ts';
import { ConditionInterner } from './interned-conditions.ts';
import { InternedStrings } from './interned-strings.ts';
import type { WatchEvent } from './watch-machine.ts';

/** Where events come from: a namespace, or the whole cluster. */
export type Source = string | undefined;

/** Must not throw. */
export type OnChange = (key: ObjectKey, change: Change) => void;

export class Store implements JobStore {
  readonly #jobs = new Map<ObjectKey, EdgeTranscodeJob>();
  readonly #strings = new InternedStrings();
  readonly #conditions = new ConditionInterner();
  #onChange: OnChange = () => undefined;
  /** For each list that is coming in: what it has not confirmed yet. */
  readonly #unconfirmed = new Map<Source, Set<ObjectKey>>();
  readonly #awaited: Set<Source>;

  readonly #shard: Shard;

  /**
   * @param sources of the events; default: the whole cluster is one
   * @param shard whose objects they tell of
   */
  constructor(sources: readonly Source[] = [undefined], shard?: Shard) {
    this.#awaited = new Set(sources);
    this.#shard = shard;
  }

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

  /** Whether a list of each source has come in whole. */
  get isListed(): boolean {
    return this.#awaited.size === 0;
  }

  /** The sources that have never been listed. */
  get awaited(): readonly Source[] {
    return [...this.#awaited];
  }

  /** What one source tells says nothing of the objects of another. */
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
   * An older version of what is known is passed over: the watch may lag behind our own writes.
   *
   * @param job is the store's from now on
   */
  apply(job: EdgeTranscodeJob): void {
    const { key } = job;
    const before = this.#jobs.get(key);
    if (before && !isNewerVersion(job.resourceVersion, before.resourceVersion)) return;
    const after = this.#held(job);
    this.#jobs.set(key, after);
    this.#onChange(key, { before, after });
  }

  /** The same in less memory. */
  #held(job: EdgeTranscodeJob): EdgeTranscodeJob {
    this.#strings.intern(job);
    const { conditions } = job.status;
    if (!conditions) return job;
    return { ...job, status: { ...job.status, conditions: this.#conditions.intern(conditions) } };
  }

  /**
   * As `apply`, for what another call brought: an object that the watch has seen deleted or replaced does not come back by it, and
   * one that was deleted while a list is coming in does not stay by it. One that is another shard's by now leaves, before the watch
   * says so.
   */
  update(job: EdgeTranscodeJob): void {
    const before = this.#jobs.get(job.key);
    if (before?.uid !== job.uid) return;
    if (isOfShard(job, this.#shard)) this.apply(job);
    else if (isNewerVersion(job.resourceVersion, before.resourceVersion)) this.remove(job.key);
  }

  /** The API server no longer has it. */
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

  /** The deletion of a namesake that has been replaced since is no news. */
  #delete(job: EdgeTranscodeJob): void {
    const { key } = job;
    if (this.#jobs.get(key)?.uid === job.uid) this.remove(key);
  }
}
