/**
 * Writes statuses: one JSON Patch each, which the API server refuses when the object was replaced or has
 * changed since. A failed write is retried; a newer status of the same object replaces one that still waits.
 * Namespaces take turns for the slots (`write-slots.ts`), and one whose objects change again and again is
 * slowed down (`repeat-limit.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus, HeldStatus } from '../../api/edge-transcode-job.ts';
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import { OnceLogger } from '../../base/once-logger.ts';
import { Controller } from '../../controller/controller.ts';
import { awaitChange, type Outcome, pollAt } from '../../controller/outcome.ts';
import type { DecidedStatus, StatusSink, Written } from '../../job/model/kube-port.ts';
import { fingerprintOf } from '../../job/status/fingerprint.ts';
import { type ApiFailure, AUTHORIZATION, apiFailure, isByPolicy } from '../client/api-error.ts';
import type { KubeClient, PatchOperation } from '../client/kube-client.ts';
import { decodeJob } from '../informer/decode.ts';
import type { Store } from '../informer/store.ts';
import { RepeatLimit } from './repeat-limit.ts';
import { MOST_IN_FLIGHT, WriteSlots } from './write-slots.ts';

/**
 * Results of a write: `written`, `pruned` (written without fields that the schema lacks), `conflict` (the
 * object had changed), `rejected` (by the schema, an admission policy or a webhook), `gone` (the object),
 * `failed` (retried).
 */
export const WRITE_RESULTS = ['written', 'pruned', 'conflict', 'rejected', 'gone', 'failed'] as const;
export type WriteResult = (typeof WRITE_RESULTS)[number];

export interface StatusWriterParts {
  readonly client: Pick<KubeClient, 'get' | 'patchStatus'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onWrite: (result: WriteResult) => void;
  /** Checked just before each write; when it returns false nothing is written any more. */
  readonly mayWrite: () => boolean;
}

interface Desired {
  /** The object in the version for which the status was decided. */
  readonly object: EdgeTranscodeJob;
  readonly decided: DecidedStatus;
  /**
   * Whether it says something new. A heartbeat does not. Known once the object has another version or an
   * attempt has failed.
   */
  isNews?: boolean;
  /** The status before the first attempt whose answer left open whether it was stored. */
  mayHaveReplaced?: HeldStatus;
  failures: number;
  /** Conflicts in a row. */
  conflicts: number;
  /** Clock `now`: the API server allows no earlier attempt. */
  notBefore: number;
  inFlight: boolean;
}

const RETRY: Backoff = { baseMs: 500, maxMs: 30_000 };

/** When to look again whether the first list has ended. */
const LISTED_AGAIN_MS = 1_000;

/** Pauses while the schema, an admission policy or a webhook refuses: only a person ends that. */
const RETRY_REFUSED: Backoff = { baseMs: 30_000, maxMs: 10 * 60_000 };

const LOGGED_AGAIN_MS = 10 * 60_000;

export class StatusWriter implements StatusSink {
  readonly #parts: StatusWriterParts;
  readonly #desired = new Map<ObjectKey, Desired>();
  /** Rejected statuses, by object: logged once, not at every poll. */
  readonly #rejections: OnceLogger;
  /**
   * Dropped fields: with an older CRD every write loses some, so they are logged once until a status is kept
   * whole.
   */
  readonly #pruning: OnceLogger;
  /** Policies and webhooks that refuse statuses of a namespace: logged once in ten minutes. */
  readonly #policies: OnceLogger;
  /** Namespaces whose writes are delayed: logged once in ten minutes. */
  readonly #delays: OnceLogger;
  readonly #limit: RepeatLimit;
  readonly #slots: WriteSlots;
  readonly #controller: Controller<ObjectKey>;

  constructor(parts: StatusWriterParts) {
    this.#parts = parts;
    this.#rejections = new OnceLogger({ ...parts, level: 'error' });
    this.#pruning = new OnceLogger(parts);
    this.#policies = new OnceLogger({ ...parts, level: 'error', repeatAfterMs: LOGGED_AGAIN_MS });
    this.#delays = new OnceLogger({ ...parts, repeatAfterMs: LOGGED_AGAIN_MS });
    this.#limit = new RepeatLimit(parts.clock);
    this.#slots = new WriteSlots(parts.clock);
    this.#controller = new Controller<ObjectKey>({
      clock: parts.clock,
      logger: parts.logger,
      concurrency: MOST_IN_FLIGHT,
      // A namespace whose statuses all change at once delays its own.
      partyOf: (key) => splitKey(key).namespace,
      mayStart: (namespace) => this.#slots.mayBegin(namespace),
    });
  }

  write(object: EdgeTranscodeJob, decided: DecidedStatus): void {
    const { key } = object;
    const superseded = this.#desired.get(key);
    const { failures = 0, conflicts = 0, notBefore = 0 } = superseded ?? {};
    const troubles = { failures, conflicts, notBefore };
    this.#desired.set(key, { object, decided, ...troubles, inFlight: false });
    if (superseded && !superseded.inFlight) superseded.decided.onResult(undefined);
    this.#controller.add(key);
  }

  /** Works until `signal` is aborted, then until the writes under way have ended. */
  run(signal: AbortSignal): Promise<void> {
    return this.#controller.run((key) => this.#send(key), signal);
  }

  /** Number of statuses that are not written yet. */
  get pending(): number {
    return this.#desired.size;
  }

  async #send(key: ObjectKey): Promise<Outcome> {
    const desired = this.#desired.get(key);
    if (!desired) return awaitChange();
    if (this.#parts.clock.now() < desired.notBefore) return pollAt(desired.notBefore);
    if (!this.#parts.mayWrite()) return awaitChange();
    const object = this.#parts.store.get(key);
    if (object?.uid !== desired.object.uid) return this.#drop(key, desired);
    if (object.resourceVersion !== desired.object.resourceVersion) this.#noteNews(desired, desired.object);
    if (isStored(object.status, desired)) return this.#foundStored(key, object, desired);
    const writableAt = this.#limit.writableAt(key);
    if (writableAt > this.#parts.clock.now()) return this.#delay(key, writableAt);
    if (this.#waitsForList(key)) return pollAt(this.#parts.clock.now() + LISTED_AGAIN_MS);
    desired.inFlight = true;
    const { status } = desired.decided;
    let answer: unknown;
    try {
      answer = await this.#patch(key, patchOf(object, status));
    } catch (error) {
      return this.#refused(key, object, desired, apiFailure(error));
    }
    const after = decodeJob(answer);
    const isWhole = !after || saysAll(after.status, status);
    const stored = isWhole ? status : after.status;
    const { mayHaveReplaced: replaced = object.status } = desired;
    return this.#written(key, desired, after, { status: stored, replaced, isWhole });
  }

  /** Writes of large objects would double the time of the first list, which brings the objects of all. */
  #waitsForList(key: ObjectKey): boolean {
    const { namespace } = splitKey(key);
    return this.#slots.isLarge(namespace) && !this.#parts.store.hasListed(namespace);
  }

  async #patch(key: ObjectKey, patch: readonly PatchOperation[]): Promise<unknown> {
    const { namespace } = splitKey(key);
    this.#slots.began(namespace);
    try {
      const { bytes, data } = await this.#parts.client.patchStatus(key, patch);
      this.#slots.stored(namespace, bytes);
      return data;
    } catch (error) {
      if (leavesOpen(apiFailure(error))) this.#slots.failed(namespace);
      else this.#slots.answered(namespace);
      throw error;
    }
  }

  #written(key: ObjectKey, desired: Desired, after: EdgeTranscodeJob | undefined, written: Written): Outcome {
    this.#finish(key, desired);
    this.#limit.wrote(key);
    this.#rejections.recovered(key);
    const { isWhole } = written;
    if (after) this.#parts.store.update(after);
    this.#parts.onWrite(isWhole ? 'written' : 'pruned');
    if (isWhole) this.#pruning.recovered('CRD');
    else this.#logPruned(key);
    desired.decided.onResult(written);
    return awaitChange();
  }

  /**
   * Ends a status that has nothing left to write: the last attempt was stored although its answer was lost,
   * or the last leader wrote the same.
   */
  #foundStored(key: ObjectKey, object: EdgeTranscodeJob, desired: Desired): Outcome {
    this.#finish(key, desired);
    const { decided, mayHaveReplaced: replaced = object.status } = desired;
    decided.onResult({ status: object.status, replaced, isWhole: true });
    return awaitChange();
  }

  /** Delays a status. A newer one of the same object replaces it meanwhile. */
  #delay(key: ObjectKey, writableAt: number): Outcome {
    const { namespace } = splitKey(key);
    const message = 'statuses of a namespace change too often: each is written three times a minute';
    this.#delays.failed(namespace, message, { namespace });
    return pollAt(writableAt);
  }

  #logPruned(key: ObjectKey): void {
    const message = 'the API server drops fields of the status: the CRD is older than the operator';
    this.#pruning.failed('CRD', message, { ...splitKey(key), hint: 'kubectl apply -f crds/' });
  }

  async #refused(
    key: ObjectKey,
    sent: EdgeTranscodeJob,
    desired: Desired,
    failure: ApiFailure,
  ): Promise<Outcome> {
    if (failure.status === 404) return this.#drop(key, desired);
    this.#noteNews(desired, sent);
    if (leavesOpen(failure)) desired.mayHaveReplaced ??= sent.status;
    if (isByPolicy(failure)) return this.#refusedByPolicy(key, desired, failure);
    if (failure.status === 422 || failure.status === 409) return this.#lookAgain(key, sent, desired, failure);
    return this.#later(key, desired, failure);
  }

  /** @param before the object as it was before the status */
  #noteNews(desired: Desired, before: EdgeTranscodeJob): void {
    desired.isNews ??= !saysAll(before.status, desired.decided.status);
  }

  /** Reads the object: a failed test of the patch and a status that breaks the schema are both 422. */
  async #lookAgain(
    key: ObjectKey,
    sent: EdgeTranscodeJob,
    desired: Desired,
    refusal: ApiFailure,
  ): Promise<Outcome> {
    const known = this.#parts.store.get(key);
    let newest: EdgeTranscodeJob | undefined;
    try {
      newest = decodeJob(await this.#parts.client.get(key));
    } catch (error) {
      const failure = apiFailure(error);
      return failure.status === 404 ? this.#drop(key, desired) : this.#later(key, desired, failure);
    }
    if (newest?.uid !== sent.uid) return this.#drop(key, desired);
    if (newest.resourceVersion === sent.resourceVersion)
      return refusal.status === 422
        ? this.#refusedBySchema(key, desired)
        : this.#later(key, desired, refusal);
    this.#parts.onWrite('conflict');
    this.#parts.store.takeRead(newest, known);
    return this.#again(key, desired, this.#afterConflict(key, desired));
  }

  /**
   * Returns clock `now` of the next attempt: at once after a first conflict, which is another client's
   * change. More in a row are something else, whatever it is, and each is two requests.
   */
  #afterConflict(key: ObjectKey, desired: Desired): number {
    const latest = this.#desired.get(key) ?? desired;
    latest.conflicts = desired.conflicts + 1;
    const pause = latest.conflicts === 1 ? 0 : backoffDelay(RETRY, latest.conflicts - 1);
    latest.notBefore = this.#parts.clock.now() + pause;
    return latest.notBefore;
  }

  #refusedBySchema(key: ObjectKey, desired: Desired): Outcome {
    const message = 'the API server rejects the status; is the CRD older than the operator?';
    this.#rejections.failed(key, message, splitKey(key));
    return this.#seldom(key, desired);
  }

  #refusedByPolicy(key: ObjectKey, desired: Desired, failure: ApiFailure): Outcome {
    const message = 'an admission policy or webhook of the cluster refuses the status';
    const about = { ...splitKey(key), ...failure };
    this.#policies.failed(`${about.namespace} ${failure.refusedBy}`, message, about);
    return this.#seldom(key, desired);
  }

  /** Keeps a refused status: the next poll, which would bring it again, may be a day away. */
  #seldom(key: ObjectKey, desired: Desired): Outcome {
    desired.failures += 1;
    this.#parts.onWrite('rejected');
    return this.#again(key, desired, this.#parts.clock.now() + backoffDelay(RETRY_REFUSED, desired.failures));
  }

  #later(key: ObjectKey, desired: Desired, failure: ApiFailure): Outcome {
    desired.failures += 1;
    this.#parts.onWrite('failed');
    const level = desired.failures === 1 ? 'warn' : 'debug';
    const about = { ...splitKey(key), ...failure, hint: hintOf(failure) };
    this.#parts.logger[level]('writing a status failed', about);
    const now = this.#parts.clock.now();
    const notBefore = now + (failure.retryAfterMs ?? 0);
    const latest = this.#desired.get(key);
    if (latest) latest.notBefore = notBefore;
    return this.#again(key, desired, Math.max(now + backoffDelay(RETRY, desired.failures), notBefore));
  }

  /** Retries the status at `at`, unless a newer one has come, whose key is queued already. */
  #again(key: ObjectKey, desired: Desired, at: number): Outcome {
    desired.inFlight = false;
    if (this.#desired.get(key) !== desired) desired.decided.onResult(undefined);
    return pollAt(at);
  }

  /** Ends a status whose object is gone. */
  #drop(key: ObjectKey, desired: Desired): Outcome {
    this.#parts.onWrite('gone');
    this.#rejections.recovered(key);
    this.#finish(key, desired);
    desired.decided.onResult(undefined);
    return awaitChange();
  }

  /** Removes the status, unless a newer one has replaced it. */
  #finish(key: ObjectKey, desired: Desired): void {
    if (this.#desired.get(key) === desired) this.#desired.delete(key);
  }
}

/** Whether a write may have been stored: there was no answer, or a timeout such as 504. */
function leavesOpen({ status = 500 }: ApiFailure): boolean {
  return status >= 500;
}

/** Whether a stored status says all that was written. Equal ones need no fingerprints, which are slow. */
function saysAll(stored: HeldStatus, written: EdgeTranscodeJobStatus): boolean {
  return isDeepStrictEqual(stored, written) || fingerprintOf(stored) === fingerprintOf(written);
}

/**
 * Whether nothing is left to write. The stored status says all of a heartbeat before it is written: the time
 * shows that it was.
 */
function isStored(stored: HeldStatus, { isNews, decided }: Desired): boolean {
  if (isNews === undefined) return false;
  const { status } = decided;
  return (isNews || stored.lastObservedTime === status.lastObservedTime) && saysAll(stored, status);
}

/** What a person can do about a failed write. */
function hintOf({ status, refusedBy }: ApiFailure): string | undefined {
  if (refusedBy === AUTHORIZATION)
    return 'the service account may not patch edgetranscodejobs/status: helm upgrade the release, or kubectl apply -f deploy/install.yaml';
  if (status === 403 && refusedBy === undefined)
    return 'the API server forbids it: look for a missing Role, an admission policy or a webhook';
  return undefined;
}

/**
 * Replaces the whole status, so that no stale field stays. Tests for the version that the store holds now:
 * the status says itself which generation it answers, and another version shows that the store lags.
 */
function patchOf(object: EdgeTranscodeJob, status: EdgeTranscodeJobStatus): readonly PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/uid', value: object.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: object.resourceVersion },
    { op: 'add', path: '/status', value: status },
  ];
}
