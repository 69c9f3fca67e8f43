/**
 * Connects the rooms of the domain as the operator does. The test supplies everything around them.
 */
import type { Clock } from '../../../src/base/clock.ts';
import type { Logger } from '../../../src/base/logger.ts';
import type { ObjectKey } from '../../../src/base/object-key.ts';
import { Controller } from '../../../src/controller/controller.ts';
import type { CloudReader, ClusterReference } from '../../../src/job/model/cloud-port.ts';
import type { SettingsOf } from '../../../src/job/schedule/settings.ts';
import { FactsStore } from '../../../src/job/visit/facts-store.ts';
import { Publisher } from '../../../src/job/visit/publisher.ts';
import { Reconciler } from '../../../src/job/visit/reconciler.ts';
import { needsVisit } from '../../../src/job/visit/triggers.ts';
import type { FakeCluster } from './fakes/fake-cluster.ts';

export interface DomainParts {
  readonly cluster: FakeCluster;
  readonly cloud: CloudReader;
  readonly settingsOf: SettingsOf;
  /** Default: the plan batches no cluster. */
  readonly batchHashOf?: (cluster: ClusterReference) => string | undefined;
  readonly onPollLag: (seconds: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One process, and what ends with it. */
export interface DomainAtWork {
  readonly factsStore: FactsStore;
  readonly publisher: Publisher;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Starts a process, to which every object of the cluster is new. */
export function startDomain({ cluster, ...parts }: DomainParts): DomainAtWork {
  const { settingsOf, clock, logger } = parts;
  const factsStore = new FactsStore(clock, settingsOf);
  const shared = { jobs: cluster, factsStore, settingsOf, clock };
  const publisher = new Publisher({ ...shared, writer: cluster, events: cluster });
  const reconciler = new Reconciler({
    ...shared,
    batchHashOf: () => undefined,
    ...parts,
    publisher,
    reschedule: (key, at) => controller.reschedule(key, at),
  });
  const controller = new Controller<ObjectKey>({ concurrency: Number.POSITIVE_INFINITY, clock, logger });
  cluster.onChange = (key, change) => needsVisit(change) && controller.add(key);
  for (const key of cluster.keys()) controller.add(key);
  const stop = new AbortController();
  const ended = controller.run((key, work) => reconciler.visit(key, work), stop.signal);
  return { factsStore, publisher, stop, ended };
}
