/**
 * What the API server has: all EdgeTranscodeJobs, by a list and a watch of the observer's own. When the watch
 * ends in any way, it lists again.
 */
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import type { SeenObject, StoredObject } from './moment.ts';

export const COLLECTION = '/apis/edgetranscode.live/v1alpha1/edgetranscodejobs';

const AGAIN_AFTER_MS = 300;
/** A watch is ended by the server after this long, and begun again. */
const WATCH_SECONDS = 30;

export class ObjectWatch {
  readonly #client: ApiClient;
  readonly #objects = new Map<string, SeenObject>();
  readonly #stop = new AbortController();
  #isLive = false;
  #running: Promise<void> | undefined;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** The objects of now; undefined while the API server does not say. */
  get objects(): readonly SeenObject[] | undefined {
    return this.#isLive ? [...this.#objects.values()] : undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#isLive = await this.#follow().catch(() => false);
      if (!this.#isLive) await delay(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves with whether the server ended the watch at its time. */
  async #follow(): Promise<boolean> {
    const { status, body } = await this.#client.ask('GET', COLLECTION);
    if (status !== 200) return false;
    const { items, metadata } = body as { items: StoredObject[]; metadata: { resourceVersion: string } };
    this.#replace(items);
    const query = `watch=1&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${metadata.resourceVersion}`;
    const patience = AbortSignal.timeout((WATCH_SECONDS + 10) * 1_000);
    const signal = AbortSignal.any([this.#stop.signal, patience]);
    const answer = await this.#client.open('GET', `${COLLECTION}?${query}`, { signal });
    if (answer.statusCode !== 200) {
      answer.resume();
      return false;
    }
    this.#isLive = true;
    for await (const line of createInterface({ input: answer })) {
      const { type, object } = JSON.parse(line) as { type: string; object: StoredObject };
      if (type === 'ERROR') return false;
      if (type === 'DELETED') this.#objects.delete(keyOf(object));
      else this.#see(object);
    }
    return answer.complete;
  }

  #replace(items: readonly StoredObject[]): void {
    const kept = new Set(items.map(keyOf));
    for (const key of this.#objects.keys()) if (!kept.has(key)) this.#objects.delete(key);
    for (const item of items) this.#see(item);
  }

  #see(object: StoredObject): void {
    const known = this.#objects.get(keyOf(object));
    const isSame = known && wishOf(known.object) === wishOf(object);
    this.#objects.set(keyOf(object), { object, changedAt: isSame ? known.changedAt : Date.now() });
  }
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** What a user decides: with a change of it the operator's time to follow begins. */
function wishOf({ metadata, spec }: StoredObject): string {
  return JSON.stringify([metadata.uid, metadata.generation, metadata.annotations, spec]);
}
