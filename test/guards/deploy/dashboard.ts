/**
 * The Grafana dashboard, read as it is shipped.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './manifests.ts';

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface DataSource {
  readonly type: string;
  readonly uid: string;
}

export interface Target {
  readonly refId: string;
  readonly datasource: DataSource;
  readonly expr: string;
  /** Whether Grafana asks for the values of now; else for those of the time range. */
  readonly instant: boolean;
  readonly legendFormat?: string;
}

export interface Step {
  /** Null: from the smallest value on. */
  readonly value: number | null;
  readonly color: string;
}

export interface Mapping {
  readonly options: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
}

export interface FieldDefaults {
  readonly unit: string;
  readonly decimals?: number;
  readonly noValue?: string;
  readonly thresholds?: { readonly steps: readonly Step[] };
  readonly mappings?: readonly Mapping[];
  readonly custom?: {
    readonly stacking?: object;
    readonly scaleDistribution?: object;
    readonly thresholdsStyle?: object;
  };
}

export interface Override {
  readonly matcher: { readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface Panel {
  readonly id: number;
  readonly type: 'stat' | 'timeseries' | 'table' | 'state-timeline';
  readonly title: string;
  readonly description: string;
  readonly gridPos: GridPos;
  readonly datasource: DataSource;
  readonly targets: readonly Target[];
  readonly fieldConfig: { readonly defaults: FieldDefaults; readonly overrides: readonly Override[] };
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: { readonly renameByName?: Readonly<Record<string, string>> };
  }[];
}

export interface Headline extends Pick<Panel, 'id' | 'title' | 'gridPos'> {
  readonly type: 'row';
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: 'datasource' | 'query';
  readonly datasource?: DataSource;
  /** The type of a data source, or what Prometheus is asked. */
  readonly query: string | { readonly query: string };
  readonly allValue?: string;
  readonly regex?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly (Panel | Headline)[];
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(ROOT, 'deploy/chart/files/dashboard.json'), 'utf8'));
}

/** The panels that show something, without the headlines. */
export function panelsOf({ panels }: Dashboard): readonly Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row');
}

/** The variables that ask Prometheus, with what they ask. */
export function askingVariables({ templating }: Dashboard): readonly { name: string; query: string }[] {
  return templating.list.flatMap(({ name, query }) =>
    typeof query === 'string' ? [] : [{ name, query: query.query }],
  );
}
