/**
 * One Lease of the API server: read, claimed, released and watched. Every write names the version that it
 * replaces, so that of two processes that claim it one is refused.
 */
import { type Clock, microTime } from '../../base/clock.ts';
import { ApiCalls } from '../client/api-calls.ts';
import { type ApiFailure, apiFailure, RefusedError } from '../client/api-error.ts';
import type { PooledKubeConfig } from '../client/kube-config.ts';
import type { WatchClient } from '../client/watch-client.ts';
import type { LeaseRecord } from './lease-machine.ts';

export interface Lease extends LeaseRecord {
  /** The Lease as the API server has it: fields of other writers are kept. */
  readonly stored: StoredLease;
}

/** The fields that the operator uses. Times are texts with microseconds. */
export interface StoredLease {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface LeaseClientOptions {
  readonly config: PooledKubeConfig;
  readonly watch: Pick<WatchClient, 'events'>;
  readonly namespace: string;
  readonly name: string;
  readonly userAgent: string;
  /** Deadline of each call. */
  readonly deadlineMs: number;
  /** Duration to write into the Lease, rounded up to whole seconds. */
  readonly durationMs: number;
  readonly clock: Clock;
}

/** Longest watch on the API server. It usually ends sooner; this only bounds it. */
const WATCH_SECONDS = 300;

const NOT_FOUND = 404;

export class LeaseClient {
  readonly #options: LeaseClientOptions;
  readonly #api: ApiCalls;

  constructor(options: LeaseClientOptions) {
    const { config, userAgent, deadlineMs, clock } = options;
    this.#options = options;
    this.#api = new ApiCalls(config, userAgent, deadlineMs, clock);
  }

  /** @returns undefined where there is no Lease */
  async read(): Promise<Lease | undefined> {
    const { namespace, name } = this.#options;
    try {
      const { data } = await this.#api.call({
        method: 'GET',
        path: `${pathOf(namespace)}/${encodeURIComponent(name)}`,
      });
      return this.#leaseOf(data as StoredLease);
    } catch (error) {
      if (apiFailure(error).status === NOT_FOUND) return undefined;
      throw error;
    }
  }

  /**
   * Makes `holder` the holder of the Lease, for its duration from now.
   *
   * @param base the Lease as last seen; undefined: there is none
   * @throws the refusal of the API server: 409 when the Lease has changed since, 404 when it is gone
   */
  async claim(base: Lease | undefined, holder: string): Promise<Lease> {
    const now = microTime(this.#options.clock.date());
    const { acquireTime = now, leaseTransitions = 0, ...spec } = base?.stored.spec ?? {};
    const isRenewal = base?.holder === holder;
    return this.#write(base, {
      ...spec,
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(this.#options.durationMs / 1_000),
      acquireTime: isRenewal ? acquireTime : now,
      renewTime: now,
      leaseTransitions: leaseTransitions + (base === undefined || isRenewal ? 0 : 1),
    });
  }

  /** Clears the holder, so that the next leader need not wait. @throws as `claim` */
  async release(base: Lease): Promise<Lease> {
    const renewTime = microTime(this.#options.clock.date());
    return this.#write(base, { ...base.stored.spec, holderIdentity: '', renewTime });
  }

  /**
   * Watches the Lease. Resolves when the watch ends without an error, or the Lease is deleted.
   *
   * @param version the watch reports later versions
   * @param onLease must not throw
   * @throws the error that ended the watch
   */
  async watch(version: string, onLease: (lease: Lease) => void, signal: AbortSignal): Promise<void> {
    const { watch, namespace, name } = this.#options;
    const fieldSelector = `metadata.name=${name}`;
    const query = { fieldSelector, resourceVersion: version, timeoutSeconds: WATCH_SECONDS };
    try {
      for await (const { type, object } of watch.events(pathOf(namespace), query, signal)) {
        if (type === 'DELETED') return;
        if (type === 'ERROR') throw new RefusedError(failureOf(object));
        if (type !== 'BOOKMARK') onLease(this.#leaseOf(object as StoredLease));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #write(base: Lease | undefined, spec: NonNullable<StoredLease['spec']>): Promise<Lease> {
    const { namespace, name } = this.#options;
    const path = pathOf(namespace);
    const body = { metadata: { ...base?.stored.metadata, name, namespace }, spec };
    const { data } = await this.#api.call(
      base
        ? { method: 'PUT', path: `${path}/${encodeURIComponent(name)}`, body }
        : { method: 'POST', path, body },
    );
    return this.#leaseOf(data as StoredLease);
  }

  #leaseOf(stored: StoredLease): Lease {
    const { holderIdentity, leaseDurationSeconds } = stored.spec ?? {};
    return {
      resourceVersion: stored.metadata?.resourceVersion ?? '',
      holder: holderIdentity ?? '',
      durationMs: leaseDurationSeconds ? leaseDurationSeconds * 1_000 : this.#options.durationMs,
      stored,
    };
  }
}

function pathOf(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

function failureOf(event: unknown): ApiFailure {
  const status = Number((event as { code?: unknown } | null)?.code) || 0;
  return { status, reason: `HTTP ${status}` };
}
