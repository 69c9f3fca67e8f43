/**
 * Events for people who `kubectl describe`. They are a courtesy: too many, or a refusal, and they are dropped and counted; the
 * status holds the truth.
 */
import { randomBytes } from 'node:crypto';
import { type EventsV1Event, V1MicroTime } from '@kubernetes/client-node';
import { API_VERSION, type EdgeTranscodeJob, GROUP, KIND } from '../../api/edge-transcode-job.ts';
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import type { Logger } from '../../base/logger.ts';
import { nameOf } from '../../base/object-key.ts';
import { OnceLogger } from '../../base/once-logger.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { EventSink, JobEvent } from '../../job/model/sinks.ts';
import { type ApiFailure, apiFailure } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';

export interface KubeEventsParts {
  readonly client: Pick<KubeClient, 'createEvent'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which process says it: its pod's name. */
  readonly instance: string;
  readonly onDropped?: () => void;
  /** Asked before each event; what may not be written is dropped. Default: it may. */
  readonly mayWrite?: () => boolean;
}

/** A cold start of thousands of objects must not flood etcd: 50 at once, then 1 a second. */
const RATE = { burst: 50, perSecond: 1 };
/** After that half of it for any one namespace, or whoever has many objects change without end would leave nothing for the warnings of others. */
const NAMESPACE_RATE = { burst: 50, perSecond: 0.5 };
/** A namespace's bucket that is unused for this long is full, as a new one is: 50 / 0.5 per second = 100 s. */
const FULL_AFTER_MS = (NAMESPACE_RATE.burst / NAMESPACE_RATE.perSecond) * 1_000;

const HINT = 'the service account may not create events: kubectl apply -f deploy/';

/** Bounds of the API server, in bytes. */
const LONGEST_NOTE = 1_024;
const LONGEST_NAME = 253;

export class KubeEvents implements EventSink {
  readonly #parts: KubeEventsParts;
  readonly #bucket: TokenBucket;
  readonly #buckets: ExpiringMap<string, TokenBucket>;
  readonly #once: OnceLogger;

  constructor(parts: KubeEventsParts) {
    this.#parts = parts;
    this.#bucket = new TokenBucket(parts.clock, RATE);
    this.#buckets = new ExpiringMap({ clock: parts.clock, lifetimeMs: FULL_AFTER_MS });
    this.#once = new OnceLogger(parts);
  }

  record(object: EdgeTranscodeJob, event: JobEvent): void {
    const mayWrite = this.#parts.mayWrite?.() ?? true;
    if (mayWrite && this.#bucketOf(object.namespace).take() && this.#bucket.take())
      void this.#create(object, event);
    else this.#parts.onDropped?.();
  }

  #bucketOf(namespace: string): TokenBucket {
    const known = this.#buckets.use(namespace);
    if (known) return known;
    const bucket = new TokenBucket(this.#parts.clock, NAMESPACE_RATE);
    this.#buckets.set(namespace, bucket);
    return bucket;
  }

  async #create(object: EdgeTranscodeJob, event: JobEvent): Promise<void> {
    try {
      await this.#parts.client.createEvent(object.namespace, this.#body(object, event));
    } catch (error) {
      this.#parts.onDropped?.();
      this.#logFailure({ ...apiFailure(error), event: event.reason });
    }
  }

  /** Warns once of a missing permission, which only a person can grant. Other failures pass, and the metric counts them. */
  #logFailure(failure: ApiFailure & { readonly event: string }): void {
    const message = 'writing an event failed';
    if (failure.status === 403) this.#once.failed('permission', message, { ...failure, hint: HINT });
    else this.#parts.logger.debug(message, { ...failure });
  }

  #body(object: EdgeTranscodeJob, { type, reason, message }: JobEvent): EventsV1Event {
    const { key, namespace, uid, resourceVersion } = object;
    const name = nameOf(key);
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: eventName(name) },
      eventTime: new V1MicroTime(this.#parts.clock.date().getTime()),
      type,
      reason,
      note: cut(message, LONGEST_NOTE),
      action: 'Observe',
      regarding: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid, resourceVersion },
      reportingController: `${GROUP}/operator`,
      reportingInstance: this.#parts.instance.slice(0, 128),
    };
  }
}

/** The object's name and something random; a name that is cut may not end in `-` or `.` there. */
function eventName(name: string): string {
  const suffix = `.${randomBytes(8).toString('hex')}`;
  return `${name.slice(0, LONGEST_NAME - suffix.length).replace(/[-.]+$/, '')}${suffix}`;
}

/** The API server counts bytes; a character cut in two is left out. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
