/**
 * The facts of every object, and what of each was last sent to the API server. Starts from the stored status, so that a
 * restart forgets nothing that matters; dropped with the object.
 */
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus, HeldStatus } from '../../api/edge-transcode-job.ts';
import { type Clock, unixSeconds } from '../../base/clock.ts';
import type { ObjectKey } from '../../base/object-key.ts';
import { referenceHash, referenceOf } from '../model/reference.ts';
import type { SettingsOf } from '../schedule/settings.ts';
import { type Facts, saysTheSame } from '../status/facts.ts';
import { fingerprintOf } from '../status/fingerprint.ts';
import { restoreFacts } from '../status/restore.ts';
import { TargetIndex } from './target-index.ts';

/** What was last handed to the status writer. */
export interface Sent {
  readonly fingerprint: string;
  /** The `lastObservedTime` in it, as `Observed.time`. */
  readonly observedAt: number | undefined;
  /** Only while it is not written yet: the stored status lags behind this one. */
  readonly pending?: EdgeTranscodeJobStatus;
  /**
   * Of what the API server has stored for it: an older CRD may have pruned it. When what is stored differs from this, somebody else
   * has written.
   */
  readonly stored?: string;
}

interface Entry {
  facts: Facts;
  /** Hash of what the object means, under which it is found. */
  reference: string;
  /** Undefined: what is stored is not known, so the next decision is written. */
  sent: Sent | undefined;
  /** The resourceVersion of the object whose status was found to say nothing new; undefined: not known. */
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

  /** An object deleted and made anew under the same name is another object: nothing of the old one is recalled. */
  get(object: EdgeTranscodeJob): Facts {
    return this.#entry(object).facts;
  }

  /** Returns the facts if the object has been visited; unlike `recall`, restores nothing. */
  find(object: EdgeTranscodeJob): Facts | undefined {
    return this.#held(object)?.facts;
  }

  /** Every object held that means the job of this hash, as far as `place` has noted. */
  keysOf(reference: string): readonly ObjectKey[] {
    return this.#index.keysOf(reference);
  }

  /** Notes what the object means, which may have changed. */
  reindex(object: EdgeTranscodeJob, reference: string): void {
    const entry = this.#entry(object);
    const { key } = object;
    if (reference === entry.reference) return;
    this.#index.delete(entry.reference, key);
    entry.reference = reference;
    this.#index.add(reference, key);
  }

  set(object: EdgeTranscodeJob, facts: Facts): void {
    const entry = this.#entry(object);
    if (!saysTheSame(entry.facts, facts)) entry.upToDateVersion = undefined;
    entry.facts = facts;
  }

  /** Whether nothing has changed since `noteJudged`: neither the object nor what follows from its facts. */
  isUpToDate(object: EdgeTranscodeJob): boolean {
    return this.#held(object)?.upToDateVersion === object.resourceVersion;
  }

  /** The status that follows from the facts says nothing that this version of the object does not store. */
  markUpToDate(object: EdgeTranscodeJob): void {
    const entry = this.#held(object);
    if (entry) entry.upToDateVersion = object.resourceVersion;
  }

  /** Nothing for an object that is not held: asked late, by the end of a write, it must not come back by this. */
  sent(object: EdgeTranscodeJob): Sent | undefined {
    return this.#held(object)?.sent;
  }

  /** For an object forgotten meanwhile, nothing is noted. */
  setSent(object: EdgeTranscodeJob, sent: Sent | undefined): void {
    const entry = this.#held(object);
    if (!entry) return;
    entry.sent = sent;
    entry.upToDateVersion = undefined;
  }

  delete(key: ObjectKey): void {
    const entry = this.#entries.get(key);
    if (entry) this.#index.delete(entry.reference, key);
    this.#entries.delete(key);
  }

  /** How many objects are held. */
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
    // Mostly the same, and then the same string in memory.
    const hash = referenceHash(referenceOf(object));
    const reference = hash === facts.reference ? facts.reference : hash;
    const sent: Sent = { fingerprint, stored: fingerprint, observedAt: observedAt(object.status) };
    const entry: Entry = { facts, reference, sent, upToDateVersion: undefined };
    const { key } = object;
    this.delete(key);
    this.#entries.set(key, entry);
    this.#index.add(reference, key);
    return entry;
  }
}

function observedAt({ lastObservedTime = '' }: HeldStatus): number | undefined {
  const at = new Date(lastObservedTime);
  return Number.isNaN(at.getTime()) ? undefined : unixSeconds(at);
}
