/**
 * Keeps a store equal to the API server: carries out what `watch-machine.ts` decides. It runs until it is
 * stopped; no failure ends it.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { OnceLogger } from '../../base/once-logger.ts';
import { type ApiFailure, apiFailure } from '../client/api-error.ts';
import { TooLargeError } from '../client/bounded-body.ts';
import { collectionPath, type Page, type Selection } from '../client/kube-client.ts';
import { Places } from '../client/places.ts';
import {
  CutError,
  type RawEvent,
  UnreadableError,
  type WatchClient,
  type WatchQuery,
} from '../client/watch-client.ts';
import { decodeJob } from './decode.ts';
import { FIRST_LIMIT, limitAfter, limitAfterTooLarge } from './page-limit.ts';
import {
  isProgress,
  START,
  type Step,
  step,
  type WatchEvent,
  type WatchInput,
  type WatchState,
  wasHealthy,
} from './watch-machine.ts';

export interface WatcherParts {
  readonly lister: {
    /** @param limit most objects of the page @throws TooLargeError when they are too many bytes */
    list(continueToken: string | undefined, selection: Selection, limit: number): Promise<Page>;
    /** Returns the present version of the collection. */
    version(selection: Pick<Selection, 'namespace'>): Promise<string>;
  };
  readonly watch: Pick<WatchClient, 'events'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: all namespaces. */
  readonly namespace?: string | undefined;
  /** Default: objects with any labels. */
  readonly labelSelector?: string | undefined;
  /** Places for pages, shared with other watchers. Default: one of its own. */
  readonly places?: Places;
}

/** Duration of a watch on the API server, s; random, so that many watchers do not return together. */
const WATCH_SECONDS = { least: 240, most: 480 };

/**
 * Pauses after failures. An API server that returns is used within 10 s: at most 8 s of pause, and the list.
 */
const RETRY: Backoff = { baseMs: 500, maxMs: 8_000 };

/**
 * Time between warnings of the same failure. With an attempt every 4 to 8 s, one namespace without its Role
 * would fill the log.
 */
const WARN_AGAIN_MS = 10 * 60_000;

/**
 * A watcher without an attempt for this long is stuck: a watch lasts at most 8 min, an attempt 20 s and a
 * pause 1 min.
 */
const STUCK_AFTER_MS = 10 * 60_000;

type Doing = 'listing' | 'watching';

interface Receivers {
  readonly take: (input: WatchInput) => Step;
  readonly onEvent: (event: WatchEvent) => void;
}

export class Watcher {
  readonly #parts: WatcherParts;
  #progressedAt: number;
  #triedAt: number;
  #isRefused = false;
  /** Objects of the next page. It outlives a list: the objects of the next list are much the same. */
  #limit = FIRST_LIMIT;
  readonly #places: Places;
  /** Whether it waits for a place. */
  #isWaiting = false;
  readonly #once: OnceLogger;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#progressedAt = parts.clock.now();
    this.#triedAt = this.#progressedAt;
    this.#places = parts.places ?? new Places(1);
    this.#once = new OnceLogger({ ...parts, repeatAfterMs: WARN_AGAIN_MS });
  }

  /**
   * Clock `now` of the last page, event or bookmark, or of the end of a watch that the API server had
   * accepted and that ended before a bookmark was due.
   */
  get progressedAt(): number {
    return this.#progressedAt;
  }

  /**
   * Whether the watcher has neither received nor requested anything for 10 minutes: only a restart helps.
   * While the API server is unreachable, it keeps making requests, or waits while others do: each of them is
   * stuck if its request never ends.
   */
  get isStuck(): boolean {
    if (this.#isWaiting) return false;
    return this.#parts.clock.now() - Math.max(this.#triedAt, this.#progressedAt) > STUCK_AFTER_MS;
  }

  /** Whether the API server has refused the list or watch since it last brought anything. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** @param onEvent must not throw */
  async run(onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    let state: WatchState = START;
    const take = (input: WatchInput): Step => {
      const next = step(state, input);
      if (isProgress(input)) this.#progressed(input.kind === 'page' ? 'listing' : 'watching');
      state = next.state;
      for (const event of next.events) onEvent(event);
      return next;
    };
    while (!signal.aborted) {
      this.#triedAt = this.#parts.clock.now();
      const pause = await this.#advance(state, { take, onEvent }, signal);
      if (signal.aborted) return;
      await this.#pause(pause, signal);
    }
  }

  /** Takes the next step. Its input, a page of up to 500 objects, is not held while a watch lasts. */
  async #advance(state: WatchState, receivers: Receivers, signal: AbortSignal): Promise<Step['pause']> {
    const last = await this.#proceed(state, receivers, signal);
    return signal.aborted ? undefined : receivers.take(last).pause;
  }

  /** Makes the next request, and returns how it ended. */
  #proceed(state: WatchState, { take, onEvent }: Receivers, signal: AbortSignal): Promise<WatchInput> {
    switch (state.phase) {
      case 'listing':
        if (state.continueToken === undefined) onEvent({ kind: 'relisting' });
        return this.#list(state.continueToken, signal);
      case 'watching':
        return this.#watch(state.resourceVersion, take, signal);
      case 'checking':
        return this.#check(signal);
    }
  }

  async #check(signal: AbortSignal): Promise<WatchInput> {
    const { lister, namespace } = this.#parts;
    try {
      const version = this.#inPlace(() => lister.version({ namespace }), signal);
      return { kind: 'version', resourceVersion: await unlessAborted(version, signal) };
    } catch (error) {
      return this.#failure('watching', error, signal);
    }
  }

  async #list(continueToken: string | undefined, signal: AbortSignal): Promise<WatchInput> {
    try {
      const { items, resourceVersion, next } = await unlessAborted(this.#page(continueToken, signal), signal);
      const jobs = items.map(decodeJob).filter((job) => job !== undefined);
      return { kind: 'page', jobs, resourceVersion, now: this.#parts.clock.now(), ...(next && { next }) };
    } catch (error) {
      return this.#failure('listing', error, signal);
    }
  }

  /** Requests a page that is too large again with fewer objects, until it has one object. */
  async #page(continueToken: string | undefined, signal: AbortSignal): Promise<Page> {
    const { lister, namespace, labelSelector } = this.#parts;
    const selection = { namespace, labelSelector };
    for (;;) {
      const limit = this.#limit;
      try {
        const page = await this.#inPlace(() => lister.list(continueToken, selection, limit), signal);
        this.#limit = limitAfter(limit, { objects: page.items.length, bytes: page.bytes });
        return page;
      } catch (error) {
        if (!(error instanceof TooLargeError) || limit === 1) throw error;
        this.#limit = limitAfterTooLarge(limit);
      }
    }
  }

  /** Makes a request that is answered with objects when there is a place for it. */
  async #inPlace<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#isWaiting = true;
    const leave = await this.#places.enter();
    this.#isWaiting = false;
    this.#triedAt = this.#parts.clock.now();
    try {
      signal.throwIfAborted();
      return await request();
    } finally {
      leave();
    }
  }

  /** Watches until the watch ends; passes events to `take` as they come. */
  async #watch(
    resourceVersion: string,
    take: (input: WatchInput) => void,
    signal: AbortSignal,
  ): Promise<WatchInput> {
    const { watch, clock, namespace, labelSelector } = this.#parts;
    const began = clock.now();
    let lastEventAt = began;
    const end = <Kind extends 'ended' | 'cut'>(kind: Kind) => {
      const now = clock.now();
      return { kind, lastedMs: now - began, silentMs: now - lastEventAt, now };
    };
    try {
      for await (const event of watch.events(
        collectionPath(namespace),
        watchQuery(resourceVersion, labelSelector),
        signal,
      )) {
        if (signal.aborted) break;
        const input = this.#input(event);
        event.object = undefined;
        if (input?.kind === 'failed') return input;
        lastEventAt = clock.now();
        if (input) take(input);
      }
      return end('ended');
    } catch (error) {
      if (error instanceof CutError && !signal.aborted) return this.#cut(end('cut'), error);
      const failure = this.#failure('watching', error, signal);
      return error instanceof UnreadableError ? { ...failure, lost: true } : failure;
    }
  }

  #input({ type, object: raw }: RawEvent): WatchInput | undefined {
    if (type === 'BOOKMARK') {
      const resourceVersion = versionOf(raw);
      return resourceVersion === undefined ? undefined : { kind: 'bookmark', resourceVersion };
    }
    if (type === 'ERROR') {
      const status = statusOf(raw);
      this.#parts.logger.debug('the watch ended with an error event', { status });
      return { kind: 'failed', status, now: this.#parts.clock.now() };
    }
    const job = decodeJob(raw);
    return job && { kind: type === 'DELETED' ? 'deleted' : 'applied', job };
  }

  /** Logs a cut as a failure only if the watch had not lasted. */
  #cut(end: Extract<WatchInput, { kind: 'cut' }>, error: CutError): WatchInput {
    if (!wasHealthy(end)) this.#logFailure('watching', apiFailure(error));
    else this.#parts.logger.debug('the connection of the watch was cut', { ...apiFailure(error) });
    return end;
  }

  #failure(doing: Doing, error: unknown, signal: AbortSignal): Extract<WatchInput, { kind: 'failed' }> {
    const now = this.#parts.clock.now();
    if (signal.aborted) return { kind: 'failed', now };
    const failure = apiFailure(error);
    if (failure.status === 403) this.#isRefused = true;
    this.#logFailure(doing, failure);
    return { kind: 'failed', ...failure, now };
  }

  #logFailure(doing: Doing, failure: ApiFailure): void {
    const fields = { ...failure, hint: hintOf(failure, this.#parts.namespace) };
    this.#once.failed(doing, `${doing} failed`, fields, `${failure.status} ${failure.reason}`);
  }

  #progressed(doing: Doing): void {
    this.#progressedAt = this.#parts.clock.now();
    this.#isRefused = false;
    this.#once.recovered(doing, `${doing} works again`);
  }

  async #pause(pause: Step['pause'], signal: AbortSignal): Promise<void> {
    if (!pause) return;
    const delay = Math.max(backoffDelay(RETRY, pause.attempt), pause.atLeastMs);
    await this.#parts.clock.sleep(delay, signal).catch(() => undefined);
  }
}

function watchQuery(resourceVersion: string, labelSelector: string | undefined): WatchQuery {
  const { least, most } = WATCH_SECONDS;
  const timeoutSeconds = Math.round(least + Math.random() * (most - least));
  return { resourceVersion, timeoutSeconds, ...(labelSelector && { labelSelector }) };
}

function versionOf(raw: unknown): string | undefined {
  const version = (raw as { metadata?: { resourceVersion?: unknown } } | null)?.metadata?.resourceVersion;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** Returns the HTTP status of an error event: a server that ends a watch so gives a code, or a reason. */
function statusOf(raw: unknown): number {
  const { code, reason } = (raw ?? {}) as { code?: unknown; reason?: unknown };
  if (typeof code === 'number' && code > 0) return code;
  return reason === 'Expired' || reason === 'Gone' ? 410 : 500;
}

/** Rejects when `signal` is aborted. The request itself ends by its own deadline. */
async function unlessAborted<T>(request: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([request, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** What a person can do about it. */
function hintOf({ status, reason }: ApiFailure, namespace: string | undefined): string | undefined {
  if (status === 404) return 'the CRD is not installed: kubectl apply -f crds/';
  if (status === 403)
    return namespace === undefined
      ? 'the service account may not list and watch edgetranscodejobs: helm upgrade the release, or kubectl apply -f deploy/install.yaml'
      : `the service account may not list and watch edgetranscodejobs there: kubectl --namespace ${namespace} apply -f deploy/namespaced/watched-namespace.yaml`;
  if (status === 401)
    return 'the API server does not accept the credentials of the kubeconfig or service account';
  if (status !== undefined) return undefined;
  if (reason === 'EXEC_PLUGIN_NOT_FOUND')
    return "the command of the kubeconfig's exec plugin is not there or not executable: install it, or name its path";
  if (reason.startsWith('EXEC_PLUGIN_'))
    return "the kubeconfig's exec plugin gives no credential: run it by hand, without a terminal, to see why";
  if (reason === TooLargeError.name)
    return 'an object is larger than 4 MiB, which etcd allows only with a raised --max-request-bytes: reduce its labels, annotations, finalizers and owner references';
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(reason))
    return "the API server's certificate is not one that the kubeconfig's certificate-authority signed";
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(reason))
    return 'the server that the kubeconfig names does not answer';
  return undefined;
}
