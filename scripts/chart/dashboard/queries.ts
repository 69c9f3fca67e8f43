/**
 * Parts of the dashboard's queries, in PromQL.
 *
 * They work with `honor_labels` and without: the namespace of an object is in `namespace` or in
 * `exported_namespace`, so each selector of objects tries both, and `named` makes one of them.
 */

/** Chosen above the dashboard: the scrape jobs of the operators, and their shards. */
const CHOSEN = ['job=~"$job"', 'shard=~"$shard"'];

/** The operator's own credentials, the sum of many Secrets, and the Secrets of the chosen namespaces. */
const OF_CREDENTIALS = 'identity=~"default|other|($namespace)/.+"';

/** A selector of an own metric. `name` is without its prefix. */
export function own(name: string, ...matchers: readonly string[]): string {
  return `edgetranscode_${name}{${[...CHOSEN, ...matchers].join(', ')}}`;
}

/** A selector of a metric by credential. */
export function ofCredentials(name: string, ...matchers: readonly string[]): string {
  return own(name, OF_CREDENTIALS, ...matchers);
}

/** The series by object of the chosen namespaces. */
export function ofObjects(name: string, ...matchers: readonly string[]): string {
  const renamed = own(name, ...matchers, 'exported_namespace=~"$namespace"');
  const kept = own(name, ...matchers, 'exported_namespace=""', 'namespace=~"$namespace"');
  return `(${renamed} or ${kept})`;
}

/** Returns the series with the namespace of the object in `namespace`. */
export function named(series: string): string {
  return `label_replace(${series}, "namespace", "$1", "exported_namespace", "(.+)")`;
}

/**
 * The number of some of the series; 0 if there are only others. With no series at all there is no number: a 0
 * would look good while nothing is known.
 */
export function count(some: string, all: string): string {
  return `count(${some}) or 0 * count(${all})`;
}

/** A quantile of a histogram over the last few scrapes. */
export function quantile(q: number, name: string, by: readonly string[] = []): string {
  const rate = `rate(${own(`${name}_bucket`)}[$__rate_interval])`;
  return `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${rate}))`;
}

/** Events a second, over the last few scrapes. */
export function perSecond(name: string, by: string): string {
  return `sum by (${by}) (rate(${own(name)}[$__rate_interval]))`;
}
