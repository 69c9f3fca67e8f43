/** A panel with one number. */
import { type Drawing, thresholdColour } from './area.ts';
import { namedColour, text, widthOf } from './svg.ts';
import { formatted } from './units.ts';

/** The size of the font, in px, unless the text is too long for it. */
const LARGEST = 30;

export function drawStat({ panel, answers, area }: Drawing): string {
  const { unit, noValue = 'No data', thresholds, mappings } = panel.fieldConfig.defaults;
  const value = answers[0]?.series[0]?.points.at(-1)?.[1];
  const meaning = mappings?.[0]?.options[String(value)];
  const shown = value === undefined ? noValue : (meaning?.text ?? formatted(value, unit));
  const colour = meaning
    ? namedColour(meaning.color)
    : value !== undefined && thresholdColour(value, thresholds?.steps);
  const size = Math.round(Math.min(LARGEST, area.width / widthOf(shown, 1)));
  return text(shown, area.x + area.width / 2, area.y + area.height / 2 + size / 3, {
    'text-anchor': 'middle',
    size,
    style: `font-size:${size}px;font-weight:600${colour ? `;fill:${colour}` : ''}`,
  });
}
