/**
 * What Grafana would ask Prometheus for the dashboard, and the answers.
 */
import { type Dashboard, type Panel, panelsOf, type Target } from '../../guards/deploy/dashboard.ts';
import type { Prometheus, Range, Series } from '../../world/monitoring/servers.ts';

/** Chosen values of variables, such as `job`: as Grafana writes them, a regular expression for several. */
export type Chosen = Readonly<Record<string, string>>;

export interface Answer {
  readonly target: Target;
  readonly series: readonly Series[];
}

/** The answers to the queries of each panel. */
export type Answers = ReadonlyMap<Panel, readonly Answer[]>;

/** The scrapes in Grafana's $__rate_interval. */
const SCRAPES_OF_A_RATE = 4;

/** Asks for all panels: at the end of the range where a panel shows the values of now. */
export async function answersOf(
  prometheus: Prometheus,
  dashboard: Dashboard,
  { chosen, range, scrapeSeconds }: { chosen: Chosen; range: Range; scrapeSeconds: number },
): Promise<Answers> {
  const rate = Math.max(range.step + scrapeSeconds, SCRAPES_OF_A_RATE * scrapeSeconds);
  const values = { ...chosen, __rate_interval: `${rate}s` };
  const ask = async (target: Target): Promise<Answer> => {
    const expression = withValues(target.expr, values);
    const series = target.instant
      ? await prometheus.query(expression, range.to)
      : await prometheus.queryRange(expression, range);
    return { target, series };
  };
  const answers = panelsOf(dashboard).map(
    async (panel) => [panel, await Promise.all(panel.targets.map(ask))] as const,
  );
  return new Map(await Promise.all(answers));
}

/** The values that a variable offers. @throws for a query that Grafana would not know */
export async function valuesOf(
  prometheus: Prometheus,
  dashboard: Dashboard,
  name: string,
  { chosen, at }: { chosen: Chosen; at: number },
): Promise<readonly string[]> {
  const variable = dashboard.templating.list.find((each) => each.name === name);
  const query = withValues(typeof variable?.query === 'object' ? variable.query.query : '', chosen);
  const [, selector = '', label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
  if (label) return prometheus.labelValues(selector, label);
  const [, expression] = /^query_result\((.+)\)$/.exec(query) ?? [];
  if (!expression) throw new Error(`the variable ${name} asks ${query}`);
  const pattern = new RegExp(variable?.regex?.slice(1, -1) ?? '(.*)');
  const series = await prometheus.query(expression, at);
  return series.flatMap(({ labels }) => pattern.exec(asText(labels))?.[1] ?? []).sort();
}

/** The text of a series to which Grafana applies the regular expression of a variable. */
function asText(labels: Series['labels']): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}="${value}"`)}}`;
}

/** Puts values in the places of variables. */
function withValues(expression: string, values: Chosen): string {
  return expression.replaceAll(/\$(\w+)/g, (variable, name: string) => values[name] ?? variable);
}
