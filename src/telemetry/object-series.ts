/**
 * The samples of the gauges by object, while there are not too many objects.
 */
import { CONDITION_TYPES } from '../api/conditions.ts';
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { nameOf } from '../base/object-key.ts';
import { credentialOf, identityOf } from '../job/model/reference.ts';
import type { MetricsSources } from './metrics-sources.ts';
import type { Labels, Sample } from './sampled-gauge.ts';

type Sources = Pick<MetricsSources, 'jobs' | 'jobCount' | 'observedAt'>;

export class ObjectSeries {
  readonly #sources: Sources;
  readonly #limit: number;

  /** @param limit most objects that have series of their own; with more, none has */
  constructor(sources: Sources, limit: number) {
    this.#sources = sources;
    this.#limit = limit;
  }

  /** Whether there are too many objects. */
  get areSuppressed(): boolean {
    return this.#sources.jobCount() > this.#limit;
  }

  *conditions(): Iterable<readonly Sample[]> {
    for (const job of this.#visible()) {
      const samples: Sample[] = [];
      for (const { type, status } of job.status.conditions ?? [])
        if (CONDITION_TYPES.includes(type)) samples.push([{ ...labelsOf(job), type, status }, 1]);
      yield samples;
    }
  }

  /** When each condition took its present status. A time that does not parse is left out. */
  *transitions(): Iterable<readonly Sample[]> {
    for (const job of this.#visible()) {
      const samples: Sample[] = [];
      for (const { type, status, lastTransitionTime } of job.status.conditions ?? []) {
        const at = Date.parse(lastTransitionTime) / 1_000;
        if (CONDITION_TYPES.includes(type) && !Number.isNaN(at))
          samples.push([{ ...labelsOf(job), type, status }, at]);
      }
      yield samples;
    }
  }

  /** The identity is here alone: with it in each series, a scrape would be a quarter larger. */
  *states(): Iterable<readonly Sample[]> {
    for (const job of this.#visible()) {
      const identity = identityOf(credentialOf(job));
      yield [[{ ...labelsOf(job), state: job.status.state ?? 'Unknown', identity }, 1]];
    }
  }

  *observationTimes(): Iterable<readonly Sample[]> {
    for (const job of this.#visible()) {
      const at = this.#sources.observedAt(job);
      yield at === undefined ? [] : [[labelsOf(job), at]];
    }
  }

  /** A copy: objects come and go while the samples are read. */
  #visible(): readonly EdgeTranscodeJob[] {
    return this.areSuppressed ? [] : [...this.#sources.jobs()];
  }
}

function labelsOf({ key, namespace }: EdgeTranscodeJob): Labels {
  return { namespace, name: nameOf(key) };
}
