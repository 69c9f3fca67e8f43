/**
 * Sessions of roles: temporary keys that STS gives for a while. One question however many need it; renewed ahead of its end while
 * the old one still serves, and never used past its end. A renewal that fails is tried again while there is time.
 */

import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Failure } from '../../job/model/failures.ts';
import type { AccessKey } from '../client/credential.ts';

import type { Assumed, SessionKey } from './sts.ts';

/** Asks for a session; never rejects. */
export type Assume = () => Promise<Assumed>;

/** `serial` tells the sessions of one source apart. */
export type RoleSession =
  | { readonly accessKey: AccessKey; readonly serial: number }
  | { readonly failure: Failure };

interface Entry {
  /** Of what assumes the role: another one needs another session. */
  readonly version: string;
  key: SessionKey | undefined;
  serial: number;
  /** Clock `now`: the key is to be renewed after this. */
  renewAt: number;
  failures: number;
  failure: Failure | undefined;
  /** STS is not asked before this, clock `now`. */
  askAgainAt: number;
  /** A refusal of its key is heeded after this, clock `now`. */
  heedAgainAt: number;
  underway: Promise<RoleSession> | undefined;
  usedAt: number;
}

/** About two thirds of its life, not all at once: of 900 s, the shortest there is, that leaves 5 min for further attempts. */
const RENEWED_AFTER = { least: 0.6, most: 0.7 };

/** What is signed within its life has to arrive within it. */
const LEEWAY_MS = 5_000;

/** An STS that is back is noticed within 20 s. */
const ASKED_AGAIN: Backoff = { baseMs: 1_000, maxMs: 20_000 };

/** When the cloud refuses each session as soon as it is there, the role is at fault, and more sessions mend nothing. */
const HEED_EVERY_MS = 60_000;

/** What nobody has used for this long is forgotten; no session lives longer. */
const UNUSED_MS = 60 * 60_000;

export interface RoleSessionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

export class RoleSessions {
  readonly #options: RoleSessionsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RoleSessionsOptions) {
    this.#options = options;
  }

  /** The key that is valid now, or why there is none. Waits only when neither is known. */
  async get(identity: string, version: string, assume: Assume): Promise<RoleSession> {
    const known = this.current(identity, version, assume);
    return known ?? (await this.#renew(identity, this.#entry(identity, version), assume));
  }

  /** As `get`, but undefined where that would wait. What is due to be renewed is renewed beside. */
  current(identity: string, version: string, assume: Assume): RoleSession | undefined {
    const entry = this.#entry(identity, version);
    const now = this.#options.clock.now();
    entry.usedAt = now;
    const mayAsk = now >= entry.askAgainAt;
    if (entry.key && now < entry.key.expiresAt - LEEWAY_MS) {
      if (mayAsk && now >= entry.renewAt) void this.#renew(identity, entry, assume);
      return sessionOf(entry, entry.key);
    }
    return entry.failure && !mayAsk ? toldOf(entry, entry.failure) : undefined;
  }

  /** A call that was sent at `askedAt` was refused for its key: unless that was another session's, it is not used again. */
  doubt(identity: string, sentAt: number): void {
    const entry = this.#entries.get(identity);
    const now = this.#options.clock.now();
    if (!entry?.key || entry.key.assumedAt > sentAt || now < entry.heedAgainAt) return;
    entry.key = undefined;
    entry.heedAgainAt = now + HEED_EVERY_MS;
  }

  #renew(identity: string, entry: Entry, assume: Assume): Promise<RoleSession> {
    entry.underway ??= this.#ask(identity, entry, assume).finally(() => {
      entry.underway = undefined;
    });
    return entry.underway;
  }

  async #ask(identity: string, entry: Entry, assume: Assume): Promise<RoleSession> {
    const assumed = await assume();
    const now = this.#options.clock.now();
    if ('failure' in assumed) return this.#failed(identity, entry, assumed.failure);
    const { key } = assumed;
    if (now >= key.expiresAt - LEEWAY_MS) return this.#failed(identity, entry, OVER_ALREADY);
    const { least, most } = RENEWED_AFTER;
    const share = least + (most - least) * Math.random();
    entry.key = key;
    entry.serial += 1;
    entry.renewAt = key.assumedAt + (key.expiresAt - key.assumedAt) * share;
    entry.failures = 0;
    entry.failure = undefined;
    entry.askAgainAt = now;
    return sessionOf(entry, key);
  }

  #failed(identity: string, entry: Entry, failure: Failure): RoleSession {
    const { clock, logger } = this.#options;
    const now = clock.now();
    entry.failures += 1;
    entry.failure = failure;
    entry.askAgainAt = failure.retryAt ?? now + backoffDelay(ASKED_AGAIN, entry.failures);
    // While the old session serves, no status shows it.
    if (entry.key && entry.failures === 1)
      logger.warn('a session of a role could not be renewed', { identity, kind: failure.kind });
    return toldOf(entry, failure);
  }

  #entry(identity: string, version: string): Entry {
    const now = this.#options.clock.now();
    const known = this.#entries.get(identity);
    if (known?.version === version) return known;
    for (const [other, { usedAt }] of this.#entries)
      if (now - usedAt > UNUSED_MS) this.#entries.delete(other);
    const entry: Entry = {
      version,
      key: undefined,
      serial: 0,
      renewAt: 0,
      failures: 0,
      failure: undefined,
      askAgainAt: 0,
      heedAgainAt: 0,
      underway: undefined,
      usedAt: now,
    };
    this.#entries.set(identity, entry);
    return entry;
  }
}

const OVER_ALREADY: Failure = {
  kind: 'ClockSkewed',
  message: "the session that STS gave is over already; set the clock of the operator's node",
};

function sessionOf({ serial }: Entry, { accessKey }: SessionKey): RoleSession {
  return { accessKey, serial };
}

function toldOf({ askAgainAt }: Entry, failure: Failure): RoleSession {
  return { failure: { ...failure, retryAt: askAgainAt } };
}
