/** The sessions that STS issues: temporary keys of a role, good at Live and at STS itself. */
import { randomBytes } from 'node:crypto';
import type { Key, Role } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { SessionState } from '../world/sts-world.ts';
import { timeOf } from '../world/times.ts';

export interface SessionKey extends Key {
  readonly securityToken: string;
  expiresAt: number;
}

interface Session {
  readonly key: SessionKey;
  readonly role: Role;
  readonly roleSessionName: string;
  readonly issuedAt: number;
}

/** Two hours of one STS call a second, far beyond what any client should ask for; about 1 KiB each. */
const MOST_SESSIONS = 10_000;

/** Makes security tokens about as long as the vendor's, which is some 700 characters. */
const TOKEN_BYTES = 512;

export class StsSessions {
  readonly #accounts: Accounts;
  /** The sessions by access key. The oldest comes first: a Map keeps the order of insertion. */
  readonly #sessions = new Map<string, Session>();

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /** A new session for `seconds` from `now` (ms), or for as long as the role says. */
  issue(role: Role, roleSessionName: string, seconds: number, now: number): SessionKey {
    // Expiration has whole seconds, and the session expires at that very millisecond.
    const issuedAt = Math.floor(now / 1_000) * 1_000;
    const key: SessionKey = {
      account: role.account,
      identity: { kind: 'role', role, roleSessionName },
      accessKeyID: `STS.${randomBytes(18).toString('base64url')}`,
      accessKeySecret: randomBytes(33).toString('base64url'),
      securityToken: `CAIS${randomBytes(TOKEN_BYTES).toString('base64')}`,
      expiresAt: issuedAt + (role.sessionSeconds || seconds) * 1_000,
      active: true,
    };
    this.#accounts.add(key);
    this.#sessions.set(key.accessKeyID, { key, role, roleSessionName, issuedAt });
    this.#forgetOldest();
    return key;
  }

  list(roleARN?: string): readonly SessionState[] {
    return this.#of(roleARN).map(({ key, role, roleSessionName, issuedAt }) => ({
      accessKeyID: key.accessKeyID,
      accountID: key.account.accountID,
      roleARN: role.roleARN,
      roleSessionName,
      issuedAt: timeOf(issuedAt),
      expiresAt: timeOf(key.expiresAt),
    }));
  }

  /** Expires those that fit and have not expired yet. Returns how many. */
  expire(roleARN: string | undefined, accessKeyID: string | undefined, now: number): number {
    const expiring = this.#of(roleARN).filter(
      ({ key }) => (accessKeyID === undefined || key.accessKeyID === accessKeyID) && key.expiresAt > now,
    );
    for (const { key } of expiring) key.expiresAt = now;
    return expiring.length;
  }

  /** The keys themselves go with the accounts. */
  clear(): void {
    this.#sessions.clear();
  }

  #of(roleARN: string | undefined): readonly Session[] {
    const sessions = [...this.#sessions.values()];
    return roleARN === undefined ? sessions : sessions.filter(({ role }) => role.roleARN === roleARN);
  }

  #forgetOldest(): void {
    const [oldest] = this.#sessions.keys();
    if (oldest === undefined || this.#sessions.size <= MOST_SESSIONS) return;
    this.#sessions.delete(oldest);
    // A verb may have removed it already.
    if (this.#accounts.findKey(oldest)) this.#accounts.removeKey(oldest);
  }
}
