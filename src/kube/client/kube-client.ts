/**
 * The calls of the API server, each with a deadline, over pooled connections.
 */
import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  EventsV1Api,
  type EventsV1Event,
} from '@kubernetes/client-node';
import { API_VERSION, GROUP, PLURAL, VERSION } from '../../api/edge-transcode-job.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import { apiConfiguration } from './api-configuration.ts';
import { bytesOf, TooLargeError } from './bounded-body.ts';
import type { PooledKubeConfig } from './kube-config.ts';

/**
 * Deadline of a call. A list page or a write takes far less; the API server itself gives up after 60 s.
 */
const DEADLINE_MS = 20_000;

/**
 * Most bytes of a Secret with credentials, which has 1 to 4 KiB. Kubernetes admits 1 MiB with 60,000 keys: to
 * read it took 0.2 s of processor time, every 30 s while it is in use.
 */
export const MOST_SECRET_BYTES = 64 * 1_024;

const UNAUTHORIZED = 401;

/** The operator's name in `metadata.managedFields`. */
const FIELD_MANAGER = 'edge-transcode-job-operator';

export interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly next?: string;
  /** Size of the page as the API server sent it. */
  readonly bytes: number;
}

/** Selects objects of the collection; default: all. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** One operation of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'test' | 'add';
  readonly path: string;
  readonly value: unknown;
}

/** URL path of the collection, in one namespace or in all. */
export function collectionPath(namespace: string | undefined): string {
  return `/apis/${API_VERSION}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${PLURAL}`;
}

export class KubeClient {
  readonly #config: PooledKubeConfig;
  readonly #objects: CustomObjectsApi;
  readonly #core: CoreV1Api;
  readonly #events: EventsV1Api;

  constructor(config: PooledKubeConfig, userAgent: string) {
    this.#config = config;
    const configuration = apiConfiguration(config, userAgent, DEADLINE_MS);
    this.#objects = new CustomObjectsApi(configuration);
    this.#core = new CoreV1Api(apiConfiguration(config, userAgent, DEADLINE_MS, MOST_SECRET_BYTES));
    this.#events = new EventsV1Api(configuration);
  }

  /**
   * Lists one page.
   *
   * @param continueToken from the previous page of the same selection; undefined: the first page
   * @param limit most objects of the page
   * @throws TooLargeError when the page has more than `MOST_ANSWER_BYTES`
   */
  async list(
    continueToken: string | undefined,
    { namespace, labelSelector }: Selection,
    limit: number,
  ): Promise<Page> {
    const page = { limit, ...(continueToken && { _continue: continueToken }) };
    const selected = { ...page, ...(labelSelector && { labelSelector }) };
    const which = { group: GROUP, version: VERSION, plural: PLURAL, ...selected };
    const answer = await this.#call(() =>
      namespace === undefined
        ? this.#objects.listClusterCustomObjectWithHttpInfo(which)
        : this.#objects.listNamespacedCustomObjectWithHttpInfo({ ...which, namespace }),
    );
    const { items, metadata } = answer.data;
    return {
      items,
      resourceVersion: metadata.resourceVersion,
      ...(metadata.continue && { next: metadata.continue }),
      bytes: bytesOf(answer),
    };
  }

  /** Returns the present version of the collection, by a list of one object. */
  async version({ namespace }: Pick<Selection, 'namespace'>): Promise<string> {
    const { resourceVersion } = await this.list(undefined, { namespace }, 1);
    return resourceVersion;
  }

  get(key: ObjectKey): Promise<unknown> {
    const at = { group: GROUP, version: VERSION, plural: PLURAL, ...splitKey(key) };
    return this.#call(() => this.#objects.getNamespacedCustomObject(at));
  }

  /** @returns the object as it is after the patch */
  patchStatus(key: ObjectKey, body: readonly PatchOperation[]): Promise<unknown> {
    const at = { group: GROUP, version: VERSION, plural: PLURAL, ...splitKey(key) };
    return this.#call(() =>
      this.#objects.patchNamespacedCustomObjectStatus({ ...at, body, fieldManager: FIELD_MANAGER }),
    );
  }

  /** @returns the data of a Secret as it is stored, in base64 @throws TooLargeError */
  async secretData(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    const secret = await this.#call(() => this.#core.readNamespacedSecret({ namespace, name }));
    return secret.data ?? {};
  }

  async createEvent(namespace: string, body: EventsV1Event): Promise<void> {
    await this.#call(() => this.#events.createNamespacedEvent({ namespace, body }));
  }

  async #call<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      // Without an answer the connection may be dead; after 401 its client certificate may be out of date.
      // The next call connects again.
      const isSound =
        error instanceof ApiException ? error.code !== UNAUTHORIZED : error instanceof TooLargeError;
      if (!isSound) this.#config.dropConnections();
      throw error;
    }
  }
}
