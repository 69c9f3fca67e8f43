/**
 * What fails about the Lease, told once and not every 2 s of an outage.
 */
import type { LogFields, Logger } from '../../base/logger.ts';
import { type ApiFailure, apiFailure } from '../client/api-error.ts';

type Doing = 'reading' | 'writing' | 'watching';

const FORBIDDEN = 403;

export class LeaseTroubles {
  readonly #logger: Logger;
  /** What failed last time. */
  readonly #failing = new Set<Doing>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  tell(doing: Doing, error: unknown): void {
    const failure = apiFailure(error);
    const level = this.#failing.has(doing) ? 'debug' : 'warn';
    this.#failing.add(doing);
    this.#logger[level](`${doing} the Lease failed`, { ...failure, ...hintOf(failure) });
  }

  /** It succeeded: the next failure is news. */
  over(doing: Doing): void {
    this.#failing.delete(doing);
  }
}

/** What a person can do about it. */
function hintOf({ status }: ApiFailure): LogFields {
  if (status !== FORBIDDEN) return {};
  return {
    hint: 'the service account may not create Leases, or get, watch and update this one: kubectl apply -f deploy/; for a shard, docs/scaling.md',
  };
}
