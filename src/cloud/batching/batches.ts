/**
 * The batch of each cluster that has questions or that objects name.
 */
import type { Logger } from '../../base/logger.ts';
import { OnceLogger } from '../../base/once-logger.ts';
import type { CloudPlan, ClusterReference, Listing, Question } from '../../job/model/cloud-port.ts';
import { clusterKey } from '../../job/model/reference.ts';
import type { Requests } from '../requests/requests.ts';
import { ClusterDriver, type ClusterDriverParts } from './cluster-driver.ts';

export interface BatchesParts extends Omit<ClusterDriverParts, 'refusals'> {
  readonly requests: Pick<Requests, 'submit' | 'withdraw' | 'finished'>;
  readonly logger: Logger;
}

/** A refusal to list lasts an hour. It is logged again after a day. */
const LOGGED_AGAIN_MS = 24 * 60 * 60_000;

export class Batches {
  readonly #parts: BatchesParts & ClusterDriverParts;
  readonly #drivers = new Map<string, ClusterDriver>();
  #plan: CloudPlan | undefined;

  constructor(parts: BatchesParts) {
    this.#parts = { ...parts, refusals: new OnceLogger({ ...parts, repeatAfterMs: LOGGED_AGAIN_MS }) };
    void this.#run();
  }

  observe(question: Question): void {
    const key = clusterKey(question.reference);
    const driver = this.#drivers.get(key) ?? this.#begin(key, question.reference);
    driver.ask(question);
  }

  listingOf(cluster: ClusterReference): Listing {
    const batch = this.#drivers.get(clusterKey(cluster))?.batch;
    const pages = batch?.pages;
    const refused = batch?.isListRefused(this.#parts.clock.now()) ?? false;
    return { ...(pages !== undefined && { pages }), refused };
  }

  /** The clusters whose list was read, with the number of jobs that it had last. */
  *listed(): Iterable<readonly [cluster: ClusterReference, jobs: number]> {
    for (const { about, batch } of this.#drivers.values())
      if (batch.listedJobs !== undefined) yield [about, batch.listedJobs];
  }

  /** Replaces the plan. A cluster that no object names is dropped once it is idle. */
  apply(plan: CloudPlan): void {
    this.#plan = plan;
    for (const [key, driver] of this.#drivers) {
      driver.sweep(plan.sweepingOf(driver.about));
      if (driver.batch.isIdle && !plan.includes(driver.about)) this.#drivers.delete(key);
    }
  }

  /** Withdraws every question. Requests that finish later are about no cluster any more. */
  close(): void {
    for (const driver of this.#drivers.values()) driver.close();
    this.#drivers.clear();
  }

  /** Hands every finished request to the cluster that it is about, until the channel is closed. */
  async #run(): Promise<void> {
    const { finished } = this.#parts.requests;
    for (let requests = await finished.next(); requests.length > 0; requests = await finished.next())
      for (const request of requests) this.#drivers.get(clusterKey(request.about))?.finished(request);
  }

  #begin(key: string, about: ClusterReference): ClusterDriver {
    const driver = new ClusterDriver(this.#parts, about, this.#plan?.sweepingOf(about) ?? 'none');
    this.#drivers.set(key, driver);
    return driver;
  }
}
