/**
 * The dashboard as a picture for the docs: the panels in their places, drawn from what Prometheus answered.
 * It stands for Grafana, which the tests do not have.
 */
import type { Dashboard, Headline, Panel } from '../../../guards/deploy/dashboard.ts';
import type { Range } from '../../../world/monitoring/servers.ts';
import type { Answers } from '../dashboard-data.ts';
import type { Drawing } from './area.ts';
import { drawGraph } from './graph.ts';
import { drawStat } from './stat.ts';
import { element, STYLE, text } from './svg.ts';
import { drawTable } from './table.ts';
import { drawTimeline } from './timeline.ts';

/** Grafana's grid, in px. */
const COLUMN = 50;
const UNIT = 34;
const GAP = 8;
const HEAD = 48;
const COLUMNS = 24;

/** Room inside a panel, in px. */
const PADDING = 12;
const TITLE = 30;

const DRAW: Readonly<Record<Panel['type'], (drawing: Drawing) => string>> = {
  stat: drawStat,
  timeseries: drawGraph,
  table: drawTable,
  'state-timeline': drawTimeline,
};

/** Returns an SVG without scripts and links. Each panel is a group with its ID in `data-panel`. */
export function drawDashboard({ title, panels }: Dashboard, answers: Answers, range: Range): string {
  const width = COLUMNS * COLUMN + GAP;
  const height = Math.max(...panels.map(({ gridPos: { y, h } }) => HEAD + (y + h) * UNIT)) + GAP;
  const drawn = panels.map((panel) =>
    panel.type === 'row' ? drawHeadline(panel) : drawPanel(panel, answers, range),
  );
  const date = new Date(range.to * 1_000).toISOString().slice(0, 10);
  const picture = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': title,
    },
    element('style', {}, STYLE),
    element('rect', { class: 'page', width, height }),
    text(title, GAP + 4, 32, { style: 'font-size:20px;font-weight:600' }),
    text(date, width - GAP, 31, { class: 'dim', 'text-anchor': 'end' }),
    ...drawn.map((each) => `\n${each}`),
  );
  return `${picture}\n`;
}

function drawHeadline({ id, title, gridPos }: Headline): string {
  const y = HEAD + gridPos.y * UNIT;
  return element('g', { 'data-panel': id }, text(title, GAP + 4, y + 22, { class: 'headline' }));
}

function drawPanel(panel: Panel, answers: Answers, range: Range): string {
  const { x, y, w, h } = panel.gridPos;
  const frame = {
    x: x * COLUMN + GAP,
    y: HEAD + y * UNIT,
    width: w * COLUMN - GAP,
    height: h * UNIT - GAP,
  };
  const area = {
    x: frame.x + PADDING,
    y: frame.y + TITLE,
    width: frame.width - 2 * PADDING,
    height: frame.height - TITLE - PADDING,
  };
  return element(
    'g',
    { 'data-panel': panel.id },
    element('rect', { class: 'panel', ...frame, rx: 4 }),
    text(panel.title, area.x, frame.y + 21, { class: 'title', width: area.width }),
    DRAW[panel.type]({ panel, answers: answers.get(panel) ?? [], area, range }),
  );
}
