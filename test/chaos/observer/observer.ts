/**
 * Looks at the world about once a second, by ways of its own: the API server by a watch, what was written by
 * the audit log, the cloud by the simulator's counts, the operators by the machine. Nothing of it is the
 * operator's code.
 */
import { type ApiAccess, ApiClient } from './api-client.ts';
import { AuditTail } from './audit-tail.ts';
import { type Cloud, CloudWatch } from './cloud-watch.ts';
import { Disturbances } from './disturbances.ts';
import { FileTail } from './file-tail.ts';
import type { Moment, SeenText, UnwantedEnd } from './moment.ts';
import { ObjectWatch } from './object-watch.ts';
import { lookAt, type Watched } from './process-watch.ts';

export interface ObserverParts {
  readonly access: ApiAccess;
  readonly auditLog: string;
  readonly cloud: Cloud;
  /** The operators that run now. */
  readonly operators: () => readonly Watched[];
  /** The logs of all operators so far. */
  readonly logs: () => readonly string[];
  /** Ends since the last look that no fault wanted. */
  readonly takeUnwantedEnds: () => readonly UnwantedEnd[];
}

export class Observer {
  readonly disturbances = new Disturbances();
  readonly #parts: ObserverParts;
  readonly #objects: ObjectWatch;
  readonly #audit: AuditTail;
  readonly #cloud: CloudWatch;
  readonly #logs = new Map<string, FileTail>();

  constructor(parts: ObserverParts) {
    this.#parts = parts;
    this.#objects = new ObjectWatch(new ApiClient(parts.access));
    this.#audit = new AuditTail(parts.auditLog);
    this.#cloud = new CloudWatch(parts.cloud);
  }

  start(): void {
    this.#objects.start();
  }

  async stop(): Promise<void> {
    await this.#objects.stop();
  }

  async look(): Promise<Moment> {
    // First: a status must not be newer than the calls that it is compared with.
    const { objects } = this.#objects;
    const looked = await Promise.all(this.#parts.operators().map((each) => lookAt(each)));
    const seen = looked.filter((each) => each !== undefined);
    const { text, ...news } = await this.#audit.news();
    const cloud = await this.#cloud.look();
    const texts = [
      { where: 'audit log', text },
      ...seen.map((each) => ({ where: `metrics of ${each.seen.name}`, text: each.scrape })),
      ...(await this.#newLines()),
    ];
    return {
      now: Date.now(),
      objects,
      ...cloud,
      ...news,
      processes: seen.map((each) => each.seen),
      unwantedEnds: this.#parts.takeUnwantedEnds(),
      texts,
      disturbances: this.disturbances.all,
    };
  }

  async #newLines(): Promise<SeenText[]> {
    const texts: SeenText[] = [];
    for (const file of this.#parts.logs()) {
      const tail = this.#logs.get(file) ?? new FileTail(file);
      this.#logs.set(file, tail);
      texts.push({ where: `log of ${file}`, text: await tail.news() });
    }
    return texts;
  }
}
