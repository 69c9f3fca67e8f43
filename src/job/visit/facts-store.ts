/**
 * The facts of every object, and what was last sent to the API server for it. Facts start from the stored
 * status, so a restart loses nothing that matters, and they are dropped with the object.
 */
import type { EdgeTranscodeJob, EdgeTranscodeJobSpec, HeldStatus } from '../../api/edge-transcode-job.ts';
import { type Clock, unixSeconds } from '../../base/clock.ts';
import type { ObjectKey } from '../../base/object-key.ts';
import type { DecidedStatus } from '../model/kube-port.ts';
import { referenceOf, type Target, targetOf } from '../model/reference.ts';
import type { Verdict } from '../schedule/poll-schedule.ts';
import type { SettingsOf } from '../schedule/settings.ts';
import { type Facts, saysTheSame, verdictOf } from '../status/facts.ts';
import { fingerprintOf } from '../status/fingerprint.ts';
import { restoreDefinitiveFailure, restoreFacts } from '../status/restore.ts';
import { TargetIndex } from './target-index.ts';

/** The status that the writer last received for an object; before that, the one that the object came with. */
export interface Sent {
  readonly fingerprint: string;
  /** The `lastObservedTime` in that status, as `Observed.time`. */
  readonly observedAt: number | undefined;
  /** Set while the status is not written yet: the stored status is older. */
  readonly pending?: DecidedStatus;
  /**
   * The fingerprint of what the API server stored for it: an older CRD may have pruned fields. A stored
   * status with another fingerprint was written by another writer.
   */
  readonly stored?: string;
}

interface Entry {
  facts: Facts;
  /** The hash of the job that the object means, under which the index holds it. */
  referenceHash: string;
  /** The spec of which it is the hash, as the store holds it. */
  spec: EdgeTranscodeJobSpec;
  /** Undefined when the stored status is not known; the next status is then written. */
  sent: Sent | undefined;
  /**
   * The resourceVersion of the object for which the status was found to say nothing new; undefined when that
   * is not known.
   */
  upToDateVersion: string | undefined;
}

export class FactsStore {
  readonly #entries = new Map<ObjectKey, Entry>();
  readonly #index = new TargetIndex();
  readonly #clock: Clock;
  readonly #settingsOf: SettingsOf;

  constructor(clock: Clock, settingsOf: SettingsOf) {
    this.#clock = clock;
    this.#settingsOf = settingsOf;
  }

  /**
   * Returns the object's facts, restored from its status at first. An object that was recreated under the
   * same name has new facts.
   */
  get(object: EdgeTranscodeJob): Facts {
    return this.#entry(object).facts;
  }

  /** Returns the facts of an object that has been visited. Unlike `get`, restores nothing. */
  find(object: EdgeTranscodeJob): Facts | undefined {
    return this.#held(object)?.facts;
  }

  /**
   * Returns the definitive failure in force as the schedule sees it; by the stored status for an object that
   * was not visited yet.
   */
  verdictOf(object: EdgeTranscodeJob): Verdict | undefined {
    const facts = this.find(object);
    return facts ? verdictOf(facts) : restoreDefinitiveFailure(object);
  }

  /** Returns the objects that mean the job of this hash, as their last `reindex` found. */
  keysOf(referenceHash: string): readonly ObjectKey[] {
    return this.#index.keysOf(referenceHash);
  }

  /**
   * Returns the job that the object means, and updates the index, as it may be another one than before.
   * Hashes it only if the spec was replaced: this runs at each poll.
   */
  reindex(object: EdgeTranscodeJob): Target {
    const entry = this.#entry(object);
    const { key, spec } = object;
    if (spec === entry.spec) return { reference: referenceOf(object), hash: entry.referenceHash };
    const target = targetOf(object);
    entry.spec = spec;
    if (target.hash === entry.referenceHash) return target;
    this.#index.delete(entry.referenceHash, key);
    entry.referenceHash = target.hash;
    this.#index.add(target.hash, key);
    return target;
  }

  set(object: EdgeTranscodeJob, facts: Facts): void {
    const entry = this.#entry(object);
    if (!saysTheSame(entry.facts, facts)) entry.upToDateVersion = undefined;
    entry.facts = facts;
  }

  /** Whether neither the object nor what follows from its facts has changed since `markUpToDate`. */
  isUpToDate(object: EdgeTranscodeJob): boolean {
    return this.#held(object)?.upToDateVersion === object.resourceVersion;
  }

  /**
   * Notes that the status that follows from the facts says nothing that this version of the object does not
   * store.
   */
  markUpToDate(object: EdgeTranscodeJob): void {
    const entry = this.#held(object);
    if (entry) entry.upToDateVersion = object.resourceVersion;
  }

  /** Returns undefined for a deleted object: a write that ends late must not restore its facts. */
  sent(object: EdgeTranscodeJob): Sent | undefined {
    return this.#held(object)?.sent;
  }

  /** Does nothing for an object that was deleted meanwhile. */
  setSent(object: EdgeTranscodeJob, sent: Sent | undefined): void {
    const entry = this.#held(object);
    if (!entry) return;
    entry.sent = sent;
    entry.upToDateVersion = undefined;
  }

  delete(key: ObjectKey): void {
    const entry = this.#entries.get(key);
    if (entry) this.#index.delete(entry.referenceHash, key);
    this.#entries.delete(key);
  }

  /** The number of objects. */
  get size(): number {
    return this.#entries.size;
  }

  #held(object: EdgeTranscodeJob): Entry | undefined {
    const entry = this.#entries.get(object.key);
    return entry?.facts.uid === object.uid ? entry : undefined;
  }

  #entry(object: EdgeTranscodeJob): Entry {
    return this.#held(object) ?? this.#restored(object);
  }

  #restored(object: EdgeTranscodeJob): Entry {
    const now = this.#clock.now();
    const facts = restoreFacts(object, now, this.#clock.date().getTime(), this.#settingsOf(object));
    const fingerprint = fingerprintOf(object.status);
    // Mostly equal, and then one string in memory.
    const { hash } = targetOf(object);
    const referenceHash = hash === facts.referenceHash ? facts.referenceHash : hash;
    const sent: Sent = { fingerprint, stored: fingerprint, observedAt: observedAt(object.status) };
    const entry: Entry = { facts, referenceHash, spec: object.spec, sent, upToDateVersion: undefined };
    const { key } = object;
    this.delete(key);
    this.#entries.set(key, entry);
    this.#index.add(referenceHash, key);
    return entry;
  }
}

export function observedAt({ lastObservedTime = '' }: HeldStatus): number | undefined {
  const at = new Date(lastObservedTime);
  return Number.isNaN(at.getTime()) ? undefined : unixSeconds(at);
}
