/**
 * The session of one role: a temporary key from STS. STS is asked once, however many callers need the key.
 * The session is renewed ahead of its end while the old key still serves, and is never used past its end. A
 * failed renewal is repeated while there is time.
 */
import { type Backoff, backoffDelay } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Failure } from '../job/model/failures.ts';
import type { Credential } from './credential.ts';
import type { Resolved } from './secret-credential.ts';
import type { Assumed, SessionKey } from './sts-port.ts';

interface Session extends SessionKey {
  /** The credential with the session's key. */
  readonly resolved: Resolved;
  /** Clock `now`: renewal is due. */
  readonly renewAt: number;
}

export interface RoleSessionOptions {
  /** What assumes the role, without its key. Another `version` needs another session. */
  readonly source: Omit<Credential, 'accessKey' | 'role'>;
  /** Asks STS for a session. Never rejects. */
  readonly assume: () => Promise<Assumed>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Renewal begins after about two thirds of the life, spread over a tenth. Of 900 s, the shortest life, that
 * leaves more than 4 min to retry.
 */
const RENEWED_AFTER = { least: 0.6, spread: 0.1 };

/** A call that is signed within the session's life must also arrive within it. */
const LEEWAY_MS = 5_000;

/** Delays between attempts. An STS that works again is noticed within 20 s. */
const ATTEMPTS: Backoff = { baseMs: 1_000, maxMs: 20_000 };

/**
 * A refused session is replaced at most once a minute. If the cloud refuses each new session at once, the
 * role is at fault.
 */
const REPLACE_EVERY_MS = 60_000;

export class RoleSession {
  readonly #options: RoleSessionOptions;
  #session: Session | undefined;
  /** Number of sessions so far. */
  #serial = 0;
  /** The last failure since the last session. STS is not called again before its `retryAt`. */
  #failure: (Failure & { readonly retryAt: number }) | undefined;
  #failures = 0;
  /** Clock `now`: a refusal of the key is ignored before. */
  #replaceAgainAt = 0;
  #underway: Promise<Resolved> | undefined;

  constructor(options: RoleSessionOptions) {
    this.#options = options;
  }

  get version(): string {
    return this.#options.source.version;
  }

  /**
   * The credential with the session's key, or why there is none. Waits for STS only when neither is known.
   */
  async get(): Promise<Resolved> {
    return this.current() ?? (await this.#renew());
  }

  /**
   * The result of `get`; undefined where `get` would wait. Starts a renewal that is due, without waiting for
   * it.
   */
  current(): Resolved | undefined {
    const now = this.#options.clock.now();
    const failure = this.#failure && now < this.#failure.retryAt ? this.#failure : undefined;
    const session = this.#session;
    if (!session || now >= session.expiresAt - LEEWAY_MS) return failure && { failure };
    if (!failure && now >= session.renewAt) void this.#renew();
    return session.resolved;
  }

  /**
   * The key was refused for a call that was sent at `sentAt`. It is not used again, unless it is younger than
   * the call.
   */
  markStale(sentAt: number): void {
    const now = this.#options.clock.now();
    if (!this.#session || this.#session.assumedAt > sentAt || now < this.#replaceAgainAt) return;
    this.#session = undefined;
    this.#replaceAgainAt = now + REPLACE_EVERY_MS;
  }

  #renew(): Promise<Resolved> {
    this.#underway ??= this.#ask().finally(() => {
      this.#underway = undefined;
    });
    return this.#underway;
  }

  async #ask(): Promise<Resolved> {
    const { source, assume, clock } = this.#options;
    const assumed = await assume();
    if ('failure' in assumed) return this.#failed(assumed.failure);
    const { key } = assumed;
    if (clock.now() >= key.expiresAt - LEEWAY_MS) return this.#failed(ALREADY_EXPIRED);
    this.#serial += 1;
    // Another session has another key, so it has another version.
    const version = `${source.version}/${this.#serial}`;
    const resolved = { credential: { ...source, accessKey: key.accessKey, version, source: source.version } };
    const share = RENEWED_AFTER.least + RENEWED_AFTER.spread * Math.random();
    const renewAt = key.assumedAt + (key.expiresAt - key.assumedAt) * share;
    this.#session = { ...key, resolved, renewAt };
    this.#failures = 0;
    this.#failure = undefined;
    return resolved;
  }

  #failed(failure: Failure): Resolved {
    const { source, clock, logger } = this.#options;
    const { identity } = source;
    this.#failures += 1;
    const retryAt = failure.retryAt ?? clock.now() + backoffDelay(ATTEMPTS, this.#failures);
    this.#failure = { ...failure, retryAt };
    // While the old key serves, no status shows the failure.
    if (this.#session && this.#failures === 1)
      logger.warn('a session of a role could not be renewed', { identity, kind: failure.kind });
    return { failure: this.#failure };
  }
}

const ALREADY_EXPIRED: Failure = {
  kind: 'ClockSkewed',
  message: "the session from STS has already expired; set the clock of the operator's node",
};
