/**
 * One Lease of the API server: read, claimed, released and watched. Every write names the version that it
 * replaces, so that of two processes that claim it one is refused.
 */
import { CoordinationV1Api, type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import type { Clock } from '../../base/clock.ts';
import { apiConfiguration } from '../client/api-configuration.ts';
import { type ApiFailure, apiFailure, RefusedError } from '../client/api-error.ts';
import type { PooledKubeConfig } from '../client/kube-config.ts';
import type { WatchClient } from '../client/watch-client.ts';
import type { LeaseRecord } from './lease-machine.ts';

export interface Lease extends LeaseRecord {
  /** The Lease as the API server has it: fields of other writers are kept. */
  readonly stored: V1Lease;
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
  readonly #api: CoordinationV1Api;

  constructor(options: LeaseClientOptions) {
    const { config, userAgent, deadlineMs } = options;
    this.#options = options;
    this.#api = new CoordinationV1Api(apiConfiguration(config, userAgent, deadlineMs));
  }

  /** @returns undefined where there is no Lease */
  async read(): Promise<Lease | undefined> {
    const { namespace, name } = this.#options;
    try {
      return this.#leaseOf(await this.#call(() => this.#api.readNamespacedLease({ namespace, name })));
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
    const now = new V1MicroTime(this.#options.clock.date());
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
    const renewTime = new V1MicroTime(this.#options.clock.date());
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
        if (type !== 'BOOKMARK') onLease(this.#leaseOf(object as V1Lease));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #write(base: Lease | undefined, spec: NonNullable<V1Lease['spec']>): Promise<Lease> {
    const { namespace, name } = this.#options;
    const body = { metadata: { ...base?.stored.metadata, name, namespace }, spec };
    return this.#call(async () =>
      this.#leaseOf(
        base
          ? await this.#api.replaceNamespacedLease({ namespace, name, body })
          : await this.#api.createNamespacedLease({ namespace, body }),
      ),
    );
  }

  #leaseOf(stored: V1Lease): Lease {
    const { holderIdentity, leaseDurationSeconds } = stored.spec ?? {};
    return {
      resourceVersion: stored.metadata?.resourceVersion ?? '',
      holder: holderIdentity ?? '',
      durationMs: leaseDurationSeconds ? leaseDurationSeconds * 1_000 : this.#options.durationMs,
      stored,
    };
  }

  /**
   * Drops the connections after a call without an answer: the next call must not wait on a dead connection.
   */
  async #call<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const { status } = apiFailure(error);
      if (status === undefined || status === 401) this.#options.config.dropConnections();
      throw error;
    }
  }
}

function pathOf(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

function failureOf(event: unknown): ApiFailure {
  const status = Number((event as { code?: unknown } | null)?.code) || 0;
  return { status, reason: `HTTP ${status}` };
}
