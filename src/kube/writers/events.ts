/**
 * Events for people who run `kubectl describe`. They are a courtesy: events above the rate, and refused ones,
 * are dropped and counted. The status holds the truth.
 */
import { randomBytes } from 'node:crypto';
import { API_VERSION, type EdgeTranscodeJob, GROUP, KIND } from '../../api/edge-transcode-job.ts';
import { type Clock, microTime } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import { printable } from '../../base/foreign-text.ts';
import type { Logger } from '../../base/logger.ts';
import { nameOf } from '../../base/object-key.ts';
import { OnceLogger } from '../../base/once-logger.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { EventSink, JobEvent } from '../../job/model/kube-port.ts';
import { type ApiFailure, AUTHORIZATION, apiFailure, isByPolicy } from '../client/api-error.ts';
import type { EventBody, KubeClient } from '../client/kube-client.ts';

export interface KubeEventsParts {
  readonly client: Pick<KubeClient, 'createEvent'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The reporting process: its pod's name. */
  readonly instance: string;
  readonly onDropped: () => void;
  /** Checked before each event; when it returns false the event is dropped. */
  readonly mayWrite: () => boolean;
}

/**
 * Rate of all events. A cold start of thousands of objects must not flood etcd: 50 at once, then 1 per
 * second.
 */
const RATE = { burst: 50, perSecond: 1 };
/**
 * Rate per namespace: half of the whole, so that a namespace whose objects change constantly leaves room for
 * the warnings of others.
 */
const NAMESPACE_RATE = { burst: 50, perSecond: 0.5 };
/** Time after which a namespace's unused bucket is full, like a new one: 50 / 0.5 per second = 100 s. */
const FULL_AFTER_MS = (NAMESPACE_RATE.burst / NAMESPACE_RATE.perSecond) * 1_000;

const HINT =
  'the service account may not create events: helm upgrade the release, or kubectl apply -f deploy/install.yaml';

const LOGGED_AGAIN_MS = 10 * 60_000;

/** Limits of the API server, in bytes. */
const LONGEST_NOTE = 1_024;
const LONGEST_NAME = 253;

export class KubeEvents implements EventSink {
  readonly #parts: KubeEventsParts;
  readonly #bucket: TokenBucket;
  readonly #buckets: ExpiringMap<string, TokenBucket>;
  readonly #once: OnceLogger;
  readonly #policies: OnceLogger;

  constructor(parts: KubeEventsParts) {
    this.#parts = parts;
    this.#bucket = new TokenBucket(parts.clock, RATE);
    this.#buckets = new ExpiringMap({ clock: parts.clock, lifetimeMs: FULL_AFTER_MS });
    this.#once = new OnceLogger(parts);
    this.#policies = new OnceLogger({ ...parts, repeatAfterMs: LOGGED_AGAIN_MS });
  }

  record(object: EdgeTranscodeJob, event: JobEvent): void {
    const { mayWrite } = this.#parts;
    if (mayWrite() && this.#bucketOf(object.namespace).take() && this.#bucket.take())
      void this.#create(object, event);
    else this.#parts.onDropped();
  }

  #bucketOf(namespace: string): TokenBucket {
    const { clock } = this.#parts;
    return (
      this.#buckets.use(namespace) ?? this.#buckets.set(namespace, new TokenBucket(clock, NAMESPACE_RATE))
    );
  }

  async #create(object: EdgeTranscodeJob, event: JobEvent): Promise<void> {
    try {
      await this.#parts.client.createEvent(object.namespace, this.#body(object, event));
    } catch (error) {
      this.#parts.onDropped();
      this.#logFailure(apiFailure(error), { namespace: object.namespace, event: event.reason });
    }
  }

  /**
   * Warns of a missing permission once, and of a policy, webhook or quota once in ten minutes for a
   * namespace: only a person can change them. Other failures are temporary, and counted.
   */
  #logFailure(failure: ApiFailure, about: { readonly namespace: string; readonly event: string }): void {
    const message = 'writing an event failed';
    const fields = { ...about, ...failure };
    const { status, refusedBy } = failure;
    if (isByPolicy(failure)) this.#policies.failed(`${about.namespace} ${refusedBy}`, message, fields);
    else if (refusedBy === AUTHORIZATION) this.#once.failed('permission', message, { ...fields, hint: HINT });
    else if (status === 403 && refusedBy === undefined) this.#once.failed('forbidden', message, fields);
    else this.#parts.logger.debug(message, fields);
  }

  #body(object: EdgeTranscodeJob, { type, reason, message }: JobEvent): EventBody {
    const { key, namespace, uid, resourceVersion } = object;
    const name = nameOf(key);
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: eventName(name) },
      eventTime: microTime(this.#parts.clock.date()),
      type,
      reason,
      note: cut(printable(message), LONGEST_NOTE),
      action: 'Observe',
      regarding: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid, resourceVersion },
      reportingController: `${GROUP}/operator`,
      reportingInstance: this.#parts.instance,
    };
  }
}

/** The object's name and a random suffix. A cut name must not end in `-` or `.`. */
function eventName(name: string): string {
  const suffix = `.${randomBytes(8).toString('hex')}`;
  return `${name.slice(0, LONGEST_NAME - suffix.length).replace(/(?<![-.])[-.]+$/, '')}${suffix}`;
}

/**
 * Cuts a text to a number of bytes, as the API server counts; leaves out a character that would be cut in
 * two.
 */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
