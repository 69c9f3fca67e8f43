/**
 * The metrics of the operator with their labels, as the code registers them.
 */
import { Metrics } from '../../src/telemetry/metrics.ts';

/** The labels of each metric of our own, by its name. */
export function ownMetrics(): ReadonlyMap<string, readonly string[]> {
  const metrics = new Metrics({ version: 'test', perObjectLimit: 1 });
  metrics.watch({
    jobs: () => [],
    jobCount: () => 0,
    observedAt: () => undefined,
    backlog: () => [],
    demand: () => new Map(),
    budgetOf: () => 1,
    stretches: () => [],
    loads: () => new Map(),
    lastThrottledAt: () => undefined,
    listedClusters: () => [],
    isUnlisted: () => false,
    refusedNamespaces: () => [],
    watchProgressedAt: () => 0,
    sharesBudgets: () => true,
    isLeading: () => true,
  });
  const own = metrics.registry.getMetricsAsArray().filter(({ name }) => name.startsWith('edgetranscode_'));
  return new Map(
    own.map((metric) => [metric.name, (metric as unknown as { labelNames: readonly string[] }).labelNames]),
  );
}
