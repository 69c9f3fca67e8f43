/**
 * The Grafana dashboard of the chart: its variables, and the panels in their places.
 */
import { DATA_SOURCE, type GridPos, grafanaPanel, headline } from './grafana.ts';
import { COLUMNS, type Panel } from './panels.ts';
import { named } from './queries.ts';
import { SECTIONS } from './sections.ts';

/** The height of a panel, in Grafana's units of 30 px. */
const HEIGHTS: Readonly<Record<Panel['kind'], number>> = {
  stat: 4,
  timeseries: 7,
  table: 7,
  'state-timeline': 4,
};

/** The dashboard as Grafana's sidecar and its import take it. */
export function dashboard(): object {
  return {
    uid: 'edge-transcode-jobs',
    title: 'Edge transcoding jobs',
    description: 'Freshness, jobs, budgets and calls of the EdgeTranscodeJob operator.',
    tags: ['edge-transcode'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [],
    templating: { list: variables() },
    panels: panels(),
  };
}

function variables(): object[] {
  const jobState = 'edgetranscode_job_state{job=~"$job", shard=~"$shard"}';
  return [
    {
      name: 'datasource',
      label: 'Data source',
      type: 'datasource',
      query: 'prometheus',
      refresh: 1,
      hide: 0,
      includeAll: false,
      multi: false,
    },
    variable('job', 'Scrape job', '.+', 'label_values(edgetranscode_build_info, job)'),
    // An operator without --shard has no such label.
    variable('shard', 'Shard', '.*', 'label_values(edgetranscode_build_info{job=~"$job"}, shard)'),
    {
      ...variable('namespace', 'Namespace', '.+', `query_result(count by (namespace) (${named(jobState)}))`),
      regex: '/namespace="([^"]+)"/',
    },
  ];
}

/** A variable of which several values can be chosen. `all` matches every value. */
function variable(name: string, label: string, all: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATA_SOURCE,
    definition: query,
    query: { query, refId: name },
    // Read again when the time range changes.
    refresh: 2,
    sort: 1,
    hide: 0,
    includeAll: true,
    allValue: all,
    multi: true,
    current: { text: ['All'], value: ['$__all'] },
  };
}

function panels(): object[] {
  const placed: object[] = [];
  let y = 0;
  const add = (make: (place: { id: number; gridPos: GridPos }) => object, gridPos: GridPos): void => {
    placed.push(make({ id: placed.length + 1, gridPos }));
  };
  for (const { title, panels } of SECTIONS) {
    add((place) => headline(title, place), { x: 0, y, w: COLUMNS, h: 1 });
    y += 1;
    for (const row of rowsOf(panels)) {
      const h = Math.max(...row.map(({ kind }) => HEIGHTS[kind]));
      let x = 0;
      for (const panel of row) {
        add((place) => grafanaPanel(panel, place), { x, y, w: panel.width, h });
        x += panel.width;
      }
      y += h;
    }
  }
  return placed;
}

/** Puts as many panels in a row as fit. */
function rowsOf(panels: readonly Panel[]): Panel[][] {
  const rows: Panel[][] = [];
  let free = 0;
  for (const panel of panels) {
    if (panel.width > free) {
      rows.push([]);
      free = COLUMNS;
    }
    rows.at(-1)?.push(panel);
    free -= panel.width;
  }
  return rows;
}
