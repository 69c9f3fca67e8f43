/** A panel with lines over time, a grid, and a legend. */
import type { Range } from '../../../world/monitoring/servers.ts';
import { type Area, type Drawing, namedSeries } from './area.ts';
import { linear, logarithmic, type Scale } from './axes.ts';
import { element, namedColour, paletteColour, short, text, widthOf } from './svg.ts';
import { formatted } from './units.ts';

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly isDashed: boolean;
  /** Values by time; gaps are missing. */
  readonly values: ReadonlyMap<number, number>;
}

const LEGEND_ROW = 17;
const MOST_LEGEND_ROWS = 2;
const TIME_AXIS = 18;
const TIMES = 5;
const MARK = 14;
const GAP = 12;

export function drawGraph(drawing: Drawing): string {
  const { panel, area, range } = drawing;
  const { unit, thresholds, custom = {} } = panel.fieldConfig.defaults;
  const lines = linesOf(drawing);
  const tops = custom.stacking ? stacked(lines) : lines;
  const all = tops.flatMap(({ values }) => [...values.values()]);
  const scale = custom.scaleDistribution ? logarithmic(all) : linear(all);
  const labels = scale.ticks.map((tick) => formatted(tick, unit));
  const legend = drawLegend(lines, area);
  const left = Math.max(...labels.map((label) => widthOf(label, 11))) + 8;
  const plot = {
    x: area.x + left,
    y: area.y + 6,
    width: area.width - left - 6,
    height: area.height - 6 - TIME_AXIS - legend.rows * LEGEND_ROW,
  };
  const place = placing(plot, scale, range);
  const limits = custom.thresholdsStyle ? (thresholds?.steps ?? []) : [];
  return [
    drawGrid(plot, scale, labels),
    drawTimes(plot, range),
    ...limits.flatMap(({ value, color }) =>
      value === null || scale.at(value) > 1 ? [] : [horizontal(plot, scale.at(value), namedColour(color))],
    ),
    ...(custom.stacking ? drawAreas(tops, place) : []),
    ...tops.map((line) => drawLine(line, place)),
    legend.drawn,
  ].join('');
}

function linesOf({ panel, answers }: Drawing): Line[] {
  const dashed = panel.fieldConfig.overrides
    .filter(({ properties }) => properties.some(({ id }) => id === 'custom.lineStyle'))
    .map(({ matcher }) => new RegExp(matcher.options.slice(1, -1)));
  return namedSeries(answers).map(({ name, points }, index) => ({
    name,
    colour: paletteColour(index),
    isDashed: dashed.some((pattern) => pattern.test(name)),
    values: new Map(points.filter(([, value]) => Number.isFinite(value))),
  }));
}

/** Each line on top of those before it. */
function stacked(lines: readonly Line[]): Line[] {
  const sums = new Map<number, number>();
  return lines.map((line) => {
    const values = new Map<number, number>();
    for (const [at, value] of line.values) {
      const sum = (sums.get(at) ?? 0) + value;
      sums.set(at, sum);
      values.set(at, sum);
    }
    return { ...line, values };
  });
}

interface Placing {
  readonly step: number;
  x(at: number): number;
  y(value: number): number;
}

function placing({ x, y, width, height }: Area, scale: Scale, { from, to, step }: Range): Placing {
  return {
    step,
    x: (at) => short(x + ((at - from) / (to - from)) * width),
    y: (value) => short(y + height * (1 - scale.at(value))),
  };
}

/** The points of a line, in runs without a gap. */
function runsOf({ values }: Line, step: number): [number, number][][] {
  const runs: [number, number][][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [at, value] of values) {
    if (at - last > step * 1.5) runs.push([]);
    runs.at(-1)?.push([at, value]);
    last = at;
  }
  return runs;
}

function drawLine(line: Line, place: Placing): string {
  const runs = runsOf(line, place.step).map((run) =>
    // A single point would not be seen.
    run.length === 1 ? [...run, [(run[0]?.[0] ?? 0) + place.step / 2, run[0]?.[1] ?? 0]] : run,
  );
  const d = runs.map(
    (run) => `M${run.map(([at = 0, value = 0]) => `${place.x(at)} ${place.y(value)}`).join('L')}`,
  );
  const dashes = line.isDashed ? '6 4' : undefined;
  return element('path', { class: 'line', stroke: line.colour, 'stroke-dasharray': dashes, d: d.join('') });
}

/** The area between each line and the one below. */
function drawAreas(lines: readonly Line[], place: Placing): string[] {
  return lines.map((line, index) => {
    const below = lines[index - 1]?.values;
    const d = runsOf(line, place.step).map((run) => {
      const top = run.map(([at, value]) => `${place.x(at)} ${place.y(value)}`);
      const bottom = run.map(([at]) => `${place.x(at)} ${place.y(below?.get(at) ?? 0)}`).reverse();
      return `M${[...top, ...bottom].join('L')}Z`;
    });
    return element('path', { fill: line.colour, 'fill-opacity': 0.25, d: d.join('') });
  });
}

function drawGrid(plot: Area, scale: Scale, labels: readonly string[]): string {
  return scale.ticks
    .flatMap((tick, index) => {
      const y = plot.y + plot.height * (1 - scale.at(tick));
      const line = { class: 'grid', x1: plot.x, x2: plot.x + plot.width, y1: short(y), y2: short(y) };
      const label = { class: 'dim small', 'text-anchor': 'end' };
      return [element('line', line), text(labels[index] ?? '', plot.x - 6, y + 4, label)];
    })
    .join('');
}

function horizontal({ x, y, width, height }: Area, at: number, colour: string): string {
  const level = short(y + height * (1 - at));
  return element('line', {
    x1: x,
    x2: x + width,
    y1: level,
    y2: level,
    stroke: colour,
    'stroke-dasharray': '6 4',
  });
}

/** Times of day below the plot. */
export function drawTimes({ x, y, width, height }: Area, { from, to }: Range): string {
  const times = Array.from({ length: TIMES }, (_, index) => {
    const part = (index + 0.5) / TIMES;
    const time = new Date((from + (to - from) * part) * 1_000).toISOString().slice(11, 19);
    return text(time, x + width * part, y + height + 15, { class: 'dim small', 'text-anchor': 'middle' });
  });
  return times.join('');
}

function drawLegend(lines: readonly Line[], area: Area): { readonly rows: number; readonly drawn: string } {
  const rows: { line: Line; x: number }[][] = [[]];
  let x = 0;
  for (const line of lines) {
    const width = MARK + widthOf(line.name, 11) + GAP;
    if (x > 0 && x + width > area.width) {
      if (rows.length === MOST_LEGEND_ROWS) break;
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ line, x });
    x += width;
  }
  const bottom = area.y + area.height;
  const drawn = rows.flatMap((row, index) =>
    row.flatMap(({ line, x: from }) => {
      const y = bottom - (rows.length - 1 - index) * LEGEND_ROW - 3;
      const mark = { x: short(area.x + from), y: y - 5, width: 10, height: 3, fill: line.colour };
      return [element('rect', mark), text(line.name, area.x + from + MARK, y, { class: 'small' })];
    }),
  );
  return { rows: rows.length, drawn: drawn.join('') };
}
