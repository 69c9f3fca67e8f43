/**
 * A status that waits to be written, as what it was decided from: the object and the facts are in memory
 * anyway. The status itself takes 1 KB, and after a start 10,000 may wait for the API server.
 */
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus } from '../../api/edge-transcode-job.ts';
import { rfc3339 } from '../../base/clock.ts';
import type { DecidedStatus, Written } from '../model/kube-port.ts';
import type { JobSettings } from '../schedule/settings.ts';
import { decide } from '../status/decide.ts';
import type { Facts } from '../status/facts.ts';
import { fingerprintOf } from '../status/fingerprint.ts';
import type { Sent } from './facts-store.ts';

/** What a status follows from. */
export interface Basis {
  /** Has the status that comes before the new one: the stored one, or one that still waits to be written. */
  readonly object: EdgeTranscodeJob;
  readonly facts: Facts;
  readonly settings: JobSettings;
  /** Unix seconds: the transition time of conditions that change. */
  readonly time: number;
}

export type OnResult = (unwritten: UnwrittenStatus, written: Written | undefined) => void;

export class UnwrittenStatus implements DecidedStatus, Sent {
  readonly object: EdgeTranscodeJob;
  readonly fingerprint: string;
  readonly #facts: Facts;
  readonly #settings: JobSettings;
  readonly #time: number;
  readonly #onResult: OnResult;

  /** @param onResult shared by all of them: a function for each would take memory */
  constructor({ object, facts, settings, time }: Basis, onResult: OnResult) {
    this.object = object;
    this.#facts = facts;
    this.#settings = settings;
    this.#time = time;
    this.#onResult = onResult;
    this.fingerprint = fingerprintOf(this.status);
  }

  get status(): EdgeTranscodeJobStatus {
    return decide(this.object, this.#facts, this.#settings, rfc3339(new Date(this.#time * 1_000)));
  }

  get observedAt(): number | undefined {
    return this.#facts.observed?.time;
  }

  /** Itself: it is sent, and not written yet. */
  get pending(): DecidedStatus {
    return this;
  }

  onResult(written: Written | undefined): void {
    this.#onResult(this, written);
  }
}
