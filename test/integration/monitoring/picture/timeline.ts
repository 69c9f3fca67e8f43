/** A panel with a bar for each series, coloured by the meaning of its values. */
import { type Drawing, namedSeries } from './area.ts';
import { drawTimes } from './graph.ts';
import { element, namedColour, short, text, widthOf } from './svg.ts';

const TIME_AXIS = 18;

interface Stretch {
  readonly from: number;
  to: number;
  readonly value: number;
}

export function drawTimeline({ panel, answers, area, range }: Drawing): string {
  const series = namedSeries(answers);
  const meanings = panel.fieldConfig.defaults.mappings?.[0]?.options ?? {};
  const left = Math.max(...series.map(({ name }) => widthOf(name, 11)), 0) + 10;
  const plot = { ...area, x: area.x + left, width: area.width - left - 6, height: area.height - TIME_AXIS };
  const height = plot.height / Math.max(1, series.length);
  const at = (time: number): number =>
    plot.x + Math.min(1, Math.max(0, (time - range.from) / (range.to - range.from))) * plot.width;
  const bars = series.flatMap(({ name, points }, index) => {
    const y = plot.y + index * height;
    const label = text(name, plot.x - 8, y + height / 2 + 4, { class: 'small', 'text-anchor': 'end' });
    return [label, ...stretchesOf(points, range.step).flatMap((stretch) => bar(stretch, y))];
  });
  return [...bars, drawTimes(plot, range)].join('');

  function bar({ from, to, value }: Stretch, y: number): string[] {
    const { text: meaning = String(value), color = 'blue' } = meanings[String(value)] ?? {};
    const [x, width] = [short(at(from)), short(at(to) - at(from))];
    const place = { x, y: short(y + height * 0.1), width, height: short(height * 0.8), rx: 2 };
    const drawn = element('rect', { ...place, fill: namedColour(color), 'fill-opacity': 0.8 });
    const fits = width > widthOf(meaning) + 12;
    const style = 'fill:#fff;font-weight:600';
    return fits ? [drawn, text(meaning, x + 8, y + height / 2 + 4, { style })] : [drawn];
  }
}

/** Times with one value. */
function stretchesOf(points: readonly (readonly [number, number])[], step: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (const [at, value] of points) {
    const last = stretches.at(-1);
    if (last && last.value === value && at <= last.to + step / 2) last.to = at + step;
    else stretches.push({ from: at, to: at + step, value });
  }
  return stretches;
}
