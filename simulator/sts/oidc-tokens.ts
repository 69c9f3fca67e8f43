/** The OIDC tokens that STS accepts as issued by a provider: those that a verb added. */
import { CloudWorldError } from '../world/cloud-world.ts';
import type { NewOIDCToken } from '../world/sts-world.ts';
import { millisecondsOf } from '../world/times.ts';

export interface OIDCToken {
  readonly providerARN: string;
  readonly subject: string;
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  expiresAt: number | undefined;
}

export class OIDCTokens {
  /** What is known of each token, by the token itself. */
  readonly #tokens = new Map<string, OIDCToken>();
  /** The providers of all tokens that were ever added. */
  readonly #providers = new Set<string>();

  add({ token, providerARN, subject, expiresAt }: NewOIDCToken, now: number): void {
    // No message has the token: it is as good as a secret.
    if (this.#tokens.has(token)) throw new CloudWorldError('There is such a token already.');
    this.#tokens.set(token, {
      providerARN,
      subject: subject ?? 'system:serviceaccount:default:default',
      issuedAt: now,
      expiresAt: millisecondsOf('expiresAt', expiresAt),
    });
    this.#providers.add(providerARN);
  }

  modify(token: string, expiresAt: string): void {
    this.#named(token).expiresAt = millisecondsOf('expiresAt', expiresAt);
  }

  remove(token: string): void {
    this.#named(token);
    this.#tokens.delete(token);
  }

  find(token: string): OIDCToken | undefined {
    return this.#tokens.get(token);
  }

  /** Whether this is the ARN of a provider: one that issued a token. */
  hasProvider(providerARN: string): boolean {
    return this.#providers.has(providerARN);
  }

  clear(): void {
    this.#tokens.clear();
    this.#providers.clear();
  }

  #named(token: string): OIDCToken {
    const found = this.#tokens.get(token);
    if (!found) throw new CloudWorldError('There is no such token.');
    return found;
  }
}
