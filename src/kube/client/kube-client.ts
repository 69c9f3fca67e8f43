/**
 * The calls of the API server, each with a deadline, over pooled connections.
 */
import type { EventsV1Event } from '@kubernetes/client-node';
import { API_VERSION, PLURAL } from '../../api/edge-transcode-job.ts';
import type { Clock } from '../../base/clock.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import { type ApiAnswer, ApiCalls } from './api-calls.ts';
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

/** An event as it is sent: its time is a text. */
export interface EventBody extends Omit<EventsV1Event, 'eventTime'> {
  readonly eventTime: string;
}

/** URL path of the collection, in one namespace or in all. */
export function collectionPath(namespace: string | undefined): string {
  return `/apis/${API_VERSION}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${PLURAL}`;
}

export class KubeClient {
  readonly #api: ApiCalls;

  /** @param clock default: the system's */
  constructor(config: PooledKubeConfig, userAgent: string, clock?: Clock) {
    this.#api = new ApiCalls(config, userAgent, DEADLINE_MS, clock);
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
    const query = { continue: continueToken, labelSelector, limit };
    const { data, bytes } = await this.#api.call({ method: 'GET', path: collectionPath(namespace), query });
    const { items, metadata } = data as ListBody;
    return {
      items,
      resourceVersion: metadata.resourceVersion,
      ...(metadata.continue && { next: metadata.continue }),
      bytes,
    };
  }

  /** Returns the present version of the collection, by a list of one object. */
  async version({ namespace }: Pick<Selection, 'namespace'>): Promise<string> {
    const { resourceVersion } = await this.list(undefined, { namespace }, 1);
    return resourceVersion;
  }

  async get(key: ObjectKey): Promise<unknown> {
    return (await this.#api.call({ method: 'GET', path: objectPath(key) })).data;
  }

  /** @returns the object as it is after the patch, and its size */
  patchStatus(key: ObjectKey, body: readonly PatchOperation[]): Promise<Pick<ApiAnswer, 'data' | 'bytes'>> {
    return this.#api.call({
      method: 'PATCH',
      path: `${objectPath(key)}/status`,
      query: { fieldManager: FIELD_MANAGER },
      contentType: 'application/json-patch+json',
      body,
    });
  }

  /** @returns the data of a Secret as it is stored, in base64 @throws TooLargeError */
  async secretData(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    const { data } = await this.#api.call({ method: 'GET', path, most: MOST_SECRET_BYTES });
    return (data as { readonly data?: Readonly<Record<string, string>> }).data ?? {};
  }

  async createEvent(namespace: string, body: EventBody): Promise<void> {
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    await this.#api.call({ method: 'POST', path, body });
  }
}

/** A list as the API server sends it. */
interface ListBody {
  readonly items: readonly unknown[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

function objectPath(key: ObjectKey): string {
  const { namespace, name } = splitKey(key);
  return `${collectionPath(encodeURIComponent(namespace))}/${encodeURIComponent(name)}`;
}
