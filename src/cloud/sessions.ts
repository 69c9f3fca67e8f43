/**
 * What is kept for each credential while it is in use: its budget, the circuit that keeps a bad key from being tried by all, and its
 * ways to the endpoints.
 */
import type { Clock } from '../base/clock.ts';
import type { Lane } from '../job/ports.ts';
import { Budget } from './budget.ts';
import { Circuit } from './circuit.ts';
import { Gates } from './gate.ts';
import type { Credential } from './secret-credential.ts';

export interface Session {
  readonly budget: Budget;
  readonly circuit: Circuit;
  readonly gates: Gates;
  /** Of the credential that the circuit judges. */
  version: string;
  usedAt: number;
}

export interface SessionsOptions {
  readonly callsPerMinute: number;
  readonly clock: Clock;
  readonly onWait?: (lane: Lane, seconds: number) => void;
}

/** Longer than any call takes and any probe waits; and than the minute for which a budget has to remember. */
const UNUSED_MS = 10 * 60_000;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** A changed Secret has not failed yet, whatever the old one did. */
  of({ identity, version }: Credential): Session {
    const usedAt = this.#options.clock.now();
    const known = this.#sessions.get(identity);
    if (known && known.version !== version) known.circuit.reset();
    if (known) return Object.assign(known, { version, usedAt });
    this.#forgetUnused(usedAt);
    const session = {
      budget: new Budget(this.#options),
      circuit: new Circuit(this.#options.clock),
      gates: new Gates(this.#options.clock),
      version,
      usedAt,
    };
    this.#sessions.set(identity, session);
    return session;
  }

  find(identity: string): Session | undefined {
    return this.#sessions.get(identity);
  }

  [Symbol.iterator](): IterableIterator<[identity: string, Session]> {
    return this.#sessions.entries();
  }

  #forgetUnused(now: number): void {
    for (const [identity, { budget, usedAt }] of this.#sessions) {
      if (now - usedAt <= UNUSED_MS || budget.total > 0) continue;
      budget.close();
      this.#sessions.delete(identity);
    }
  }
}
