/** A panel with a row for each set of labels. */
import type { Panel, Step } from '../../../guards/deploy/dashboard.ts';
import type { Answer } from '../dashboard-data.ts';
import { type Drawing, thresholdColour } from './area.ts';
import { element, short, text } from './svg.ts';
import { formatted } from './units.ts';

const ROW = 24;

/** Characters of a column: between it and the next, and at most. */
const SPACE = 4;
const MOST = 44;

interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit: string;
  readonly steps?: readonly Step[];
}

type Row = ReadonlyMap<string, string | number>;

export function drawTable({ panel, answers, area }: Drawing): string {
  const columns = columnsOf(panel);
  const rows = rowsOf(answers);
  const { noValue = 'No data' } = panel.fieldConfig.defaults;
  if (rows.length === 0)
    return text(noValue, area.x + area.width / 2, area.y + area.height / 2, { 'text-anchor': 'middle' });
  const visible = Math.floor(area.height / ROW) - 1;
  const lines = rows.slice(0, visible).map((row) => columns.map((column) => contentOf(row, column)));
  const edges = edgesOf(
    columns.map(({ title }, index) => [title, ...lines.map((line) => line[index]?.shown ?? '')]),
    area.width,
  );
  const head = columns.map(({ title }, index) => cell(title, 0, index, 'head'));
  const body = lines.flatMap((line, index) => [
    rule(index + 1),
    ...line.map(({ shown, colour }, column) => cell(shown, index + 1, column, undefined, colour)),
  ]);
  return [...head, ...body].join('');

  function rule(line: number): string {
    const y = short(area.y + line * ROW + 3);
    return element('line', { class: 'grid', x1: area.x, x2: area.x + area.width, y1: y, y2: y });
  }

  function cell(content: string, line: number, index: number, name?: string, colour?: string): string {
    const [from = 0, to = 0] = [edges[index], edges[index + 1]];
    return text(content, area.x + from, area.y + line * ROW + 19, {
      width: to - from - 8,
      class: name,
      style: colour && `fill:${colour};font-weight:600`,
    });
  }
}

function contentOf(row: Row, { field, unit, steps }: Column): { shown: string; colour: string | undefined } {
  const value = row.get(field) ?? '';
  if (typeof value === 'string') return { shown: value, colour: undefined };
  return { shown: formatted(value, unit), colour: thresholdColour(value, steps) };
}

function columnsOf({ transformations = [], fieldConfig }: Panel): Column[] {
  const titles = transformations.find(({ id }) => id === 'organize')?.options.renameByName ?? {};
  return Object.entries(titles).map(([field, title]) => {
    const { properties = [] } = fieldConfig.overrides.find(({ matcher }) => matcher.options === title) ?? {};
    const set = new Map(properties.map(({ id, value }) => [id, value]));
    const { steps } = (set.get('thresholds') ?? {}) as { steps?: readonly Step[] };
    return {
      field,
      title,
      unit: String(set.get('unit') ?? fieldConfig.defaults.unit),
      ...(steps && { steps }),
    };
  });
}

/** Each column has room by its longest content. */
function edgesOf(contents: readonly (readonly string[])[], width: number): number[] {
  const parts = contents.map((column) =>
    Math.min(MOST, Math.max(...column.map(({ length }) => length)) + SPACE),
  );
  const all = parts.reduce((sum, part) => sum + part, 0);
  let edge = 0;
  return [0, ...parts.map((part) => (edge += (part / all) * width))];
}

/** Answers of one set of labels are one row, as Grafana's merge makes it. */
function rowsOf(answers: readonly Answer[]): Row[] {
  const rows = new Map<string, Map<string, string | number>>();
  for (const { target, series } of answers) {
    const field = answers.length > 1 ? `Value #${target.refId}` : 'Value';
    for (const { labels, points } of series) {
      const key = JSON.stringify(Object.entries(labels).sort());
      const row = rows.get(key) ?? new Map<string, string | number>(Object.entries(labels));
      rows.set(key, row.set(field, points.at(-1)?.[1] ?? Number.NaN));
    }
  }
  return [...rows.values()];
}
