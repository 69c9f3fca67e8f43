/**
 * Grafana's JSON of a panel, as Grafana 10 and newer read it: only what differs from Grafana's defaults.
 */
import type { Column, Graph, Meaning, Panel, Stat, Table, Threshold, Timeline } from './panels.ts';

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Place {
  readonly id: number;
  readonly gridPos: GridPos;
}

export const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' };

export function headline(title: string, { id, gridPos }: Place): object {
  return { id, type: 'row', title, collapsed: false, gridPos, panels: [] };
}

export function grafanaPanel(panel: Panel, { id, gridPos }: Place): object {
  const { title, description, unit, thresholds, meanings, without } = panel;
  const defaults = {
    unit,
    ...(thresholds && { thresholds: steps(thresholds) }),
    ...(meanings && { mappings: [mapping(meanings)] }),
    ...(without && { noValue: without }),
  };
  return {
    id,
    type: panel.kind,
    title,
    description,
    datasource: DATA_SOURCE,
    gridPos,
    targets: targets(panel),
    ...particulars(panel, defaults),
  };
}

function particulars(panel: Panel, defaults: object): object {
  switch (panel.kind) {
    case 'stat':
      return stat(panel, defaults);
    case 'timeseries':
      return graph(panel, defaults);
    case 'state-timeline':
      return timeline(panel, defaults);
    default:
      return table(panel, defaults);
  }
}

function targets({ kind, queries }: Panel): object[] {
  const isOfNow = kind === 'stat' || kind === 'table';
  return queries.map(({ expr, legend }, index) => ({
    refId: refId(index),
    datasource: DATA_SOURCE,
    expr,
    instant: isOfNow,
    range: !isOfNow,
    ...(kind === 'table' && { format: 'table' }),
    ...(legend && { legendFormat: legend }),
  }));
}

/** A, B, C … as Grafana names queries. */
function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function stat({ decimals }: Stat, defaults: object): object {
  return {
    fieldConfig: { defaults: { ...defaults, ...(decimals !== undefined && { decimals }) }, overrides: [] },
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: 'value',
      graphMode: 'none',
      textMode: 'value',
    },
  };
}

function graph({ stacked, logarithmic, dashed, thresholds }: Graph, defaults: object): object {
  const custom = {
    lineWidth: 1,
    fillOpacity: stacked ? 40 : 5,
    showPoints: 'never',
    ...(stacked && { stacking: { mode: 'normal', group: 'A' } }),
    ...(logarithmic && { scaleDistribution: { type: 'log', log: 10 } }),
    ...(thresholds && { thresholdsStyle: { mode: 'dashed' } }),
  };
  const min = logarithmic ? {} : { min: 0 };
  return {
    fieldConfig: {
      defaults: { ...defaults, ...min, color: { mode: 'palette-classic' }, custom },
      overrides: dashed ? [dashedLines(dashed)] : [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

function dashedLines(names: string): object {
  return {
    matcher: { id: 'byRegexp', options: `/^${names}/` },
    properties: [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } }],
  };
}

function timeline(_: Timeline, defaults: object): object {
  return {
    fieldConfig: { defaults: { ...defaults, custom: { fillOpacity: 80, lineWidth: 0 } }, overrides: [] },
    options: {
      mergeValues: true,
      showValue: 'auto',
      rowHeight: 0.8,
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false },
    },
  };
}

function table({ columns, queries }: Table, defaults: object): object {
  const titles = columns.map(({ field, title }) => [field, title]);
  const order = columns.map(({ field }, index) => [field, index]);
  const organize = {
    id: 'organize',
    options: {
      excludeByName: { Time: true },
      indexByName: Object.fromEntries(order),
      renameByName: Object.fromEntries(titles),
    },
  };
  return {
    fieldConfig: { defaults, overrides: columns.flatMap(override) },
    options: { showHeader: true, cellHeight: 'sm' },
    transformations: queries.length > 1 ? [{ id: 'merge', options: {} }, organize] : [organize],
  };
}

function override({ title, unit, thresholds }: Column): object[] {
  const properties = [
    ...(unit ? [{ id: 'unit', value: unit }] : []),
    ...(thresholds
      ? [
          { id: 'thresholds', value: steps(thresholds) },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ]
      : []),
  ];
  return properties.length > 0 ? [{ matcher: { id: 'byName', options: title }, properties }] : [];
}

function steps(thresholds: readonly Threshold[]): object {
  return { mode: 'absolute', steps: thresholds.map(([value, color]) => ({ value, color })) };
}

function mapping(meanings: readonly Meaning[]): object {
  const options = meanings.map(([value, text, color], index) => [value, { text, color, index }]);
  return { type: 'value', options: Object.fromEntries(options) };
}
