/**
 * Logs what fails about the Lease: once when it begins, not every 2 s of an outage.
 */
import type { LogFields } from '../../base/logger.ts';
import { OnceLogger, type OnceLoggerOptions } from '../../base/once-logger.ts';
import { type ApiFailure, AUTHORIZATION, apiFailure } from '../client/api-error.ts';

type Doing = 'reading' | 'writing' | 'watching';

const FORBIDDEN = 403;

export class LeaseTroubles {
  readonly #once: OnceLogger;

  constructor({ clock, logger }: Pick<OnceLoggerOptions, 'clock' | 'logger'>) {
    this.#once = new OnceLogger({ clock, logger });
  }

  failed(doing: Doing, error: unknown): void {
    const failure = apiFailure(error);
    // Not the reason: while a connection is lost, several reasons alternate.
    const cause = `${failure.status}`;
    this.#once.failed(doing, `${doing} the Lease failed`, { ...failure, ...hintOf(failure) }, cause);
  }

  succeeded(doing: Doing): void {
    this.#once.recovered(doing, `${doing} the Lease works again`);
  }
}

/** What a person can do about it. */
function hintOf({ status, refusedBy = AUTHORIZATION }: ApiFailure): LogFields {
  if (status !== FORBIDDEN || refusedBy !== AUTHORIZATION) return {};
  return {
    hint: 'the service account may not create Leases, or get, watch and update this one: helm upgrade the release, or kubectl apply -f deploy/install.yaml; for a shard, docs/scaling.md',
  };
}
