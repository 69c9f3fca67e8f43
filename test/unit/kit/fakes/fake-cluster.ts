/**
 * Implements all Kubernetes ports of the domain: objects as users write them, statuses as they are written
 * back, and events. It outlives the operators that work on it, as a cluster does.
 */
import { expect } from 'chai';
import type {
  EdgeTranscodeJob,
  EdgeTranscodeJobStatus,
  HeldStatus,
} from '../../../../src/api/edge-transcode-job.ts';
import { nameOf, type ObjectKey } from '../../../../src/base/object-key.ts';
import type {
  Change,
  DecidedStatus,
  EventSink,
  JobEvent,
  JobStore,
  StatusSink,
} from '../../../../src/job/model/kube-port.ts';
import type { JobBuilder } from '../samples/a-job.ts';

interface Write {
  readonly object: EdgeTranscodeJob;
  readonly status: EdgeTranscodeJobStatus;
  readonly decided: DecidedStatus;
}

export class FakeCluster implements JobStore, StatusSink, EventSink {
  readonly events: string[] = [];
  readonly #jobs = new Map<ObjectKey, EdgeTranscodeJob>();
  #writes: EdgeTranscodeJobStatus[] = [];
  #held: Write[] = [];
  #version = 1;
  /** `held`: each write waits for `finishWrites` or `dropWrites`. */
  writing: 'at once' | 'held' = 'at once';
  /** Prunes a status as an older CRD does. */
  prune: (status: EdgeTranscodeJobStatus) => EdgeTranscodeJobStatus = (status) => status;
  onChange: (key: ObjectKey, change: Change) => void = () => undefined;

  get(key: ObjectKey): EdgeTranscodeJob | undefined {
    return this.#jobs.get(key);
  }

  keys(): Iterable<ObjectKey> {
    return this.#jobs.keys();
  }

  /**
   * Creates or updates an object as `kubectl apply` does: the status stays, unless the uid shows that it is
   * another object.
   */
  apply(builder: JobBuilder): ObjectKey {
    const job = builder.build();
    const before = this.#jobs.get(job.key);
    return this.#store(before?.uid === job.uid ? { ...job, status: before.status } : job);
  }

  delete(key: ObjectKey): void {
    const before = this.#job(key);
    this.#jobs.delete(key);
    this.onChange(key, { before, after: undefined });
  }

  status(key: ObjectKey): HeldStatus {
    return this.#job(key).status;
  }

  /** Writes the status as another writer does, such as `kubectl edit --subresource=status`. */
  overwrite(key: ObjectKey, status: EdgeTranscodeJobStatus): void {
    this.#store({ ...this.#job(key), status });
  }

  write(object: EdgeTranscodeJob, decided: DecidedStatus): void {
    const { status } = decided;
    const write = { object, status, decided };
    this.#writes.push(status);
    if (this.writing === 'held') this.#hold(write);
    else queueMicrotask(() => this.#finish(write));
  }

  /** Replaces a waiting write of the same object, whose result is called at once. */
  #hold(write: Write): void {
    const replaced = this.#held.findIndex(({ object }) => object.uid === write.object.uid);
    const [before] = replaced < 0 ? [] : this.#held.splice(replaced, 1);
    this.#held.push(write);
    before?.decided.onResult(undefined);
  }

  finishWrites(): void {
    for (const write of this.#held.splice(0)) this.#finish(write);
  }

  /** Drops the waiting writes, as when the API server rejects them. */
  dropWrites(): void {
    for (const { decided } of this.#held.splice(0)) decided.onResult(undefined);
  }

  /** Returns the statuses written since the last call. */
  takeWrites(): readonly EdgeTranscodeJobStatus[] {
    const writes = this.#writes;
    this.#writes = [];
    return writes;
  }

  record(object: EdgeTranscodeJob, { type, reason }: JobEvent): void {
    this.events.push(`${nameOf(object.key)} ${type} ${reason}`);
  }

  takeEvents(): readonly string[] {
    return this.events.splice(0);
  }

  #finish({ object, status, decided }: Write): void {
    const { key } = object;
    const current = this.#jobs.get(key);
    const stored = this.prune(status);
    if (current?.uid === object.uid) this.#store({ ...current, status: stored });
    const isThere = current?.uid === object.uid;
    const isWhole = stored === status;
    decided.onResult(isThere ? { status: stored, replaced: current.status, isWhole } : undefined);
  }

  #store(job: EdgeTranscodeJob): ObjectKey {
    const { key } = job;
    const before = this.#jobs.get(key);
    this.#version += 1;
    const after = { ...job, resourceVersion: String(this.#version) };
    this.#jobs.set(key, after);
    this.onChange(key, { before, after });
    return key;
  }

  #job(key: ObjectKey): EdgeTranscodeJob {
    const job = this.#jobs.get(key);
    expect(job, `object ${key}`).to.not.equal(undefined);
    return job as EdgeTranscodeJob;
  }
}
